"""Videos: decoding, frames that agree with the ones before, encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylemix.lazy import imported_late

if TYPE_CHECKING:
    from stylemix.video.consistency import MOST_STEADY
    from stylemix.video.frames import stylize_frames
    from stylemix.video.steadier import Steadier
    from stylemix.video.video import VideoReport, stylize_video

__all__ = ["MOST_STEADY", "Steadier", "VideoReport", "stylize_frames", "stylize_video"]

# Imported late, so that wrong formats and times are refused before torch is there.
__getattr__, __dir__ = imported_late(
    __name__,
    {
        "MOST_STEADY": "consistency",
        "Steadier": "steadier",
        "VideoReport": "video",
        "stylize_frames": "frames",
        "stylize_video": "video",
    },
)
