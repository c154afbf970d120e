"""The demo as a Hugging Face Space, or by ``python demo/app.py`` in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

from stylemix.cli import main

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    # Beside this file in a Space, beside its folder in a checkout.
    found = [folder for folder in (here / "examples", here.parent / "examples") if folder.is_dir()]
    options = ["--examples", str(found[0])] if found else []
    main(["demo", *options, *sys.argv[1:]], prog_name="app.py")
