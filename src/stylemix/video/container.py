"""Video files, decoded by PyAV."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from stylemix.errors import VideoError
from stylemix.video.decoding import Decoder
from stylemix.video.extras import pyav
from stylemix.video.frame import Frame
from stylemix.video.gaps import Gap, bridged
from stylemix.video.geometry import Turn, read_matrix, square_size
from stylemix.video.hdr import HLG, PQ, to_sdr
from stylemix.video.source import Source

_BT709, _BT601, _BT2020 = 1, 5, 9  # matrices as swscale numbers them
_MATRICES = {1: _BT709, 5: _BT601, 6: _BT601, 9: _BT2020, 10: _BT2020}  # by H.273 number
_FALLBACK_RATE = Fraction(25)
_LITTLE = Fraction(1, 10)  # seconds by which a video may end earlier than its file says of it
_SOON = Fraction(1, 2)  # the same where that is said of the whole file
_STATING = {"mov", "avi"}  # formats that say a stream's length and don't guess it
_LARGEST = 7680 * 4320  # pixels of a frame, unless the file declares larger ones


class ContainerSource(Source):
    """The first video stream of a file.

    Frames are turned upright and given square pixels, as players show them; high dynamic range and
    more than 8 bits are reduced, with a warning. In the place of damaged frames stand their
    neighbors, see :attr:`Frame.damage`.

    Raises:
        VideoError: the file is missing, no video, or has no video stream.
    """

    def __init__(self, path: str) -> None:
        av = pyav()
        super().__init__(path)
        self._container = _open(path)
        streams = [
            s for s in self._container.streams.video
            if not s.disposition & av.stream.Disposition.attached_pic
        ]  # fmt: skip
        if not streams:
            kinds = sorted({s.type for s in self._container.streams}) or ["nothing"]
            self.close()
            raise VideoError(
                f"{path!r} has no video, only {' and '.join(kinds)}: give a file with a "
                "video stream"
            )
        self._stream = streams[0]
        # With threads per frame, an error takes sound frames with it.
        self._stream.thread_type = "SLICE"
        # A stream may change its size on the way, and a few bytes may then claim gigabytes.
        most = max(_LARGEST, 2 * self._stream.width * self._stream.height)
        self._stream.codec_context.options = {"max_pixels": str(most)}
        self.time_base = self._stream.time_base or self.time_base
        self.rate = self._stream.average_rate or self._stream.guessed_rate or _FALLBACK_RATE
        self.origin = Fraction(self._container.start_time or 0, av.time_base)
        self._stated: Fraction | None = None  # seconds at which the file says that it ends
        self._slack = max(_LITTLE, 2 / self.rate)
        whole = Fraction(self._container.duration or 0, av.time_base)
        if self._stream.duration:
            self.length = self._stream.duration * self.time_base
            if _STATING & set(self._container.format.name.split(",")):
                begin = (self._stream.start_time or 0) * self.time_base - self.origin
                self._stated = begin + self.length
        elif (stated := _end_of(self._stream)) is not None:
            self.length = self._stated = stated - self.origin
        elif whole:
            self.length = whole - self.origin
            if len(self._container.streams) == 1:
                self._stated, self._slack = self.length, max(_SOON, 2 / self.rate)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """Yield the frames; see :meth:`Source.frames`."""
        if start > 0:
            # One frame more, which is to be seen in its place if the first is damaged.
            begin = max(Fraction(0), start - 1 / self.rate)
            place = int((begin + self.origin) / self.time_base)
            self._container.seek(place, stream=self._stream, backward=True)
        yield from bridged(self._found())

    def _found(self) -> Iterator[Frame | Gap]:
        turn: Turn | None = None
        size: tuple[int, int] | None = None
        after = Fraction(0)
        decoder = Decoder(self._container, self._stream, 1 / self.rate / self.time_base)
        for decoded in decoder.frames():
            if isinstance(decoded, int):
                time = decoded * self.time_base - self.origin
                after = time + 1 / self.rate
                yield Gap(time, 1 / self.rate, f"at {max(0.0, float(time)):.2f} s")
                continue
            if turn is None or size is None:
                turn = _turn(decoded)
                aspect = self._stream.sample_aspect_ratio
                size = square_size(decoded.width, decoded.height, aspect)
                _warn_of_depth(decoded, self.path)
            rgb, alpha = _pixels(decoded, size)
            time = after
            if decoded.pts is not None:
                time = decoded.pts * (decoded.time_base or self.time_base) - self.origin
            duration = (decoded.duration or 0) * (decoded.time_base or self.time_base)
            duration = duration if duration > 0 else 1 / self.rate
            after = time + duration
            yield Frame(turn(rgb), time, duration, None if alpha is None else turn(alpha))
        if decoder.problem:
            warnings.warn(
                f"{self.path!r} can't be read beyond a damaged place ({decoder.problem}); "
                "the video ends there",
                stacklevel=2,
            )
        elif self._stated is not None and after < self._stated - self._slack:
            warnings.warn(
                f"{self.path!r} breaks off after {float(after):.2f} of {float(self._stated):.2f} "
                "seconds; the video ends there",
                stacklevel=2,
            )


def _open(path: str) -> Any:
    av = pyav()
    try:
        return av.open(path)
    except FileNotFoundError:
        raise VideoError(f"no such file: {path!r}; check the path") from None
    except (av.error.FFmpegError, OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise VideoError(
            f"{path!r} is no video that can be read ({reason}): check the file, or convert it "
            "to .mp4"
        ) from problem


def _turn(decoded: Any) -> Turn:
    data = decoded.side_data.get("DISPLAYMATRIX")
    return Turn() if data is None else read_matrix(bytes(data))


def _warn_of_depth(decoded: Any, path: str) -> None:
    depth = max(c.bits for c in decoded.format.components)
    if decoded.color_trc in (PQ, HLG):
        warnings.warn(
            f"{path!r} has a high dynamic range; it is brought to that of ordinary screens "
            "(sRGB, 8 bits)",
            stacklevel=3,
        )
    elif depth > 8:
        warnings.warn(f"{path!r} has {depth} bits per color; 8 are kept", stacklevel=3)


def _pixels(decoded: Any, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return colors [H, W, 3] and transparency [H, W] or None, both uint8."""
    transfer = decoded.color_trc
    high = transfer in (PQ, HLG)
    # Where a file doesn't say its matrix, players go by the size.
    unknown = _BT709 if decoded.height >= 720 else _BT601
    matrix = _MATRICES.get(decoded.colorspace, _BT2020 if high else unknown)
    transparent = any(c.is_alpha for c in decoded.format.components)
    wanted = "rgb48le" if high else "rgba" if transparent else "rgb24"
    options: dict[str, Any] = {"interpolation": "BICUBIC"}
    if not decoded.format.is_rgb:
        options["src_colorspace"] = matrix
    found = decoded.reformat(*size, wanted, **options).to_ndarray()
    if high:
        return to_sdr(found, transfer), None
    if transparent:
        return np.ascontiguousarray(found[..., :3]), np.ascontiguousarray(found[..., 3])
    return found, None


def _end_of(stream: Any) -> Fraction | None:
    """Return the seconds at which Matroska says a stream ends, or None."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", stream.metadata.get("DURATION", ""))
    if found is None:
        return None
    hours, minutes, rest = map(Fraction, found.groups())
    return 3600 * hours + 60 * minutes + rest
