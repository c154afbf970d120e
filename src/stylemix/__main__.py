"""``python -m stylemix`` is the command ``stylemix``."""

from __future__ import annotations

from stylemix.cli import main

if __name__ == "__main__":
    main(prog_name="stylemix")
