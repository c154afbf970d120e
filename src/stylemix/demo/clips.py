"""What the demo accepts as a video: an uploaded clip, checked by its header and first frame."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from stylemix.demo.limits import Limits, named
from stylemix.demo.results import fitted
from stylemix.errors import StylemixError, VideoError
from stylemix.video.extras import pyav
from stylemix.video.geometry import square_size
from stylemix.video.opening import open_source

NAME = "the clip"
"""What messages call it."""
FIRST = 1920
"""Long side in pixels of a first frame at most; results are no larger."""
ENDINGS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""FFmpeg's names of the containers. It looks at content, not at endings, and would follow a
playlist to other files of the server."""
_FASTEST = 120
"""Frames per second at most, for files that don't say their length."""


@dataclass(frozen=True)
class Clip:
    """An uploaded video.

    Attributes:
        path: of the file.
        size: width and height in pixels, as players show it.
        first: its first frame, at most :data:`FIRST` pixels long.
        frames: how many there are, by its header; None where it doesn't say.
    """

    path: str
    size: tuple[int, int]
    first: Image.Image
    frames: int | None


def read_clip(path: str, limits: Limits) -> Clip:
    """Refuse what is no video or too large, and decode the first frame of what is good.

    Args:
        path: the uploaded file.
        limits: the bounds.

    Raises:
        VideoError: it is missing, no video, or too large or long.
    """
    try:
        _check_header(path, limits)
        with open_source(path) as source:
            first = next(iter(source.frames()), None)
            if first is None:
                raise VideoError(f"{NAME} has no frames: choose another one")
            length = source.length
            count = None if length is None else max(1, round(length * source.rate))
        picture = first.filled().to_pil().convert("RGB")
        return Clip(path, picture.size, _small(picture), count)
    except StylemixError as problem:
        raise VideoError(named(problem, path, NAME)) from None
    except (OSError, MemoryError):
        raise VideoError(f"{NAME} can't be read: upload it again") from None


def check_length(frames: int, size: tuple[int, int], limits: Limits) -> None:
    """Refuse a clip that would keep the server busy for too long.

    Args:
        frames: how many of them are to be painted.
        size: of the result in pixels.
        limits: the bounds.

    Raises:
        VideoError: these are too many.
    """
    most = most_frames(size, limits)
    if frames > most:
        raise VideoError(
            f"{frames} frames of {size[0]} x {size[1]} pixels would take too long: choose a "
            f"smaller size, or cut the clip to at most {most} frames"
        )


def most_frames(size: tuple[int, int], limits: Limits) -> int:
    """Return how many frames of a size a clip may have."""
    return min(
        max(1, limits.max_clip_work // (size[0] * size[1])), _FASTEST * limits.max_clip_seconds
    )


def _small(picture: Image.Image) -> Image.Image:
    size = fitted(picture.size, FIRST)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _check_header(path: str, limits: Limits) -> None:
    if Path(path).suffix.lower() not in ENDINGS:
        raise VideoError(f"{NAME} must be a video file: one of {', '.join(ENDINGS)}")
    size = os.path.getsize(path)
    if size > limits.max_file_bytes:
        raise VideoError(
            f"{NAME} is a file of {size / 2**20:.1f} MB, more than the limit of "
            f"{limits.max_file_bytes / 2**20:.1f} MB: cut it or shrink it first"
        )
    av = pyav()
    try:
        with av.open(path, container_options={"format_whitelist": _FORMATS}) as file:
            # The first one is painted; where there is none, whoever decodes it says so.
            attached = av.stream.Disposition.attached_pic
            stream = next((s for s in file.streams.video if not s.disposition & attached), None)
            if stream is None:
                return
            width, height = square_size(stream.width, stream.height, stream.sample_aspect_ratio)
            length = _seconds(file, stream)
    except (av.error.FFmpegError, ValueError):
        raise VideoError(
            f"{NAME} is no video that can be read: check the file, or convert it to .mp4"
        ) from None
    if width * height > limits.max_clip_pixels:
        raise VideoError(
            f"{NAME} has {width} x {height} pixels = {width * height / 1e6:.1f} megapixels, more "
            f"than the limit of {limits.max_clip_pixels / 1e6:.1f}: shrink it first"
        )
    if length is not None and length > limits.max_clip_seconds:
        raise VideoError(
            f"{NAME} lasts {math.ceil(length)} s, more than the limit of "
            f"{limits.max_clip_seconds} s: cut it first"
        )


def _seconds(file: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return file.duration / 1e6 if file.duration else None
