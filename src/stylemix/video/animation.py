"""Animated GIF and WebP files, decoded by Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from PIL import Image, ImageSequence

from stylemix.errors import PictureError, VideoError
from stylemix.images import open_file
from stylemix.video.frame import Frame
from stylemix.video.source import Source

ENDINGS = (".gif", ".webp")

_LARGEST = 100_000_000  # pixels of one frame
_SHORTEST = 0.011  # seconds; browsers show frames that ask for less for a tenth of a second
_UNHURRIED = Fraction(1, 10)


class AnimationSource(Source):
    """The frames of a GIF or WebP file, each for the time that it asks for.

    Raises:
        VideoError: the file is missing, damaged or a still picture.
    """

    time_base = Fraction(1, 1000)

    def __init__(self, path: str) -> None:
        super().__init__(path)
        try:
            with open_file(path, _LARGEST) as image:
                count = getattr(image, "n_frames", 1)
                durations = [_duration(f) for f in ImageSequence.Iterator(image)]
        except PictureError as problem:
            raise VideoError(str(problem)) from problem
        except (OSError, EOFError, SyntaxError, ValueError) as problem:
            raise VideoError(
                f"{path!r} is damaged or cut short ({problem}): get the file again"
            ) from problem
        if count < 2:
            raise VideoError(
                f"{path!r} is a still picture: use `stylemix stylize`, or stylemix.stylize"
            )
        self.length = sum(durations, Fraction(0))
        self.rate = count / self.length

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """Yield the frames; see :meth:`Source.frames`."""
        time = Fraction(0)
        transparent: bool | None = None
        with open_file(self.path, _LARGEST) as image:
            for shown in ImageSequence.Iterator(image):
                duration = _duration(shown)
                pixels = np.asarray(shown.convert("RGBA"))
                rgb, alpha = pixels[..., :3].copy(), pixels[..., 3].copy()
                if transparent is None:
                    transparent = bool((alpha < 255).any())
                yield Frame(rgb, time, duration, alpha if transparent else None)
                time += duration


def _duration(image: Image.Image) -> Fraction:
    image.load()  # WebP tells a frame's duration only then
    asked = Fraction(image.info.get("duration") or 0) / 1000
    return asked if asked >= _SHORTEST else _UNHURRIED
