"""The pictures so far, from a worker's thread to the page."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from PIL import Image

from stylemix.demo import previews
from stylemix.demo.previews import Previews
from stylemix.types import ProgressEvent


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.effect_noise((90, 60), 80).convert("RGB").save(path)
    return str(path)


def shown(done: int, total: int, size: tuple[int, int], grey: int) -> ProgressEvent:
    return ProgressEvent(done, total, lambda: Image.new("RGB", size, (grey,) * 3))


def level(path: str) -> float:
    with Image.open(path) as image:
        return float(np.asarray(image.convert("L")).mean())


def test_the_newest_arrives_and_the_end_is_told(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(previews, "EVERY", 0.0)
    go_on = threading.Event()

    async def main():
        found = Previews(photo, tmp_path)

        def paint() -> None:
            found.put(ProgressEvent(0, 9))  # there is no picture yet
            for done in range(1, 6):
                found.put(shown(done, 9, (90, 60), 40 * done))
            go_on.wait()

        work = asyncio.get_running_loop().run_in_executor(None, paint)
        seen = []
        while (now := await found.get(work)) is not None:
            seen.append(now)
            if now.done == 5:
                go_on.set()
        return seen

    seen = asyncio.run(main())
    assert (seen[-1].done, seen[-1].total) == (5, 9)
    assert level(seen[-1].after) == pytest.approx(200, abs=2)
    assert Image.open(seen[-1].before).size == Image.open(seen[-1].after).size == (90, 60)
    # Only the last ones stay on the disk.
    folder = next(tmp_path.glob("preview-*"))
    assert {p.name for p in folder.iterdir()} == {
        "before.webp",
        "after-3.webp",
        "after-4.webp",
        "after-5.webp",
    }


def test_two_in_a_hurry_are_one(photo, tmp_path):
    async def main():
        found = Previews(photo, tmp_path)
        work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for done in (1, 2, 3):
            found.put(shown(done, 3, (2400, 1600), 0))
        first = await found.get(work)
        work.set_result(None)
        assert await found.get(work) is None
        return first

    first = asyncio.run(main())
    assert first.done == 1
    assert Image.open(first.after).size == (1024, 683)


def test_who_waits_is_not_kept_for_ever(photo, tmp_path):
    async def main():
        found = Previews(photo, tmp_path)
        work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        assert await found.get(work, 0.01) is None
        assert not work.done()
        found.put(shown(1, 3, (90, 60), 0))
        assert (await found.get(work, 5)).done == 1
        work.cancel()

    asyncio.run(main())


def test_work_that_fails_ends_the_waiting(photo, tmp_path):
    async def main():
        found = Previews(photo, tmp_path)
        work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, work.set_exception, KeyError("x"))
        assert await found.get(work) is None
        with pytest.raises(KeyError):
            await work

    asyncio.run(main())


def test_pictures_of_no_photograph_come_alone(tmp_path):
    async def main():
        found = Previews(None, tmp_path)
        work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        found.put(shown(1, 3, (90, 60), 120))
        return await found.get(work)

    made = asyncio.run(main())
    assert made.before == ""
    assert level(made.after) == pytest.approx(120, abs=2)
