"""Folders of numbered frames, in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from stylemix.errors import PictureError, VideoError
from stylemix.images import is_picture_name, read, save, to_pil
from stylemix.video.frame import Frame
from stylemix.video.gaps import Gap, bridged
from stylemix.video.source import Source
from stylemix.video.writing import Writer

RATE = Fraction(25)
"""Frames per second of a folder, where nothing else is asked for."""


class FolderSource(Source):
    """The pictures of a folder, in the order of the numbers in their names.

    In the place of damaged ones stand their neighbors, see :attr:`Frame.damage`.

    Args:
        path: the folder; files that are no pictures, and hidden ones, are left out.
        rate: frames per second.

    Raises:
        VideoError: there is no picture in it.
    """

    def __init__(self, path: str, rate: Fraction = RATE) -> None:
        super().__init__(path)
        self.files = sorted((f for f in Path(path).iterdir() if is_picture_name(f)), key=_natural)
        if not self.files:
            raise VideoError(
                f"{path!r} has no pictures that could be frames, such as 0001.png: check the path"
            )
        self.rate = rate
        self.time_base = 1 / rate
        self.length = len(self.files) / rate

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """Yield the frames; see :meth:`Source.frames`."""
        first = min(int(start * self.rate), len(self.files) - 1)
        while first > 0 and not _is_whole(self.files[first]):
            first -= 1  # to what is to be seen in its place
        yield from bridged(self._found(first))

    def _found(self, first: int) -> Iterator[Frame | Gap]:
        size: tuple[int, ...] | None = None
        problem: PictureError | None = None
        for number in range(first, len(self.files)):
            file, time = self.files[number], number / self.rate
            try:
                picture = read(file)
            except PictureError as damage:
                problem = problem or damage
                yield Gap(time, 1 / self.rate, f"in {file.name!r}")
                continue
            pixels = np.array(to_pil(picture.pixels))
            size = size or pixels.shape
            if pixels.shape != size:
                raise VideoError(
                    f"{str(file)!r} has {pixels.shape[1]} x {pixels.shape[0]} "
                    f"pixels, the frames before {size[1]} x {size[0]}: bring all to one size"
                )
            alpha = None if picture.alpha is None else picture.alpha.numpy()
            yield Frame(pixels, time, 1 / self.rate, alpha)
        if problem is not None and size is None:
            raise VideoError(f"no frame can be read; the first: {problem}") from problem


class FolderWriter(Writer):
    """Writes frames as ``000001.png`` and so on; each is complete or isn't there.

    Args:
        folder: made if missing; it must be empty of such files.
        resumed: whether it may hold those of an earlier run, which are replaced as they come.

    Raises:
        VideoError: it can't be made, or holds numbered frames already.
    """

    def __init__(self, folder: Path, *, resumed: bool = False) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise VideoError(
                f"the folder {str(folder)!r} can't be made ({problem.strerror}); choose another"
            ) from problem
        self.folder = folder
        self.count = 0
        if not resumed and any(self.frames()):
            raise VideoError(
                f"{str(folder)!r} holds numbered frames already: choose an empty folder"
            )

    def frames(self) -> list[tuple[int, Path]]:
        """Return the numbered frames that are in the folder."""
        found = (f for f in self.folder.iterdir() if re.fullmatch(r"\d{6,}\.png", f.name))
        return sorted((int(f.stem), f) for f in found)

    def write(self, frame: Frame) -> None:
        """Write one frame; see :meth:`Writer.write`."""
        self.count += 1
        try:
            save(frame.to_pil(), self.folder / f"{self.count:06d}.png")
        except PictureError as problem:
            raise VideoError(str(problem)) from problem

    def finish(self) -> Path:
        """Return the folder."""
        return self.folder

    def keep_part(self) -> Path | None:
        """Return the folder, whose frames so far are complete."""
        return self.folder if self.count else None

    def discard(self) -> None:
        """Keep the frames so far; each of them is complete."""


def _is_whole(file: Path) -> bool:
    try:
        read(file)
    except PictureError:
        return False
    return True


def _natural(file: Path) -> list[tuple[bool, int, str]]:
    """Return a sorting key by which 2 comes before 10."""
    parts = re.split(r"(\d+)", file.name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
