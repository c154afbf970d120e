"""Damaged files of all formats through reading, masks, checkpoints, configurations and Hub answers.

    nice python benchmarks/fuzz.py --minutes 20

Each file is used in another process, which may take 10 seconds and 1.5 GB for it and raise a
StylemixError, nothing else. What fails is kept, and `tests/fuzz` replays what lies in its corpus.
The same numbers make the same files on every run; `--first` goes on where a run ended. Needs what
the tests need, and Linux for the limit of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
SECONDS = 10.0
MEMORY = 1_500_000_000
BATCH = 25
"""Files in a row of one target."""


class Worker:
    """A process that tries files, ended and begun anew where it crashes or takes too long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def try_file(self, target: str, number: int) -> dict[str, str]:
        """Return ``{"failure": ...}``, empty where all is well, and the good file's name."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, __file__, "--work", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=(self.folder / "stderr.txt").open("w"),
                text=True,
            )
            if self._answer(600) is None:
                raise RuntimeError((self.folder / "stderr.txt").read_text(errors="replace"))
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([target, number]) + "\n")
        self.process.stdin.flush()
        begin, used = time.monotonic(), self._computed()
        answer = self._answer(6 * SECONDS)
        # On a machine that is out of memory a process may wait for minutes to be let run at all.
        while answer is None and self.process.poll() is None and self._computed() - used < SECONDS:
            if time.monotonic() - begin > 60 * SECONDS:
                break
            answer = self._answer(SECONDS)
        if answer is None:
            took = time.monotonic() - begin
            code = self.process.poll()
            self.stop()
            said = (self.folder / "stderr.txt").read_text(errors="replace")[-1000:]
            why = f"no end after {took:.0f} s" if code is None else f"the process ended with {code}"
            return {"failure": f"{why}: {said}"}
        return answer

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _computed(self) -> float:
        """Return the seconds that the process has computed for."""
        assert self.process is not None
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return 0.0
        # Behind the name, which may hold anything: times in user and in system mode.
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _answer(self, seconds: float) -> dict[str, str] | None:
        assert self.process is not None
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line) if line else None  # type: ignore[no-any-return]


def work(folder: Path) -> None:
    """Try files as the standard input names them."""
    import resource

    sys.path[:0] = [str(TESTS), str(TESTS / "fuzz")]
    import fuzz_hub

    fuzz_hub.prepare()
    import fuzz_targets

    good = {target: folder / target for target in fuzz_targets.TARGETS}
    for target, place in good.items():
        fuzz_targets.of(target, place)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    out, sys.stdout = sys.stdout, sys.stderr
    print("{}", file=out, flush=True)
    for line in sys.stdin:
        target, number = json.loads(line)
        name, data = fuzz_targets.case(target, number, good[target])
        # On a busy machine a file's own time counts; that of a question to the Hub is waiting.
        clock = time.monotonic if target == "hub" else time.process_time
        begin, failure = clock(), ""
        try:
            fuzz_targets.check(target, name, data, good[target])
        except BaseException:
            failure = traceback.format_exc()
        took = clock() - begin
        if not failure and took > SECONDS:
            failure = f"it took {took:.1f} s"
        print(json.dumps({"failure": failure, "name": name}), file=out, flush=True)


def main() -> None:
    """Try files until the time is over, and print what failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--files", type=int, help="stop after so many, whatever the time")
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--target", action="append", help="only this one; once for each")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work)
        return
    # Half of all are pictures, as of what people bring.
    mixed = ["picture", "mask", "picture", "checkpoint", "picture", "weights", "picture"]
    targets = options.target or [*mixed, "configuration", "picture", "hub"]
    end, tried, failed = time.monotonic() + 60 * options.minutes, Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        worker, number = Worker(Path(name)), options.first
        sys.path[:0] = [str(TESTS), str(TESTS / "fuzz")]
        import fuzz_targets

        while time.monotonic() < end and (not options.files or tried.total() < options.files):
            target = targets[(number // BATCH) % len(targets)]
            answer = worker.try_file(target, number)
            tried[target] += 1
            if answer["failure"]:
                failed[target] += 1
                good, data = fuzz_targets.case(target, number, Path(name) / target)
                kept = options.keep / target / f"{number}-{good.replace('/', '__')}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(data)
                last = answer["failure"].strip().splitlines()[-1]
                print(f"{kept}: {last}", flush=True)
                kept.with_name(f"{kept.name}.txt").write_text(answer["failure"])
            number += 1
        worker.stop()
    for target in dict.fromkeys(targets):
        print(f"{target}: {tried[target]} files, {failed[target]} failed")
    print(f"{tried.total()} files, {failed.total()} failed; the next is --first {number}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
