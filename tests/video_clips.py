"""Tiny videos whose content is known, made in the test."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylemix.video.container import ContainerSource
from stylemix.video.frame import Frame

av = pytest.importorskip("av", reason="videos need PyAV")

HEIGHT, WIDTH, COUNT = 48, 64, 10
TICK = Fraction(1, 1000)


def texture(height: int = 3 * HEIGHT, width: int = 3 * WIDTH, seed: int = 0) -> np.ndarray:
    """Draw a smooth random picture [height, width, 3] uint8 with detail of about 6 pixels."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0, 255, (height // 6 + 3, width // 6 + 3, 3))
    rows, columns = np.arange(height) / 6, np.arange(width) / 6
    r, c = rows.astype(int), columns.astype(int)
    fr, fc = (rows - r)[:, None, None], (columns - c)[None, :, None]
    top = coarse[r][:, c] * (1 - fc) + coarse[r][:, c + 1] * fc
    bottom = coarse[r + 1][:, c] * (1 - fc) + coarse[r + 1][:, c + 1] * fc
    return (top * (1 - fr) + bottom * fr).round().astype(np.uint8)


def panning(count: int = COUNT, right: int = 2, down: int = 1, seed: int = 0) -> list[np.ndarray]:
    """Move a window over a texture by whole pixels per frame."""
    large = texture(seed=seed)
    return [
        large[down * t : down * t + HEIGHT, right * t : right * t + WIDTH].copy()
        for t in range(count)
    ]


def frames_of(pictures: Sequence[np.ndarray], rate: int = 25) -> list[Frame]:
    """Return pictures with evenly spaced times."""
    return [Frame(p, Fraction(t, rate), Fraction(1, rate)) for t, p in enumerate(pictures)]


def write_clip(
    path: Path,
    pictures: Sequence[np.ndarray],
    times: Sequence[int] | None = None,
    *,
    codec: str = "libx264",
    pixels: str = "yuv444p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
    sound: str | None = None,
    colors: dict[str, int] | None = None,
) -> Path:
    """Encode pictures [H, W, 3 or 4] at times in milliseconds, nearly without loss.

    Args:
        path: its ending decides the container.
        pictures: uint8, or uint16 for deep pixel formats.
        times: 40 ms apart by default.
        codec: FFmpeg's name of the encoder.
        pixels: pixel format.
        options: of the encoder.
        rotation: in degrees, that a player shall turn it by.
        aspect: width of a pixel by its height.
        sound: an audio encoder, for a 440 Hz tone of 0.4 seconds.
        colors: attributes of the codec context.
    """
    times = [40 * t for t in range(len(pictures))] if times is None else times
    if options is None:
        options = {"qp": "1", "preset": "ultrafast"} if codec == "libx264" else {}
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = TICK
        for name, value in {"colorspace": 1, "color_range": 1, **(colors or {})}.items():
            setattr(stream.codec_context, name, value)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        tone = out.add_stream(sound, rate=48000, layout="mono") if sound else None
        if tone is not None:
            _write_tone(out, tone)
        for picture, time in zip(pictures, times, strict=True):
            out.mux(stream.encode(_frame(picture, time, pixels)))
        out.mux(stream.encode(None))
    return path


def read_clip(path: Path) -> tuple[list[np.ndarray], list[Fraction]]:
    """Decode a video with PyAV alone; returns pictures [H, W, 3] and times in seconds."""
    pictures, times = [], []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            options = {} if frame.format.is_rgb else {"src_colorspace": 1}
            pictures.append(frame.reformat(format="rgb24", **options).to_ndarray())
            times.append(frame.pts * frame.time_base)
    return pictures, times


def decode(path: Path, start: Fraction = Fraction(0)) -> list[Frame]:
    """Return all frames that our decoder gives."""
    with ContainerSource(str(path)) as source:
        return list(source.frames(start))


def lost_in(found: Sequence[Frame]) -> list[int]:
    """Return the numbers of frames that stand for damaged ones."""
    return [n for n, frame in enumerate(found) if frame.damage]


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean absolute difference of two pictures."""
    return float(np.abs(first.astype(int) - second).mean())


def packets(path: Path, kind: str) -> list[bytes]:
    """Read the packets of the first stream of a kind."""
    with av.open(str(path)) as file:
        stream = next(s for s in file.streams if s.type == kind)
        return [bytes(p) for p in file.demux(stream) if p.size]


def _frame(picture: np.ndarray, time: int, pixels: str) -> Any:
    kind = {4: "rgba", 3: "rgb24"}[picture.shape[2]]
    if picture.dtype == np.uint16:
        kind = "rgb48le"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=kind)
    frame = frame.reformat(
        format=pixels, dst_colorspace=1, dst_color_range="MPEG", interpolation="BICUBIC"
    )
    frame.pts, frame.time_base = time, TICK
    return frame


def _write_tone(out: Any, stream: Any) -> None:
    samples = np.sin(2 * np.pi * 440 * np.arange(19200) / 48000).astype(np.float32) / 2
    resampler = av.AudioResampler(
        format=stream.codec_context.format,
        layout="mono",
        rate=48000,
        frame_size=stream.codec_context.frame_size or 1024,
    )
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        out.mux(stream.encode(part))
    out.mux(stream.encode(None))
