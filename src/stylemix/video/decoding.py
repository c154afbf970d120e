"""Frames of a stream, and the times of those that can't be decoded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from stylemix.video.extras import pyav

_MOST = Fraction(3, 4)  # of a frame's duration
_ORDERED = 20  # frames that may lie between decoding and showing; H.264 knows 16


class Decoder:
    """Decodes a stream from where its container stands.

    Args:
        container: PyAV's.
        stream: of the container.
        usual: ticks that a frame is shown on average.

    Attributes:
        problem: why the container couldn't be read to its end, empty where it could.
    """

    def __init__(self, container: Any, stream: Any, usual: Fraction) -> None:
        self._container = container
        self._stream = stream
        self._usual = usual
        self._broken = False
        self.problem = ""

    def frames(self) -> Iterator[Any]:
        """Yield PyAV's frames and, for those that can't be decoded, their times in ticks.

        Some decoders tell of the packet that they stumble over, some say nothing; and none tells of
        those that it leaves out until the next key frame. But frames come in the order of their
        times: where the packets before a frame gave none by then, they won't. Packets right behind
        or before a frame don't count; whole files have some that aren't shown.
        """
        waiting: set[int] = set()
        over = -(2**62)  # up to when frames or what stands for them are shown
        for frame in self._decoded(waiting):
            if frame.pts is None:
                yield frame
                continue
            if self._broken and (frame.pts < over or not self._is_likely(frame)):
                continue  # late behind damage, or of a time that was made up
            least = max(1, int(_MOST * (frame.duration or self._usual)))
            passed = sorted(time for time in waiting if time <= frame.pts)
            waiting.difference_update(passed)
            yield from (time for time in passed if over <= time <= frame.pts - least)
            yield frame
            over = frame.pts + least
        yield from sorted(time for time in waiting if time >= over)

    def _decoded(self, begun: set[int]) -> Iterator[Any]:
        """Yield all frames that can be decoded; ``begun`` gets the times of their packets."""
        error = pyav().error
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except error.FFmpegError as problem:
                self.problem = problem.strerror or type(problem).__name__
                return
            shown = packet.pts is not None and packet.size and not packet.is_discard
            if shown and self._is_likely(packet):
                begun.add(packet.pts)
            try:
                decoded = packet.decode()
            except error.EOFError:
                return
            except error.FFmpegError:
                self._broken = True
                continue
            for frame in decoded:
                if frame.is_corrupt:
                    self._broken = True
                else:
                    yield frame

    def _is_likely(self, found: Any) -> bool:
        """Tell whether a packet or frame may be shown at its time, so long after its decoding."""
        usual = max(self._usual, found.duration or 0)
        return found.dts is None or found.pts - found.dts <= _ORDERED * usual
