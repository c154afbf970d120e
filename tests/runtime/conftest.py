"""The runtime's tests need OpenVINO, and a cache folder of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stylemix.runtime import drawing

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder, where the graphs are in ``graphs``; none are in memory."""
    drawing._graphs.clear()
    monkeypatch.setenv("STYLEMIX_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"
