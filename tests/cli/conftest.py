"""What the tests of the command line share: a tiny checkpoint, pictures, and two ways to call."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import picture, tiny_model

import stylemix
from stylemix import checkpoint
from stylemix.cli import main
from stylemix.images import to_pil

SOURCE = Path(stylemix.__file__).parents[1]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the folder of a tiny checkpoint."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    return str(checkpoint.save(tiny_model(seed=3), folder, card={"description": "for tests"}))


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., str]:
    """Draw a picture file under tmp_path."""

    def draw(name: str, seed: int, height: int = 32, width: int = 40) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        to_pil(picture(seed, height, width)[0]).save(path)
        return str(path)

    return draw


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Call the command in this process."""
    try:
        runner = CliRunner(mix_stderr=False)  # click 8.1
    except TypeError:
        runner = CliRunner()

    def invoke(*arguments: object) -> Result:
        return runner.invoke(main, [str(a) for a in arguments], prog_name="stylemix")

    return invoke


@pytest.fixture
def environment() -> dict[str, str]:
    """Give the environment of a process that finds this stylemix."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def command(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call ``python -m stylemix`` in a process of its own."""

    def command(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stylemix", *(str(a) for a in arguments)],
            capture_output=True,
            text=True,
            timeout=900,
            env=environment,
        )

    return command
