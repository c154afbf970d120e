"""Encoded styles as files in ComfyUI's ``models/stylemix_styles``.

A file holds each painting, what the model made of it, and its weight. Tensors lie beside a
description in JSON (:mod:`safetensors`), so that opening a stranger's file runs no code.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import folder_paths
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from stylemix import Style, Stylizer

from .bundle import Part, StyleBundle
from .curves import EASINGS, Curve
from .errors import NodeError, naming

FOLDER = "stylemix_styles"
"""The folder below ComfyUI's ``models``, and the key in ``extra_model_paths.yaml``."""

_ENDING = ".safetensors"
_KEY = "stylemix_style"
_NAME = re.compile(r"\w[\w .+-]{0,99}")

folder_paths.add_model_folder_path(FOLDER, str(Path(folder_paths.models_dir) / FOLDER))


def names() -> list[str]:
    """Return the names of the styles that have been saved."""
    roots = map(Path, folder_paths.get_folder_paths(FOLDER))
    return sorted({path.stem for root in roots for path in root.glob(f"*{_ENDING}")})


def find(name: str) -> Path:
    """Return a saved style's file.

    Raises:
        NodeError: there is none of that name.
    """
    for root in folder_paths.get_folder_paths(FOLDER):
        path = Path(root) / f"{name}{_ENDING}"
        if name in names() and path.is_file():
            return path
    raise NodeError(f"saved_style: {name!r} is no longer there; choose another one")


def save_style(bundle: StyleBundle, name: str, replace: bool) -> Path:
    """Save a style; the file is complete or isn't there.

    Raises:
        NodeError: the name can't be a file's, it is taken by another style, the style has masks,
            or the disk is full.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise NodeError(f"name: expected letters, digits, spaces, dots and hyphens, got {name!r}")
    if bundle.masked:
        raise NodeError(
            "style: its masks belong to one picture; save the styles before they are masked"
        )
    content = _content(bundle)
    path = Path(folder_paths.get_folder_paths(FOLDER)[0]) / f"{name}{_ENDING}"
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not replace and path.read_bytes() != content:
            raise NodeError(
                f"name: there is another style named {name!r}; choose another name, or switch "
                "replace on"
            )
        try:
            part.write_bytes(content)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as problem:
        raise NodeError(f"name: {str(path)!r} can't be written ({problem.strerror})") from problem
    return path


def load_style(model: Stylizer, name: str) -> StyleBundle:
    """Load a style for a model; paintings are encoded again where another model encoded them.

    Raises:
        NodeError: the file is damaged or gone, or another model's style keeps no painting.
    """
    path = find(name)
    try:
        with safe_open(str(path), "pt") as file:
            described = json.loads((file.metadata() or {})[_KEY])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        parts = tuple(_part(one, tensors) for one in described["parts"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, IndexError) as problem:
        raise NodeError(
            f"saved_style: {str(path)!r} is no saved style, or damaged ({problem}): save it again"
        ) from problem
    return StyleBundle(model, tuple(_for_model(part, model, name) for part in parts))


def _for_model(part: Part, model: Stylizer, name: str) -> Part:
    style = part.style
    if style.fingerprint == model.fingerprint:
        return part
    if style.painting is None:
        raise NodeError(
            f"saved_style: {name!r} was encoded by another model and keeps no painting; load the "
            "model that it was made with"
        )
    with naming("saved_style"):
        return changed(part, style=model.encode(style.painting))


def _content(bundle: StyleBundle) -> bytes:
    tensors: dict[str, Tensor] = {}

    def keep(value: Any) -> Any:
        """Return a description of tensors, or of structures of them."""
        if isinstance(value, Tensor):
            key = f"{len(tensors):04}"
            tensors[key] = value.detach().cpu().contiguous().clone()
            return key
        if isinstance(value, Mapping):
            return {str(key): keep(inner) for key, inner in value.items()}
        return [keep(inner) for inner in value]

    parts = [
        {
            "prepared": keep(part.style.prepared),
            "fingerprint": part.style.fingerprint,
            "painting": None if part.style.painting is None else keep(part.style.painting),
            "weight": part.weight,
            "curves": [[list(curve.points), curve.easing] for curve in part.curves],
        }
        for part in bundle.parts
    ]
    return to_bytes(tensors, {_KEY: json.dumps({"parts": parts}, sort_keys=True)})


def _part(described: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Part:
    def made(value: Any) -> Any:
        if isinstance(value, str):
            return tensors[value]
        if isinstance(value, Mapping):
            return {key: made(inner) for key, inner in value.items()}
        return tuple(made(inner) for inner in value)

    painting = described["painting"]
    style = Style(
        made(described["prepared"]),
        str(described["fingerprint"]),
        None if painting is None else tensors[painting],
    )
    curves = tuple(
        Curve(tuple(float(point) for point in points), EASINGS[EASINGS.index(easing)])
        for points, easing in described["curves"]
    )
    return Part(style, float(described["weight"]), curves=curves)
