"""Video files, decoded by PyAV."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from stylemix.errors import VideoError
from stylemix.video.extras import pyav
from stylemix.video.frame import Frame
from stylemix.video.geometry import Turn, read_matrix, square_size
from stylemix.video.hdr import HLG, PQ, to_sdr
from stylemix.video.source import Source

_BT709, _BT601, _BT2020 = 1, 5, 9  # matrices as swscale numbers them
_MATRICES = {1: _BT709, 5: _BT601, 6: _BT601, 9: _BT2020, 10: _BT2020}  # by H.273 number
_FALLBACK_RATE = Fraction(25)
_LARGEST = 7680 * 4320  # pixels of a frame, unless the file declares larger ones


class ContainerSource(Source):
    """The first video stream of a file.

    Frames are turned upright and given square pixels, as players show them; high dynamic range and
    more than 8 bits are reduced, with a warning. Damaged frames are left out, so that the one
    before stays longer, and counted in :attr:`damaged`.

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
        if self._stream.duration:
            self.length = self._stream.duration * self.time_base
        elif self._container.duration:
            self.length = Fraction(self._container.duration, av.time_base)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """Yield the frames; see :meth:`Source.frames`."""
        if start > 0:
            place = int((start + self.origin) / self.time_base)
            self._container.seek(place, stream=self._stream, backward=True)
        turn: Turn | None = None
        size: tuple[int, int] | None = None
        after = Fraction(0)
        for decoded in self._decode():
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

    def _decode(self) -> Iterator[Any]:
        """Yield what can be decoded, and count what can't.

        A decoder tells of the packet that it stumbles over, and then says nothing of those that it
        leaves out until the next key frame: they are known by their times.
        """
        missing: set[int] = set()
        first, last = None, 0
        try:
            for frame in self._decoded(missing):
                if frame.pts is not None:
                    missing.discard(frame.pts)
                    first, last = frame.pts if first is None else first, frame.pts
                yield frame
        finally:
            if self.damaged and first is not None:
                self.damaged = max(self.damaged, sum(first < time < last for time in missing))

    def _decoded(self, begun: set[int]) -> Iterator[Any]:
        """Yield all frames that can be decoded; ``begun`` gets the times of their packets."""
        av = pyav()
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as problem:
                warnings.warn(
                    f"{self.path!r} can't be read beyond a damaged place ({problem.strerror}); "
                    "the video ends there",
                    stacklevel=2,
                )
                return
            if packet.pts is not None:
                begun.add(packet.pts)
            try:
                decoded = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.damaged += 1
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self.damaged += 1
                else:
                    yield frame


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
