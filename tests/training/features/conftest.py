"""What the tests of the distillation share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of random VGG-16 weights."""
    from distillation_cases import write_teacher

    return write_teacher(tmp_path_factory.mktemp("teacher") / "vgg.safetensors")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with pictures of every kind."""
    from distillation_cases import write_pictures

    write_pictures(tmp_path)
    return tmp_path
