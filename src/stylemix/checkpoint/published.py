"""The catalogue file: models on the Hugging Face Hub, and plugins that can be installed."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.registries import suggest

CATALOGUE = Path(__file__).with_name("catalogue.json")
"""The file that ships with stylemix; the variable ``STYLEMIX_CATALOGUE`` names another one."""

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
"""How ``owner/name`` on the Hub looks."""

FORMAT = 1
_FORMS = {
    "name": (re.compile(r"\w[\w.-]*"), "letters, digits, '-', '_' and '.'"),
    "repository": (REPOSITORY, "owner/name"),
    "revision": (re.compile(r"[0-9a-f]{40}"), "a commit of 40 hexadecimal digits"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "64 hexadecimal digits"),
    "description": (re.compile(r".+"), "one line"),
}


@dataclass(frozen=True)
class Published:
    """One entry of the catalogue file.

    Attributes:
        name: what to give as ``model``.
        repository: ``owner/name`` on the Hub.
        revision: the commit, 40 hexadecimal digits; a branch or a tag could move.
        sha256: of the commit's model.safetensors, 64 hexadecimal digits.
        description: one line on what it is.
    """

    name: str
    repository: str
    revision: str
    sha256: str
    description: str


def published() -> dict[str, Published]:
    """Read the catalogue file's ``"models"``, a list of one object per model.

    Each object has exactly the keys of :class:`Published`.

    Raises:
        ConfigError: the file can't be read or isn't of that form.
    """
    path, data = _catalogue()
    found: dict[str, Published] = {}
    for number, entry in enumerate(data["models"], 1):
        made = _read(entry, f"the catalogue {path}, model {number}")
        if made.name in found:
            raise ConfigError(
                f"the catalogue {path} has two models named {made.name!r}; rename one"
            )
        found[made.name] = made
    return found


def distributions() -> dict[str, str]:
    """Read the catalogue file's ``"plugins"``, for the message on what to install.

    Returns:
        The distribution that brings a component or a model, by the latter's name; empty where the
        file has no such key.

    Raises:
        ConfigError: the file can't be read or isn't of that form.
    """
    path, data = _catalogue()
    found = data.get("plugins", {})
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise ConfigError(
            f"the catalogue {path}: 'plugins' must be an object that has a distribution's name for "
            "each component's; correct it"
        )
    return found


def _catalogue() -> tuple[Path, dict[str, Any]]:
    path = Path(os.environ.get("STYLEMIX_CATALOGUE") or CATALOGUE)
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise ConfigError(
            f"the catalogue {path} can't be read ({problem.strerror}); set "
            "STYLEMIX_CATALOGUE to a catalogue file or unset it"
        ) from problem
    except (ValueError, RecursionError) as problem:
        raise ConfigError(
            f"the catalogue {path} is no valid JSON ({problem}); correct it"
        ) from problem
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, list) or data.get("format") != FORMAT:
        raise ConfigError(
            f'the catalogue {path} must be {{"format": {FORMAT}, "models": [...]}}; '
            "correct it, or update stylemix if it is of a newer format"
        )
    return path, data


def _read(entry: Any, where: str) -> Published:
    keys = [f.name for f in fields(Published)]
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must be an object with the keys {', '.join(keys)}")
    for key in entry:
        if key not in keys:
            raise ConfigError(
                f"{where} has an unknown key {key!r}{suggest(key, keys)}; known: {', '.join(keys)}"
            )
    for key in keys:
        form, words = _FORMS[key]
        if not isinstance(entry.get(key), str) or not form.fullmatch(entry[key]):
            raise ConfigError(f"{where}: {key!r} must be {words}, got {entry.get(key)!r}")
    return Published(**entry)
