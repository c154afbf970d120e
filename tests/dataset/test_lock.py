from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from stylemix.dataset.lock import NAME, locked
from stylemix.dataset.storage import Local, storage
from stylemix.errors import DataError

HOLD = """
import sys, time
from stylemix.dataset.lock import locked
from stylemix.dataset.storage import storage
with locked(storage(sys.argv[1]), 0.2):
    print("held", flush=True)
    time.sleep(600)
"""


def holder(place: str) -> subprocess.Popen[str]:
    """Start a process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, place],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("kind", ["folder", "address"])
def test_one_run_at_a_time_and_none_after_a_kill(tmp_path, kind):
    if kind == "address":
        pytest.importorskip("fsspec", reason="addresses need fsspec")
    place = str(tmp_path / "out") if kind == "folder" else f"file://{tmp_path}/out"
    process = holder(place)
    try:
        with (
            pytest.raises(DataError, match=r"another run is writing to .*out; wait until"),
            locked(storage(place), 0.2),
        ):
            pass
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with locked(storage(place), 0.2):
        pass


def test_it_is_free_again(tmp_path):
    place = Local(str(tmp_path / "out"))
    for _ in range(2):
        with locked(place):
            assert place.names("") == [NAME]


def test_two_threads_of_one_process(tmp_path):
    place = Local(str(tmp_path))
    found: list[BaseException] = []

    def other() -> None:
        try:
            with locked(Local(str(tmp_path))):
                pass
        except DataError as problem:
            found.append(problem)

    with locked(place):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "another run" in str(found[0])


def test_a_mark_is_renewed_and_taken_away(tmp_path):
    pytest.importorskip("fsspec", reason="addresses need fsspec")
    place = storage(f"file://{tmp_path}/out")
    with locked(place, 0.05):
        seen = {place.read(NAME)}
        for _ in range(200):
            seen.add(place.read(NAME))
            if len(seen) > 2:
                break
            threading.Event().wait(0.02)
        assert len(seen) > 2
    assert NAME not in place.names("")
