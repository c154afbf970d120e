"""Stylised data sets: twenty kills, pictures per second, and memory over thousands of pictures.

    python benchmarks/dataset.py kills
    python benchmarks/dataset.py speed PHOTOGRAPHS PAINTINGS --ray
    python benchmarks/dataset.py memory PHOTOGRAPHS PAINTINGS

``kills`` makes small pictures, a few of them damaged, stylises them once without a disturbance,
and then again with a SIGKILL at seeded random moments, each time with another number of workers; it
ends with an error unless both outputs are equal to the last byte. ``speed`` compares one process
with two, and with Ray on two; a rate is taken from the first result to the last, so that loading
isn't in it. ``memory`` prints the resident memory of main process and worker as the run goes on.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

STATE = ".stylemix"
DAMAGED = 97
"""Every so many pictures one is damaged."""


def make_pictures(folder: Path, count: int, side: int) -> None:
    """Make small pictures of two classes, a few of them damaged."""
    chance = random.Random(0)
    for number in range(count):
        file = folder / ("odd" if number % 2 else "even") / f"{number:05d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        if number % DAMAGED == DAMAGED - 1:
            file.write_bytes(b"no picture")
            continue
        coarse = bytes(chance.randrange(256) for _ in range(48))
        image = Image.frombytes("RGB", (4, 4), coarse).resize((side + number % 3 * 8, side))
        image.save(file)


def command(source: Path, paintings: Path, out: Path, workers: int, *more: str) -> list[str]:
    """Return the command that stylises a data set."""
    return [
        sys.executable, "-m", "stylemix", "dataset", str(source), str(paintings), "-o", str(out),
        "--workers", str(workers), "--shard-size", "50", *more,
    ]  # fmt: skip


def contents(out: Path) -> dict[str, bytes]:
    """Return all files of an output."""
    return {f.relative_to(out).as_posix(): f.read_bytes() for f in out.rglob("*") if f.is_file()}


def kills(options: argparse.Namespace) -> None:
    """Kill runs, and compare what they leave in the end."""
    room = Path(tempfile.mkdtemp(prefix="stylemix-kills-"))
    chance = random.Random(options.seed)
    make_pictures(room / "source", options.pictures, options.side)
    make_pictures(room / "paintings", 40, 96)
    more = ["--to", options.to, "--strength", "0.5..1", "--model", options.model]
    start = time.monotonic()
    whole = command(room / "source", room / "paintings", room / "whole", 2, *more)
    assert subprocess.run(whole).returncode == 1, "the damaged pictures should have failed"
    took = time.monotonic() - start
    print(f"uninterrupted: {took:.0f} s")
    done, total = 0, -(-options.pictures // 50)
    for number in range(options.kills):
        workers = chance.choice((0, 1, 2, 3))
        process = subprocess.Popen(
            command(room / "source", room / "paintings", room / "killed", workers, *more),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        # A share of the work that is left for each kill, and a random moment on top: some come
        # while paintings are encoded, most while shards are written.
        done += (total - done) / (options.kills - number + 1) * chance.random() * 2
        units = room / "killed" / STATE / "units"
        while process.poll() is None:
            if (len(list(units.glob("*.json"))) if units.is_dir() else 0) >= int(done):
                break
            time.sleep(0.01)
        time.sleep(chance.random() * took / total * 2)
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
        there = len(list(units.glob("*.json"))) if units.is_dir() else total
        print(f"kill {number + 1}: {workers} workers, {there} of {total} units, status {ended}")
    last = command(room / "source", room / "paintings", room / "killed", 2, *more)
    assert subprocess.run(last).returncode == 1
    one, other = contents(room / "whole"), contents(room / "killed")
    failures = other["failures.jsonl"].decode().splitlines()
    print(f"{len(one)} files; equal: {one == other}; failures: {len(failures)}")
    assert one == other
    assert len(failures) == len(set(failures)) == options.pictures // DAMAGED
    shutil.rmtree(room)


class Clock:
    """Notes when results come."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int]] = []

    def __call__(self, event: object) -> None:
        """Note an event."""
        done = event.done  # type: ignore[attr-defined]
        if not self.seen or done > self.seen[-1][1]:
            self.seen.append((time.monotonic(), done))

    @property
    def rate(self) -> float:
        """Results per second from the first on."""
        (start, first), (end, last) = self.seen[1], self.seen[-1]
        return (last - first) / (end - start)


