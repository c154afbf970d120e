"""Videos: decoding, frames that agree with the ones before, encoding."""

from __future__ import annotations

from stylemix.video.consistency import MOST_STEADY
from stylemix.video.frames import stylize_frames
from stylemix.video.steadier import Steadier
from stylemix.video.video import VideoReport, stylize_video

__all__ = ["MOST_STEADY", "Steadier", "VideoReport", "stylize_frames", "stylize_video"]
