"""The libraries that only video needs, imported on first use."""

from __future__ import annotations

import importlib
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line


def pyav() -> Any:
    """Return the module ``av``, PyAV, which brings FFmpeg.

    Raises:
        ConfigError: it is not installed.
    """
    return _module("av", "PyAV")


def opencv() -> Any:
    """Return the module ``cv2``, OpenCV, which brings the optical flow.

    Raises:
        ConfigError: it is not installed.
    """
    return _module("cv2", "OpenCV")


def _module(name: str, title: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise ConfigError(
            f"videos need {title}, which can't be imported ({problem}): " + install_line("video")
        ) from problem
