"""Videos: decoding, frames that agree with the ones before, encoding."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylemix.video.consistency import MOST_STEADY
    from stylemix.video.frames import stylize_frames
    from stylemix.video.steadier import Steadier
    from stylemix.video.video import VideoReport, stylize_video

__all__ = ["MOST_STEADY", "Steadier", "VideoReport", "stylize_frames", "stylize_video"]

# Imported on first use, so that wrong formats and times are refused before torch is there.
_HOMES = {
    "MOST_STEADY": "consistency",
    "Steadier": "steadier",
    "VideoReport": "video",
    "stylize_frames": "frames",
    "stylize_video": "video",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
