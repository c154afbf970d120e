"""``python -m stylemix``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import stylemix


def test_the_module_is_the_command():
    source = Path(stylemix.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "stylemix", "--help"],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: stylemix [OPTIONS] COMMAND")
