"""A video in, a video out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from stylemix import __version__
from stylemix.errors import Cancelled, ConfigError
from stylemix.stylizers import Stylizer
from stylemix.types import Progress, ProgressEvent
from stylemix.video.consistency import STEADY
from stylemix.video.frame import Frame
from stylemix.video.gaps import Toll
from stylemix.video.loop import Drawn, stylized
from stylemix.video.opening import open_source, open_writer
from stylemix.video.parsing import frame_rate, interval
from stylemix.video.planning import Styles, make_plan, options_of
from stylemix.video.resuming import Point, describe_job
from stylemix.video.source import Source
from stylemix.video.timing import at_rate, count_at, window, with_durations
from stylemix.video.writing import Writer


@dataclass(frozen=True)
class VideoReport:
    """What became of a video.

    Attributes:
        path: the file or folder that was written.
        frames: how many were written.
        scenes: how many scenes were found in it.
        damaged: frames that couldn't be decoded, each of which its neighbor replaces. Those behind
            them may be spoiled up to the next key frame, and don't count.
    """

    path: Path
    frames: int
    scenes: int
    damaged: int


def stylize_video(
    video: str | os.PathLike[str],
    style: Styles | None = None,
    out: str | os.PathLike[str] = "stylized.mp4",
    *,
    model: str | os.PathLike[str] | Stylizer = "film",
    device: str | torch.device | None = None,
    runtime: str | None = None,
    steady: float = STEADY,
    start: str | float | Fraction = 0,
    end: str | float | Fraction | None = None,
    fps: float | Fraction | None = None,
    codec: str | None = None,
    crf: int | None = None,
    audio: bool = True,
    resume: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> VideoReport:
    """Render a video in the style of one or several paintings.

    Needs PyAV and OpenCV, which the extra ``stylemix[video]`` brings.

    Frames keep their times, also where the rate varies. They are turned upright, with square
    pixels, as players show them. Sound is copied packet by packet where the container holds its
    kind, and encoded anew otherwise.

    Args:
        video: a video file, an animated GIF or WebP, or a folder of numbered pictures.
        style: as for :func:`stylemix.stylize`; or a mapping from times to styles, such as
            ``{0: "a.jpg", "0:12": "b.jpg"}``, each of which turns into the next until its time.
        out: .mp4, .mov, .mkv, .webm, .gif or .webp; or a folder (or a name without ending) for
            numbered PNG files. A file is complete or isn't there at all.
        model: as for :func:`stylemix.stylize`.
        device: likewise.
        runtime: likewise.
        steady: how much frames follow the ones before, from 0 (every frame by itself) to 0.95.
            It averages the noise of the input along its motion, and blends results along the
            motion, both anew behind a cut. High numbers flicker less and leave longer trails where
            motion is misjudged.
        start: seconds, or text such as ``"1:30"``.
        end: likewise; None for the video's end.
        fps: frames per second of the result, which are then evenly spaced; of a folder, also how
            fast it is shown. None keeps the times of the frames (25 per second for a folder).
        codec: "h264", "h265", "vp9", "av1" or "prores"; None for the container's usual one.
        crf: constant quality, smaller is better; None for a good one (18 for h264).
        audio: whether to keep the sound.
        resume: work in pieces, in a folder ``OUT.resume`` (``OUT/.resume`` of a folder), so that
            the same call goes on after a kill, with the same frames as if nothing had happened.
            Not for .gif and .webp.
        progress: is told after every frame how many are done of how many (an estimate where the
            file doesn't say), and shows the frame; what it raises stops the work.
            :class:`stylemix.errors.Cancelled` keeps the part that is done.
        options: the further keywords of :func:`stylemix.stylize`: ``strength``, ``weights``,
            ``masks``, ``preserve_color``, ``palette``, ``size``, ``scale``, ``tile``, ``refine``
            (steps per frame) and ``refine_features``. A mask may also be the path of a video or of
            a folder of frames; where it ends early, its last frame holds.

    Returns:
        What was written.

    Raises:
        VideoError: the video can't be read, or the result can't be written.
        ConfigError: an argument is out of range, or PyAV or OpenCV is missing.
        PictureError: a painting or mask can't be read.
        Cancelled: ``progress`` raised it. As after Ctrl-C (KeyboardInterrupt), the frames that
            were done are in a playable file ``NAME.partial.ENDING`` beside ``out``.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> import stylemix
        >>> first, second = (Image.new("RGB", (48, 32), color) for color in ("teal", "navy"))
        >>> painting = Image.radial_gradient("L")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     video, out = f"{folder}/in.gif", f"{folder}/out.mp4"
        ...     first.save(video, save_all=True, append_images=[second], duration=40)
        ...     report = stylemix.stylize_video(video, painting, out)
        >>> report.path.name, report.frames
        ('out.mp4', 2)
    """
    asked = options_of(options)
    begin, until = interval(start, end)
    rate = None if fps is None else frame_rate(fps)
    with open_source(video, rate) as source:
        if source.length is not None and begin >= source.length:
            raise ConfigError(
                f"start ({start}) lies beyond the video's end, {float(source.length):.2f} seconds"
            )
        writer = open_writer(
            out,
            source,
            codec=codec,
            crf=crf,
            rate=rate,
            audio=audio,
            start=begin,
            end=until,
            resume=resume,
        )
        total = _count(source, begin, until, rate)
        toll = Toll()
        try:
            with writer:
                plan = make_plan(
                    style,
                    asked,
                    model=model,
                    device=device,
                    runtime=runtime,
                    steady=steady,
                    start=begin,
                )
                point = Point()
                if resume:
                    point = writer.begin(
                        describe_job(
                            version=__version__,
                            video=source.path,
                            plan=plan.settings(),
                            masks=asked.masks,
                            times=(begin, until, rate),
                            coding=(codec, crf, audio),
                        )
                    )
                frames = islice(_frames(source, begin, until, rate, toll), point.count, None)
                with closing(stylized(frames, plan, point.former)) as drawn:
                    count, scenes = _write(drawn, writer, total, progress, point)
        except Cancelled as stopped:
            kept = f"what was done is in {str(writer.part)!r}" if writer.part else "nothing is kept"
            if resume and writer.part:
                kept += ", and the same command goes on"
            raise Cancelled(f"{stopped}; {kept}") from stopped
        if toll.count:
            warnings.warn(
                f"{toll.count} damaged frame(s) of {source.path!r} were replaced by their "
                f"neighbors, the first {toll.first}; those up to the next key frame may be spoiled "
                "too",
                stacklevel=2,
            )
        assert writer.written is not None
        return VideoReport(writer.written, count, scenes, toll.count)


def _write(
    drawn: Iterable[Drawn], writer: Writer, total: int, progress: Progress | None, done: Point
) -> tuple[int, int]:
    """Write all frames; returns how many there are, and how many scenes."""
    count, scenes = done.count, done.scenes
    for one in drawn:
        writer.write(one.frame)
        count += 1
        scenes += one.cut
        writer.mark(one.former, scenes)
        if progress is not None:
            progress(ProgressEvent(count, max(total, count), one.frame.to_pil))
    return count, scenes


def _frames(
    source: Source, start: Fraction, end: Fraction | None, rate: Fraction | None, toll: Toll
) -> Iterable[Frame]:
    frames: Iterable[Frame] = with_durations(source.frames(start))
    if start > 0 or end is not None:
        frames = window(frames, start, end)
    frames = toll(frames)
    return frames if rate is None else at_rate(frames, rate)


def _count(source: Source, start: Fraction, end: Fraction | None, rate: Fraction | None) -> int:
    length = source.length
    if length is None:
        length = end or Fraction(0)
    elif end is not None:
        length = min(length, end)
    return count_at(max(Fraction(0), length - start), rate or source.rate)
