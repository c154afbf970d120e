"""Video files, encoded by PyAV: the file is complete or isn't there at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylemix.errors import Cancelled, VideoError
from stylemix.images.atomic import remove_abandoned, replacing
from stylemix.images.write_errors import not_written
from stylemix.video.audio import AudioTracks
from stylemix.video.extras import pyav
from stylemix.video.formats import Codec
from stylemix.video.frame import Frame
from stylemix.video.pieces import read_packets
from stylemix.video.priority import kept_priority
from stylemix.video.resuming import Piece
from stylemix.video.timing import ticks
from stylemix.video.writing import Writer

_BT709 = 1  # matrix, primaries and transfer, as H.273 numbers them
_LIMITED = 1  # luma from 16 to 235
_ABSURD = 3600  # seconds between the decoding and the showing of a frame
_DELAY = 8  # ticks, more than encoders have frames in reorder
_SUBSAMPLED = ("yuv420p", "yuva420p", "yuv422p10le")  # need even sides


class MovieWriter(Writer):
    """Encodes frames into a file beside ``target``, which takes its name when it is complete.

    Frames stay as long as they should: each packet has its own time and duration. Where chroma is
    subsampled, an odd width or height is made even by repeating the last column or row. Colors are
    BT.709 of limited range, and say so.

    Args:
        target: the file, replaced when it exists.
        container: FFmpeg's name of the format.
        codec: how to encode.
        crf: constant quality, or None.
        rate: frames per second on average.
        time_base: seconds per tick of the time stamps.
        audio: sound to put in, closed with the writer; None for silence.
    """

    def __init__(
        self,
        target: Path,
        container: str,
        codec: Codec,
        crf: int | None,
        *,
        rate: Fraction,
        time_base: Fraction,
        audio: AudioTracks | None = None,
    ) -> None:
        self.target = Path(os.path.realpath(target))
        self._replacing = ExitStack()
        self._temporary: Path | None = None
        self._container_name = container
        self._codec = codec
        self._crf = crf
        self._rate = rate.limit_denominator(1001)
        self._time_base = time_base
        self._audio = audio
        self._output: Any = None
        self._stream: Any = None
        self._transparent = False
        self._durations: dict[int, int] = {}
        # In ticks: the first packet's time of decoding, and when pictures begin and end.
        self._decoding: int | None = None
        self._begin: int | None = None
        self._end = 0
        self._decoded = -(2**62)  # ticks
        self._encodes = False

    def write(self, frame: Frame) -> None:
        """Encode one frame; see :meth:`Writer.write`."""
        with self._explaining():
            if self._output is None:
                self._open(frame)
            picture = self._picture(frame)
            picture.pts = ticks(frame.time, self._time_base)
            picture.time_base = self._time_base
            self._durations[picture.pts] = max(1, ticks(frame.duration, self._time_base))
            with kept_priority():
                packets = self._stream.encode(picture)
            self._mux(packets)

    def join(self, pieces: Sequence[tuple[Path, Piece]], *, relative: bool) -> None:
        """Put the packets of other files into this one, instead of frames.

        Args:
            pieces: the files, and when their frames are shown.
            relative: see :func:`read_packets`.
        """
        with self._explaining():
            for number, (path, piece) in enumerate(pieces):
                with pyav().open(str(path)) as file:
                    (source,) = file.streams.video
                    if self._stream is None:
                        self._begin_file()
                        self._stream = self._output.add_stream_from_template(source, opaque=True)
                        self._stream.time_base = self._time_base
                        self._name_for_players(source.codec_context.codec.canonical_name)
                        if self._audio is not None:
                            self._audio.attach(self._output)
                    packets = read_packets(file, piece, self._time_base, relative)
                    for packet in packets:
                        packet.stream = self._stream
                    self._mux(packets, last=number == len(pieces) - 1)

    def finish(self) -> Path:
        """Complete the file; see :meth:`Writer.finish`."""
        if self._output is None:
            self.discard()
            raise VideoError("the video has no frames; check the file, and --start and --end")
        try:
            self._complete(all_sound=True)
            self._replacing.close()
        except BaseException:
            self.discard()
            raise
        return self.target

    def keep_part(self) -> Path | None:
        """Complete what there is as ``NAME.partial.ENDING``; see :meth:`Writer.keep_part`."""
        if self._output is None or self._temporary is None:
            self.discard()
            return None
        part = self.target.with_name(f"{self.target.stem}.partial{self.target.suffix}")
        try:
            self._complete(all_sound=False)
            with replacing([part], self._explain) as (new,):
                os.replace(self._temporary, new)
        except VideoError:
            return None
        finally:
            self.discard()
        return part

    def discard(self) -> None:
        """Remove the unfinished file."""
        # Closing writes the file's end, for which the disk may be full.
        with suppress(pyav().error.FFmpegError, OSError):
            self._close()
        # Left by an exception, it removes the temporary file and moves nothing.
        self._replacing.__exit__(Cancelled, Cancelled(), None)

    def _open(self, frame: Frame) -> None:
        codec = self._codec
        self._transparent = frame.alpha is not None and codec.transparent is not None
        if frame.alpha is not None and not self._transparent:
            warnings.warn(
                f"{codec.standard} keeps no transparency; it is laid on white (.webm, .mov "
                "with --codec prores, .gif and folders keep it)",
                stacklevel=3,
            )
        height, width = frame.rgb.shape[:2]
        pixels = codec.transparent if self._transparent else codec.pixels
        options = dict(codec.options)
        if self._crf is not None:
            options["crf"] = str(self._crf)
        if codec.standard == "prores":
            options["profile"] = "4" if self._transparent else "3"  # 4444, HQ
        if codec.standard == "av1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only
        self._begin_file()
        stream = self._output.add_stream(codec.encoder, rate=self._rate, options=options)
        self._even = pixels in _SUBSAMPLED
        stream.width = width + width % 2 * self._even
        stream.height = height + height % 2 * self._even
        stream.pix_fmt = pixels
        context = stream.codec_context
        context.time_base = self._time_base
        if pixels not in ("pal8", "bgra"):
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.color_range = _LIMITED
        self._stream = stream
        self._name_for_players(codec.standard)
        self._encodes = True
        if self._audio is not None:
            self._audio.attach(self._output)

    def _name_for_players(self, standard: str) -> None:
        if standard == "hevc" and self._container_name in ("mp4", "mov"):
            self._stream.codec_context.codec_tag = "hvc1"  # which Apple's players want

    def _begin_file(self) -> None:
        more = {"movflags": "+faststart"} if self._container_name in ("mp4", "mov") else {}
        if self._container_name in ("gif", "webp"):
            more = {"loop": "0"}
        remove_abandoned(self.target)
        (self._temporary,) = self._replacing.enter_context(replacing([self.target], self._explain))
        self._output = pyav().open(
            str(self._temporary), "w", format=self._container_name, container_options=more
        )

    def _picture(self, frame: Frame) -> Any:
        """Return a frame in the encoder's pixel format."""
        pixels = frame.rgba
        if frame.alpha is not None and not self._transparent:
            share = frame.alpha[..., None].astype(np.float32) / 255
            pixels = (255 + share * (frame.rgb - np.float32(255))).round().astype(np.uint8)
        av = pyav()
        if self._stream.pix_fmt == "pal8":
            return av.VideoFrame.from_ndarray(_with_palette(pixels), format="pal8")
        height, width = pixels.shape[:2]
        pad = (self._stream.height - height, self._stream.width - width)
        if any(pad):
            pixels = np.pad(pixels, ((0, pad[0]), (0, pad[1]), (0, 0)), "edge")
        kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=kind)
        if self._stream.pix_fmt == "bgra":
            return picture.reformat(format="bgra")
        return picture.reformat(
            format=self._stream.pix_fmt,
            interpolation="BICUBIC",
            dst_colorspace=_BT709,
            dst_color_range="MPEG",
        )

    def _mux(self, packets: list[Any], *, last: bool = False) -> None:
        for number, packet in enumerate(packets):
            packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._order(packet)
            if self._decoding is None or self._begin is None:
                self._decoding, self._begin = packet.dts, packet.pts
            self._end = max(self._end, packet.pts + packet.duration)
            if last and number == len(packets) - 1 and self._container_name in ("mp4", "mov"):
                # These files are as long as the sum of durations in the order of decoding. In
                # joined pieces that may be too long already; then the edit list says the length.
                length = self._end - self._begin - (packet.dts - self._decoding)
                packet.duration = length if length > 0 else packet.duration
            if self._audio is not None:
                self._audio.mux_until(packet.pts * packet.time_base)
            self._output.mux(packet)

    def _order(self, packet: Any) -> None:
        """Let times of decoding rise, as containers want them."""
        if not 0 <= (packet.pts - packet.dts) * self._time_base <= _ABSURD:
            # x265 leaves them unset in a video that is shorter than its delay.
            packet.dts = packet.pts - _DELAY
        # In joined pieces with a frame rate that varies, the first packets of one may ask to be
        # decoded before the last ones of the piece before.
        packet.dts = max(packet.dts, self._decoded + 1)
        self._decoded = packet.dts

    def _complete(self, *, all_sound: bool) -> None:
        """Write what the encoders still hold, and the sound up to the video's end or its own."""
        with self._explaining():
            if self._encodes:
                self._mux(self._stream.encode(None), last=True)
            if self._audio is not None:
                if all_sound:
                    self._audio.mux_until(None)
                self._audio.finish()
            self._close()

    def _close(self) -> None:
        output, audio = self._output, self._audio
        self._output = self._audio = None
        try:
            if output is not None:
                output.close()
        finally:
            if audio is not None:
                audio.close()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn errors of FFmpeg and the system into a :class:`VideoError`."""
        try:
            yield
        except (pyav().error.FFmpegError, OSError) as problem:
            raise self._explain(problem) from problem

    def _explain(self, problem: Exception) -> VideoError:
        remedy = "choose another name, --codec or --size"
        return VideoError(not_written(self.target, problem, remedy))


def _with_palette(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return indices [H, W] and a palette [256, 4] (A, R, G, B) of a frame; the last is clear."""
    # No dithering: its dots would flicker.
    found = Image.fromarray(pixels[..., :3]).quantize(255, dither=Image.Dither.NONE)
    colors = np.array(found.getpalette(), np.uint8).reshape(-1, 3)[:255]
    palette = np.zeros((256, 4), np.uint8)
    palette[:255, 0] = 255
    palette[: len(colors), 1:] = colors
    index = np.array(found)
    if pixels.shape[2] == 4:
        index[pixels[..., 3] < 128] = 255
    return index, palette
