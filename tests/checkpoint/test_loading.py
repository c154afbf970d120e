from __future__ import annotations

import pytest

import stylemix
from stylemix.errors import ConfigError, UnknownNameError


def test_unknown_model_and_device():
    with pytest.raises(UnknownNameError, match="film"):
        stylemix.load("flim")
    with pytest.raises(ConfigError, match="cpu"):
        stylemix.load("film", device="warp-drive")