def measured(
    options: argparse.Namespace, source: Path, room: Path, workers: int, ray: str | None
) -> float:
    """Return the results per second of a run."""
    from stylemix.dataset import stylize_dataset

    clock = Clock()
    # Small units: Ray tells of whole ones, and what is half done at the first counts for nothing.
    stylize_dataset(
        source, options.paintings, room / f"out-{workers}-{ray}-{time.time_ns()}", size=256,
        crop=224, strength=(options.least, 1.0), shard_size=5, workers=workers, ray=ray,
        progress=clock,
    )  # fmt: skip
    return clock.rate


def speed(options: argparse.Namespace) -> None:
    """Compare one process with two, in turns."""
    with tempfile.TemporaryDirectory(prefix="stylemix-speed-") as name:
        room = Path(name)
        source = sample(options, room)
        rates: dict[str, list[float]] = {"1 process": [], "2 processes": [], "Ray, 2 actors": []}
        for turn in range(options.turns):
            rates["1 process"].append(measured(options, source, room, 1, None))
            rates["2 processes"].append(measured(options, source, room, 2, None))
            if options.ray:
                rates["Ray, 2 actors"].append(measured(options, source, room, 2, ""))
            print(
                f"turn {turn + 1}: "
                + ", ".join(f"{k} {v[-1]:.2f}/s" for k, v in rates.items() if v)
            )
        best = {name: max(found) for name, found in rates.items() if found}
        print(f"two processes: {best['2 processes'] / best['1 process'] / 2:.2f} of twice one")
        if options.ray:
            print(f"Ray: {best['Ray, 2 actors'] / best['2 processes']:.2f} of two processes")


def sample(options: argparse.Namespace, room: Path) -> Path:
    """Copy some photographs, as often as it takes."""
    found = sorted(f for f in Path(options.photographs).rglob("*.jpg") if f.is_file())
    folder = room / "source" / "all"
    folder.mkdir(parents=True)
    for number in range(options.pictures):
        shutil.copyfile(found[number % len(found)], folder / f"{number:05d}.jpg")
    return room / "source"


def resident(process: int) -> float:
    """Return the resident memory of a process and its children in MiB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    own = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(resident(int(child)) for child in children)


def memory(options: argparse.Namespace) -> None:
    """Print the memory of a run with one worker as it goes on."""
    from stylemix.dataset import stylize_dataset

    with tempfile.TemporaryDirectory(prefix="stylemix-memory-") as name:
        room = Path(name)
        source = sample(options, room)
        marks = [500 * i for i in range(1, 1 + options.pictures // 500)]
        found: dict[int, float] = {}
        lock = threading.Lock()

        def note(event: object) -> None:
            with lock:
                while marks and event.done >= marks[0]:  # type: ignore[attr-defined]
                    found[marks[0]] = resident(os.getpid())
                    print(f"picture {marks[0]}: {found[marks.pop(0)]:.0f} MiB", flush=True)

        stylize_dataset(
            source, options.paintings, room / "out", size=options.side + 32, crop=options.side,
            strength=(0.5, 1.0), shard_size=100, workers=1, progress=note,
        )  # fmt: skip
        print(f"from the first to the last: {found[max(found)] - found[min(found)]:+.0f} MiB")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("kills")
    one.add_argument("--pictures", type=int, default=2000)
    one.add_argument("--kills", type=int, default=20)
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--side", type=int, default=32, help="of the pictures, in pixels")
    one.add_argument("--to", default="folder", choices=("folder", "shards", "parquet"))
    one.add_argument("--model", default="film")
    two = kinds.add_parser("speed")
    two.add_argument("--least", type=float, default=0.5, help="strength at least")
    two.add_argument("--turns", type=int, default=2)
    two.add_argument("--ray", action="store_true", help="also with Ray")
    three = kinds.add_parser("memory")
    three.add_argument("--side", type=int, default=224, help="of the results, in pixels")
    for parser_of, count in ((two, 200), (three, 5000)):
        parser_of.add_argument("photographs")
        parser_of.add_argument("paintings")
        parser_of.add_argument("--pictures", type=int, default=count)
    options = parser.parse_args()
    {"kills": kills, "speed": speed, "memory": memory}[options.kind](options)


if __name__ == "__main__":
    main()
