from __future__ import annotations

import re
import sys

import pytest

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.video.extras import opencv, pyav


@pytest.mark.parametrize("load, name, title", [(pyav, "av", "PyAV"), (opencv, "cv2", "OpenCV")])
def test_what_is_missing_is_named_with_the_extra(monkeypatch, load, name, title):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=rf"need {title}.*{re.escape(install_line('video'))}"):
        load()


def test_what_is_there_is_the_library():
    pytest.importorskip("av")
    pytest.importorskip("cv2")
    assert hasattr(pyav(), "open") and hasattr(opencv(), "remap")
