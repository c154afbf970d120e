"""What the tests of the training share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import picture
from PIL import Image
from runs import one_thread as one_thread

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """Photographs and paintings, four each."""
    made = tmp_path_factory.mktemp("pictures")
    for kind, seed in (("photographs", 0), ("paintings", 10)):
        (made / kind).mkdir()
        for number in range(4):
            values = picture(seed + number, 96, 120)[0].permute(1, 2, 0).numpy()
            Image.fromarray((values * 255).astype(np.uint8)).save(made / kind / f"{number}.png")
    return made / "photographs", made / "paintings"
