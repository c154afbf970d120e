"""What the demo accepts from strangers, and the check of an uploaded picture."""

from __future__ import annotations

import os
from dataclasses import dataclass

from stylemix.errors import ConfigError, PictureError, StylemixError
from stylemix.images.decoding import orientation
from stylemix.images.files import open_file

PAINTINGS = 4
"""How many paintings one request may mix."""

FEATURE_COST = {"thin": 1, "vgg16": 7}
"""What a step costs by the network it looks through, see docs/refine.md."""


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one server alive under many users.

    Attributes:
        max_file_bytes: of one uploaded file.
        max_pixels: of one result.
        max_decoded: of one picture in memory.
        max_stored: of one picture in its file; a JPEG is decoded at a fraction of its sides.
        max_side: the largest ``size`` to choose, in pixels.
        max_work: of an optimization, in pixels times steps; one through VGG-16 counts
            :data:`FEATURE_COST` times as much.
        max_clip_seconds: of one video.
        max_clip_pixels: of one frame of a video as it was uploaded.
        max_clip_work: of a painted video, in pixels times frames.
        queue: requests that may wait; more are refused with a message.
        cache_bytes: uploads and results kept on disk; the oldest go first.
        cache_seconds: how long they are kept at most.
    """

    max_file_bytes: int = 50 * 2**20
    max_pixels: int = 24_000_000
    max_decoded: int = 50_000_000
    max_stored: int = 210_000_000
    max_side: int = 4096
    max_work: int = 200_000_000
    max_clip_seconds: int = 60
    max_clip_pixels: int = 9_000_000
    max_clip_work: int = 600_000_000
    queue: int = 40
    cache_bytes: int = 2 * 2**30
    cache_seconds: int = 3600

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"the demo's {name} must be a whole number >= 1, got {value!r}")


def check_picture(path: str, label: str, limits: Limits) -> tuple[int, int]:
    """Refuse what is no picture or too large, by the file's header alone.

    Args:
        path: the uploaded file.
        label: what to call it in messages, such as ``"painting 2"``; users never see server paths.
        limits: the bounds.

    Returns:
        Width and height in pixels, turned upright.

    Raises:
        PictureError: it is missing, no picture or too large.
    """
    try:
        size = os.path.getsize(path)
        if size > limits.max_file_bytes:
            raise PictureError(
                f"{label} is a file of {size / 2**20:.1f} MB, more than the limit of "
                f"{limits.max_file_bytes / 2**20:.1f} MB: shrink it first"
            )
        with open_file(path, max_pixels=2**62) as image:
            width, height = image.size
            # Without the first part Pillow would decode a PNG for it.
            if "exif" in image.info and orientation(image) >= 5:
                width, height = height, width
        with open_file(path, max_pixels=2**62, long_side=1) as image:
            decoded = image.width * image.height
    except StylemixError as problem:
        raise PictureError(named(problem, path, label)) from None
    except OSError:
        raise PictureError(f"{label} is no longer on the server: upload it again") from None
    most = limits.max_decoded if decoded == width * height else limits.max_stored
    _check_pixels(width, height, label, most, "choose a smaller one")
    return width, height


def check_result(width: int, height: int, limits: Limits) -> None:
    """Refuse a result of too many pixels.

    Raises:
        PictureError: it has more than ``limits.max_pixels``.
    """
    _check_pixels(width, height, "the result", limits.max_pixels, "choose a smaller size")


def _check_pixels(width: int, height: int, label: str, most: int, advice: str) -> None:
    if width * height > most:
        raise PictureError(
            f"{label} has {width} x {height} pixels = {width * height / 1e6:.1f} megapixels, more "
            f"than the limit of {most / 1e6:.1f}: {advice}"
        )


def check_work(pixels: int, steps: int, features: str, limits: Limits) -> None:
    """Refuse an optimization that would keep the server busy for too long.

    Raises:
        ConfigError: it takes more than ``limits.max_work``.
    """
    most = limits.max_work // FEATURE_COST.get(features, 1)
    if pixels * steps > most:
        raise ConfigError(
            f"{steps} steps on {pixels / 1e6:.1f} megapixels would take too long: choose a smaller "
            f"size, or at most {most // pixels} steps"
            + (
                ' (the feature network "thin" allows more)'
                if FEATURE_COST.get(features, 1) > 1
                else ""
            )
        )


def named(problem: Exception, path: str, label: str) -> str:
    """Return an error's message with a server path replaced by what users call the file."""
    return str(problem).replace(repr(path), label).replace(path, label)
