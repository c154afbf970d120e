"""For those who have a decoder of their own: pictures in, pictures out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from PIL import Image

from stylemix.errors import ConfigError
from stylemix.images import Picture, read, to_pil
from stylemix.stylizers import Stylizer
from stylemix.video.consistency import STEADY
from stylemix.video.frame import Frame
from stylemix.video.loop import stylized
from stylemix.video.parsing import frame_rate
from stylemix.video.planning import Plan, Styles, make_plan, options_of


def stylize_frames(
    frames: Iterable[Picture],
    style: Styles | None = None,
    *,
    model: str | os.PathLike[str] | Stylizer = "film",
    device: str | torch.device | None = None,
    runtime: str | None = None,
    steady: float = STEADY,
    fps: float | Fraction = 25,
    **options: Any,
) -> Iterator[Image.Image]:
    """Stylize the frames of a video one after the other, in constant memory.

    For programs that decode and encode themselves; :func:`stylemix.stylize_video` does it all.
    The frames are taken from the iterable in a thread of its own while earlier ones are worked on,
    at most four ahead, eight on a GPU, which draws several at once.

    Args:
        frames: pictures of one size, as for :func:`stylemix.stylize`.
        style: as for :func:`stylemix.stylize_video`.
        model: as for :func:`stylemix.stylize`.
        device: likewise.
        runtime: likewise.
        steady: see :func:`stylemix.stylize_video`.
        fps: frames per second, for styles and masks that change with time.
        options: as for :func:`stylemix.stylize_video`.

    Yields:
        One picture per frame, in their order.

    Raises:
        PictureError: a frame can't be read, or has another size than the first.
        ConfigError: an argument is out of range.

    Example:
        >>> from PIL import Image
        >>> import stylemix
        >>> frames = (Image.new("RGB", (48, 32), color) for color in ("teal", "navy"))
        >>> for picture in stylemix.stylize_frames(frames, Image.radial_gradient("L")):
        ...     print(picture.size)
        (48, 32)
        (48, 32)
    """
    if isinstance(frames, str | os.PathLike):
        raise ConfigError(
            f"stylize_frames takes pictures, not a path: stylemix.stylize_video reads {frames!r}"
        )
    asked, duration = options_of(options), 1 / frame_rate(fps)
    plan = make_plan(style, asked, model=model, device=device, runtime=runtime, steady=steady)
    return _pictures(frames, plan, duration)


def _pictures(frames: Iterable[Picture], plan: Plan, duration: Fraction) -> Iterator[Image.Image]:
    for drawn in stylized(_read(frames, duration), plan):
        yield drawn.frame.to_pil()


def _read(frames: Iterable[Picture], duration: Fraction) -> Iterator[Frame]:
    shape: tuple[int, ...] | None = None
    for number, picture in enumerate(frames):
        loaded = read(picture)
        pixels = np.array(to_pil(loaded.pixels))
        shape = shape or pixels.shape
        if pixels.shape != shape:
            raise ConfigError(
                f"frame {number} has {pixels.shape[1]} x {pixels.shape[0]} pixels, the first "
                f"{shape[1]} x {shape[0]}: bring all frames to one size"
            )
        alpha = None if loaded.alpha is None else loaded.alpha.numpy()
        yield Frame(pixels, number * duration, duration, alpha)
