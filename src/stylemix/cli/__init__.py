"""The command line: ``main`` is the command ``stylemix``, each other module one command of it."""

from __future__ import annotations

from stylemix.cli.app import main

__all__ = ["main"]
