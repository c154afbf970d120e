"""TOML files as nested mappings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10
    import tomli as tomllib


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: it can't be read, or is no TOML.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"the configuration {path} can't be read ({problem})") from None
    # Beside its own error the parser lets Python's of huge numbers and endless nesting through.
    except (ValueError, RecursionError) as problem:
        raise ConfigError(f"{path} is no valid TOML: {problem}") from None
