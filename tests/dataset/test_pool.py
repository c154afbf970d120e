from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dataset_cases import body, make_tree
from dataset_setup import prepared

from stylemix.dataset.pool import Pool, usual_workers
from stylemix.dataset.state import done
from stylemix.errors import DataError

RUN = """
import sys
from stylemix.dataset import stylize_dataset
if __name__ == "__main__":
    source, paintings, out, model = sys.argv[1:]
    stylize_dataset(source, paintings, out, model=model, workers=1, shard_size=1, runtime="torch",
                    device="cpu", progress=lambda event: print(event.done, flush=True))
"""


def test_as_many_processes_as_this_one_may_use():
    known = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())
    assert usual_workers("cpu") == len(known)
    assert usual_workers("cuda") == min(len(known), 8)


def test_work_and_errors_and_the_end(tree, paintings, tmp_path, model):
    make_tree(tree, {"emu/0.png": b""})
    setup, units = prepared(tree, paintings, tmp_path / "out", model, most=2)
    with Pool(setup, 1, fail_fast=True) as pool:
        assert sum(pool.run("stylize", units[:2])) == 4
        assert done(setup.out) == {0, 1}
        with pytest.raises(DataError, match="emu/0: it is empty"):
            list(pool.run("stylize", units[2:]))
    assert not multiprocessing.active_children()


def test_a_killed_worker_is_an_error(tree, paintings, tmp_path, model):
    setup, units = prepared(tree, paintings, tmp_path / "out", model, most=1)
    with Pool(setup, 1, fail_fast=False) as pool:
        work = pool.run("stylize", units)
        next(work)
        (worker,) = multiprocessing.active_children()
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(DataError, match="a worker process was killed .* fewer workers"):
            list(work)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_workers_end_with_their_parent(paintings, tmp_path, model):
    make_tree(tmp_path / "in", {f"{i:03d}.png": body(i % 9) for i in range(300)})
    places = [str(tmp_path / "in"), str(paintings), str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *places, model],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    while int(process.stdout.readline()) < 2:
        pass
    tasks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while any(alive(task) for task in tasks):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert tasks


def alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
