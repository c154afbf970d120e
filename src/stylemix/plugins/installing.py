"""How an extra of stylemix, or a plugin of its own, is installed: what every message says."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
from pathlib import Path

PUBLISHED = False
"""Whether stylemix and its plugins are on PyPI. It is turned on the day of the release, and then
``python docs/make_install.py`` writes the guides and requirements anew."""

_NAME = "stylemix"
_ROOT = Path(__file__).parents[3]


def install_line(extra: str) -> str:
    """Return the command that installs what an extra needs.

    Until stylemix is on PyPI these are the requirements themselves, which work wherever stylemix
    came from: a checkout, a folder or a wheel.

    Args:
        extra: a key of ``[project.optional-dependencies]`` in pyproject.toml.
    """
    wanted = [] if PUBLISHED else _requirements(extra)
    if wanted:
        return "pip install " + " ".join(shlex.quote(one) for one in wanted)
    # A checkout that runs without having been installed.
    checkout = not PUBLISHED and (_ROOT / "pyproject.toml").is_file()
    return f"pip install {shlex.quote(f'{_ROOT if checkout else _NAME}[{extra}]')}"


def install_plugin_line(plugin: str) -> str:
    """Return the command that installs one of stylemix's own plugins.

    Args:
        plugin: the name of its distribution.
    """
    if PUBLISHED:
        return f"pip install {plugin}"
    return f"pip install ./plugins/{plugin} in stylemix's repository"


def _requirements(extra: str) -> list[str]:
    """Return what the installed stylemix says that an extra needs; empty where it isn't known."""
    try:
        lines = importlib.metadata.requires(_NAME) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = []
    for line in lines:
        requirement, _, marker = line.partition(";")
        if re.search(rf"""extra\s*==\s*['"]{re.escape(extra)}['"]""", marker):
            found.append(requirement.strip())
    return found
