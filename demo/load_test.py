"""Sends many requests at once to a demo of its own; watches failures, memory and disk.

    python demo/load_test.py
    python demo/load_test.py --requests 40 --rounds 5 --side 1024

It exits with 1 where a request fails, where the server's memory grows from round to round, or
where its files outgrow their bound.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import click
from PIL import Image

CACHE_BYTES = 30 * 2**20
GROWTH_BYTES = 150 * 2**20
"""Between the second round and the last; less is the noise of the memory allocator."""


def serve(pipe: Connection, models: tuple[str, ...], queue: int) -> None:
    """Run a server until the other end of the pipe says so."""
    from stylemix.demo import Limits, launch

    running = launch(models, port=0, limits=Limits(queue=queue, cache_bytes=CACHE_BYTES))
    pipe.send((running.url, str(running.folder)))
    pipe.recv()
    running.close()


def ask(url: str, photo: str, painting: str, side: str) -> str:
    """Send one request; give "" or what went wrong."""
    from gradio_client import Client, handle_file

    try:
        client = Client(url, verbose=False, httpx_kwargs={"timeout": 240})
        png, _, _ = client.predict(
            photo=handle_file(photo),
            painting_1=handle_file(painting),
            size=side,
            api_name="/stylize",
        )
        with Image.open(png) as image:
            image.load()
        client.close()
    except Exception as problem:  # whatever it is, it is counted
        return f"{type(problem).__name__}: {problem}"
    return ""


def memory(pid: int) -> int:
    """Give the resident memory of a process in bytes, 0 where the system doesn't tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def disk(folder: str) -> int:
    """Give the bytes of a folder's files."""
    return sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())


@click.command()
@click.option("--requests", default=20, show_default=True, help="At the same time.")
@click.option("--rounds", default=4, show_default=True, help="How often.")
@click.option("--side", default="512", show_default=True, help="The control `size`.")
@click.option("--model", "models", multiple=True, help="As for `stylemix demo`.")
def main(requests: int, rounds: int, side: str, models: tuple[str, ...]) -> None:
    """Run the load test."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, models, 2 * requests))
    server.start()
    theirs.close()
    url, folder = ours.recv()
    failures, levels = [], []
    with tempfile.TemporaryDirectory() as pictures, ThreadPoolExecutor(requests) as pool:
        photos = []
        for number in range(requests):
            photos.append(f"{pictures}/photo{number}.png")
            Image.effect_noise((800, 600), 20 + number).convert("RGB").save(photos[-1])
        painting = f"{pictures}/painting.png"
        Image.radial_gradient("L").convert("RGB").save(painting)
        for number in range(1, rounds + 1):
            started = time.perf_counter()
            answers = list(pool.map(lambda photo: ask(url, photo, painting, side), photos))
            failures += [answer for answer in answers if answer]
            levels.append(memory(server.pid or 0))
            click.echo(
                f"round {number}: {requests - sum(map(bool, answers))} of {requests} in "
                f"{time.perf_counter() - started:.1f} s; server memory "
                f"{levels[-1] / 2**20:.0f} MB, files {disk(folder) / 2**20:.1f} MB"
            )
    deadline = time.monotonic() + 90
    while disk(f"{folder}/cache") > CACHE_BYTES and time.monotonic() < deadline:
        time.sleep(1)
    kept = disk(f"{folder}/cache")
    ours.send("end")
    server.join()
    for failure in sorted(set(failures)):
        click.echo(f"failed: {failure}", err=True)
    growth = levels[-1] - levels[min(1, len(levels) - 1)]
    click.echo(
        f"{len(failures)} failures; memory grew by {growth / 2**20:.0f} MB after round 2; "
        f"{kept / 2**20:.1f} MB of files kept (bound {CACHE_BYTES / 2**20:.0f} MB); "
        f"folder deleted at the end: {not Path(folder).exists()}"
    )
    sys.exit(bool(failures) or growth > GROWTH_BYTES or kept > CACHE_BYTES or Path(folder).exists())


if __name__ == "__main__":
    main()
