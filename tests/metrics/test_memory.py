from __future__ import annotations

import sys

import pytest
from helpers import tiny_model

from stylemix import checkpoint
from stylemix.errors import DataError
from stylemix.metrics import memory
from stylemix.metrics.memory import peak_memory


@pytest.mark.skipif(sys.platform == "win32", reason="the system doesn't tell")
def test_a_large_picture_takes_more(tmp_path):
    checkpoint.save(tiny_model(), tmp_path)
    small, large = (peak_memory(tmp_path, size) for size in (32, 1200))
    # 1200 x 1200 in float32 is 16 MiB a picture, and the widest map has 4 channels.
    assert 50 < small < large - 16
    assert large < small + 2000


def test_a_failure_is_one_error(monkeypatch):
    monkeypatch.setattr(memory, "_PROGRAM", "raise SystemError('no such model')")
    with pytest.raises(DataError, match="no such model.*leave that out"):
        peak_memory("film", 32)
