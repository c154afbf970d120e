"""What the tests of data sets share."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_cases import body, make_tree, pets
from helpers import tiny_model

from stylemix import checkpoint


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the folder of a tiny checkpoint."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return str(checkpoint.save(tiny_model(seed=3), folder))


@pytest.fixture(scope="session")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of three paintings."""
    folder = tmp_path_factory.mktemp("paintings")
    return make_tree(folder, {f"{name}.png": body(i + 50, 48, 48) for i, name in enumerate("xyz")})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a tree of two classes and five pictures."""
    return make_tree(tmp_path / "pets", pets())
