"""The demo as a Hugging Face Space, or by ``python demo/app.py`` in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

from stylemix.cli.demo import demo

if __name__ == "__main__":
    examples = Path(__file__).resolve().parent / "examples"
    options = ["--examples", str(examples)] if examples.is_dir() else []
    demo([*options, *sys.argv[1:]], prog_name="app.py")
