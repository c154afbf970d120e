"""The formats that videos are written in; nothing slow is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stylemix.errors import ConfigError, VideoError


@dataclass(frozen=True)
class Codec:
    """How frames are encoded.

    Attributes:
        encoder: FFmpeg's name of the encoder.
        standard: FFmpeg's name of what it encodes.
        pixels: pixel format.
        transparent: pixel format with transparency, where there is one.
        crf: constant quality that is taken where none is asked for, smaller is better; None
            where the encoder knows no such number.
        worst_crf: the largest one.
        options: of the encoder.
    """

    encoder: str
    standard: str
    pixels: str
    transparent: str | None = None
    crf: int | None = None
    worst_crf: int = 51
    options: Mapping[str, str] = field(default_factory=dict)


CODECS = {
    # "fast" makes files of the size that "medium" makes, 0.2 dB less like the frames, in less time.
    "h264": Codec("libx264", "h264", "yuv420p", crf=18, options={"preset": "fast"}),
    "h265": Codec(
        "libx265",
        "hevc",
        "yuv420p",
        crf=20,
        options={"preset": "medium", "x265-params": "log-level=error"},
    ),
    "vp9": Codec(
        "libvpx-vp9",
        "vp9",
        "yuv420p",
        "yuva420p",
        crf=24,
        worst_crf=63,
        options={"b:v": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
    ),
    "av1": Codec("libsvtav1", "av1", "yuv420p", crf=28, worst_crf=63, options={"preset": "8"}),
    "prores": Codec("prores_ks", "prores", "yuv422p10le", "yuva444p10le"),
    "gif": Codec("gif", "gif", "pal8", "pal8"),
    "webp": Codec("libwebp_anim", "webp", "bgra", options={"quality": "90"}),
}
"""By the names that callers use."""

FORMATS = {
    ".mp4": ("mp4", ("h264", "h265", "av1", "vp9")),
    ".m4v": ("mp4", ("h264", "h265", "av1", "vp9")),
    ".mov": ("mov", ("h264", "h265", "prores")),
    ".mkv": ("matroska", ("h264", "h265", "av1", "vp9", "prores")),
    ".webm": ("webm", ("vp9", "av1")),
    ".gif": ("gif", ("gif",)),
    ".webp": ("webp", ("webp",)),
}
"""By file name ending: FFmpeg's container, and the codecs in it, the default first."""


def choose_codec(target: Path, name: str | None, crf: int | None) -> tuple[str, Codec, int | None]:
    """Return container, codec and constant quality for a file.

    Args:
        target: the file.
        name: a key of :data:`CODECS`, or None for the container's default.
        crf: or None for the codec's default.

    Raises:
        VideoError: the file's ending is none of :data:`FORMATS`.
        ConfigError: the container doesn't hold that codec, or ``crf`` is out of range.
    """
    ending = target.suffix.lower()
    if ending not in FORMATS:
        fault = f"ends in {ending}, which isn't written" if ending else "has no ending"
        raise VideoError(
            f"{str(target)!r} {fault}: use one of {', '.join(FORMATS)}, or a folder for numbered "
            "frames"
        )
    container, names = FORMATS[ending]
    chosen = names[0] if name is None else name
    if chosen not in names:
        raise ConfigError(f"{ending} files hold {' or '.join(names)}, not {chosen!r}")
    codec = CODECS[chosen]
    if crf is None:
        return container, codec, codec.crf
    if codec.crf is None:
        raise ConfigError(f"{chosen} has no crf; leave it out")
    if isinstance(crf, bool) or not isinstance(crf, int) or not 0 <= crf <= codec.worst_crf:
        raise ConfigError(
            f"crf must be a whole number from 0 (best) to {codec.worst_crf} for {chosen}, "
            f"got {crf!r}"
        )
    return container, codec, crf
