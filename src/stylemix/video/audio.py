"""The sound of a video: its packets are copied, or encoded anew where the container needs it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from stylemix.video.extras import pyav

_ENCODERS = {"webm": "libopus"}  # by container; every other one holds AAC
_OPUS_RATE = 48_000


class AudioTracks:
    """All audio streams of a file, from which pieces are muxed as the video goes on.

    Args:
        path: the file that has the sound.
        origin: the file's own time, in seconds, at which the result begins.
        end: the file's own time at which it ends, or None for all of it.
    """

    def __init__(self, path: str, origin: Fraction, end: Fraction | None, *, cut: bool) -> None:
        self._container = pyav().open(path)
        self._origin = origin
        self._end = end
        self._cut = cut
        self._tracks: dict[int, _Copy | _Transcode] = {}
        self._packets: Iterator[Any] = iter(())
        self._next: Any = None

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def attach(self, output: Any) -> None:
        """Add the streams to a container that is open for writing and has no packets yet."""
        streams = list(self._container.streams.audio)
        for stream in streams:
            name = stream.codec_context.codec.canonical_name
            if name in output.supported_codecs:
                self._tracks[stream.index] = _Copy(output, stream, self._origin)
            else:
                encoder = _ENCODERS.get(output.format.name, "aac")
                warnings.warn(
                    f"{output.format.name} files hold no {name} sound; it is encoded anew as "
                    f"{encoder.removeprefix('lib')}",
                    stacklevel=2,
                )
                self._tracks[stream.index] = _Transcode(output, stream, self._origin, encoder)
        if streams:
            if self._cut and self._origin > 0:
                self._container.seek(int(self._origin * pyav().time_base), backward=True)
            self._packets = self._demux(streams)
            self._next = next(self._packets, None)

    def mux_until(self, time: Fraction | None) -> None:
        """Write all packets before a time of the result, in seconds; None writes the rest."""
        while self._next is not None:
            begins = self._next.pts * self._next.time_base - self._origin
            if time is not None and begins >= time:
                return
            self._tracks[self._next.stream.index].write(self._next)
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write what encoders still hold."""
        for track in self._tracks.values():
            track.flush()

    def _demux(self, streams: list[Any]) -> Iterator[Any]:
        av = pyav()
        packets = self._container.demux(streams)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return  # a damaged file has sound as far as it can be read
            if packet.dts is None or packet.pts is None:
                continue
            begins = packet.pts * packet.time_base
            ends = begins + (packet.duration or 0) * packet.time_base
            if self._cut and ends <= self._origin:
                continue
            if self._end is not None and begins >= self._end:
                continue
            yield packet


class _Copy:
    """A stream whose packets go into the result as they are."""

    def __init__(self, output: Any, stream: Any, origin: Fraction) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(stream)
        self._shift = round(origin / stream.time_base)

    def write(self, packet: Any) -> None:
        packet.pts -= self._shift
        packet.dts -= self._shift
        packet.stream = self._stream
        self._output.mux(packet)

    def flush(self) -> None:
        """Do nothing: no packet is held back."""


class _Transcode:
    """A stream that is decoded and encoded anew."""

    def __init__(self, output: Any, stream: Any, origin: Fraction, encoder: str) -> None:
        self._output = output
        self._origin = origin
        rate = _OPUS_RATE if encoder == "libopus" else stream.codec_context.sample_rate
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        self._stream = output.add_stream(encoder, rate=rate, layout=layout)
        self._stream.time_base = Fraction(1, rate)
        self._resampler = pyav().AudioResampler(
            format=self._stream.codec_context.format,
            layout=layout,
            rate=rate,
            frame_size=self._stream.codec_context.frame_size or None,
        )

    def write(self, packet: Any) -> None:
        for frame in packet.decode():
            frame.pts -= round(self._origin / frame.time_base)
            self._encode(self._resampler.resample(frame))

    def flush(self) -> None:
        self._encode(self._resampler.resample(None))
        self._output.mux(self._stream.encode(None))

    def _encode(self, frames: list[Any]) -> None:
        for frame in frames:
            self._output.mux(self._stream.encode(frame))
