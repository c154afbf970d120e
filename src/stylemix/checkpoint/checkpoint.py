"""Checkpoints: a folder with config.json, model.safetensors and a model card."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from stylemix.backbones.weights_file import fill
from stylemix.checkpoint.bounds import as_large_as
from stylemix.checkpoint.model_card import card_text, picture_names
from stylemix.checkpoint.published import distributions
from stylemix.errors import CheckpointError, StylemixError, UnknownNameError
from stylemix.images.atomic import remove_abandoned, replacing
from stylemix.ops.defaults import building
from stylemix.ops.placement import place
from stylemix.plugins import plugin_info, registry
from stylemix.plugins.installing import install_plugin_line
from stylemix.plugins.registries import suggest
from stylemix.stylizers import Stylizer, build

FORMAT = 1
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
RECORD_KEYS = ("description", "training", "metrics", "licence", "library_name")
FOLDER_KEYS = ("format", "plugins", *RECORD_KEYS)
"""Keys of config.json that are the checkpoint's; the others are the stylizer's."""


def save(
    stylizer: Stylizer,
    folder: str | os.PathLike[str],
    *,
    card: Mapping[str, Any] | None = None,
    pictures: Mapping[str, str | os.PathLike[str]] | None = None,
    half: bool = False,
) -> Path:
    """Write a stylizer's configuration, weights and model card.

    The files are written beside their places first and then moved there one by one, so that no
    file is ever half-written: a failure or a kill leaves the former checkpoint or the new
    one. Only where a model of *another* configuration is replaced, a kill between two moves can
    leave files that don't fit together, which :func:`load` reports.

    Args:
        stylizer: the model.
        folder: made if missing.
        card: facts for the record: any of ``description``, ``training``, ``metrics``,
            ``licence``. What the Hub reads of them, :func:`stylemix.checkpoint.model_card.
            card_text` says.
        pictures: what the card shows: the file (PNG, JPEG, WebP) of each caption. They are copied
            beside the card as ``picture-1.png`` and so on.
        half: store float tensors as float16, half the size. A tensor with values beyond its
            range (65504) stays as it is.

    Returns:
        The folder.

    Raises:
        CheckpointError: the folder can't be written, or the card has an unknown key or a value
            that JSON can't hold.
        PictureError: a picture can't be read or is of another format.
    """
    record = dict(card or {})
    for key in record:
        if key not in RECORD_KEYS:
            raise CheckpointError(
                f"a model card has no entry {key!r}{suggest(key, RECORD_KEYS)} "
                f"(known: {', '.join(RECORD_KEYS)})"
            )
    config = {
        "format": FORMAT,
        "library_name": "stylemix",
        **stylizer.config,
        "plugins": _plugins_used(stylizer.config),
        **record,
    }
    folder = Path(folder)
    shown = picture_names(pictures or {})
    try:
        config_text = json.dumps(config, indent=2) + "\n"
        text = card_text(folder.resolve().name, config, [(name, c) for name, c, _ in shown])
    except (TypeError, ValueError) as problem:
        raise CheckpointError(
            f"the model card holds a value that JSON can't ({problem}); give "
            "texts, numbers, lists and mappings"
        ) from problem
    # Copies, since safetensors refuses tensors that share memory (tied weights).
    state = {
        name: _halved(tensor) if half else tensor.detach().cpu().clone().contiguous()
        for name, tensor in stylizer.state_dict().items()
    }

    def explain(problem: Exception) -> CheckpointError:
        return CheckpointError(
            f"the checkpoint can't be written to {folder} ({problem}); "
            "choose another folder or make room"
        )

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise explain(problem) from problem
    targets = [folder / name for name in (*(n for n, _, _ in shown), WEIGHTS, CARD, CONFIG)]
    for target in targets:
        remove_abandoned(target)
    with replacing(targets, explain) as parts:
        *pictured, weights, card_file, config_file = parts
        save_file(state, weights, metadata={"format": "pt"})
        config_file.write_text(config_text, "utf-8")
        card_file.write_text(text, "utf-8")
        for part, (_, _, source) in zip(pictured, shown, strict=True):
            shutil.copyfile(source, part)
    return folder


def load(folder: str | os.PathLike[str], device: str | torch.device = "cpu") -> Stylizer:
    """Read a checkpoint strictly; weights become float32, whatever torch's default type is.

    Raises:
        CheckpointError: a file is missing or damaged, a key is unknown, the format is newer, a
            tensor is missing, left over or of another shape, or a plugin isn't installed.
    """
    folder = Path(folder)
    config = read_config(folder)
    model_config = {k: v for k, v in config.items() if k not in FOLDER_KEYS}
    path = folder / WEIGHTS
    try:
        with building(), as_large_as(path):
            stylizer = build(model_config)
    except UnknownNameError as problem:
        raise CheckpointError(f"{folder}: {_missing_plugin(config, problem)}") from problem
    # The file is foreign data, and plugins' constructors raise anything on wrong values.
    except Exception as problem:
        what = "" if isinstance(problem, StylemixError) else f"{type(problem).__name__}: "
        raise CheckpointError(
            f"{folder / CONFIG} doesn't describe a model that can be built here "
            f"({what}{problem}); update stylemix and the model's plugins, or "
            "export the model again"
        ) from problem
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no {WEIGHTS}; copy the whole checkpoint folder")
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as problem:
        raise CheckpointError(
            f"{path} is damaged or cut short ({problem}); download or export it again"
        ) from problem
    fill(
        stylizer,
        state,
        lambda problem: CheckpointError(
            f"{path} doesn't belong to the {CONFIG} beside it: {problem}; export the model again"
        ),
    )
    return place(stylizer, device).eval()


def read_config(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read and check a checkpoint's config.json.

    Raises:
        CheckpointError: it is missing, no JSON object, of another format or with unknown keys.
    """
    path = Path(folder) / CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(
            f"{folder} is no stylemix checkpoint: it holds no {CONFIG}; give "
            "the folder that a training or an export wrote"
        ) from None
    except OSError as problem:
        raise CheckpointError(
            f"{path} can't be read ({problem.strerror}); check your rights"
        ) from problem
    # Python's parser gives up on damaged files that nest without end by a RecursionError.
    except (ValueError, RecursionError) as problem:
        raise CheckpointError(
            f"{path} is no valid JSON ({problem}); export the model again"
        ) from problem
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} must hold a JSON object; export the model again")
    version = config.get("format")
    if version != FORMAT:
        raise CheckpointError(
            f"{path} has format {version!r}, this stylemix reads {FORMAT}; "
            + (
                "update stylemix"
                if isinstance(version, int) and version > FORMAT
                else "export the model again"
            )
        )
    for key in config:
        if (known := _known_keys(config)) is not None and key not in known:
            raise CheckpointError(
                f"{path} has an unknown key {key!r}{suggest(key, known)}; "
                "update stylemix or remove the key"
            )
    return config


def _known_keys(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the keys that config.json may have; None where the stylizer isn't installed."""
    try:
        kind = registry("stylizers").get(config.get("stylizer", "feed_forward"))
    except UnknownNameError:
        return None
    return (*FOLDER_KEYS, "stylizer", *kind.config_keys())


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    full = tensor.detach().cpu().clone().contiguous()
    if not full.is_floating_point():
        return full
    half = full.half()
    return half if torch.equal(half.isfinite(), full.isfinite()) else full


def _components(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [("stylizers", str(config.get("stylizer", "feed_forward")))]
    for kind in ("generator", "encoder"):
        if isinstance(config.get(kind), Mapping):
            found.append((kind + "s", str(config[kind].get("name"))))
    injections = config.get("injections")
    for spec in injections if isinstance(injections, list | tuple) else ():
        if isinstance(spec, Mapping):
            found.append(("injections", str(spec.get("name"))))
    return found


def _plugins_used(config: Mapping[str, Any]) -> dict[str, str]:
    versions = {info.name: info.version for info in plugin_info()}
    used: dict[str, str] = {}
    for kind, name in _components(config):
        plugin = registry(kind).plugin_of(name)
        if plugin != "stylemix":
            used[plugin] = versions[plugin]
    return used


def _missing_plugin(config: Mapping[str, Any], problem: UnknownNameError) -> str:
    """Say which plugin to install for the first component that nobody provides."""
    here = {info.name: info for info in plugin_info()}
    recorded = config.get("plugins")
    used = [str(p) for p in recorded] if isinstance(recorded, Mapping) else []
    for kind, name in _components(config):
        if name in registry(kind).names():
            continue
        known = distributions().get(name)
        for plugin in [known] if known else used:
            what = f"the {kind[:-1]} {name!r} comes from {plugin}"
            if plugin not in here:
                how = install_plugin_line(plugin) if known else f"pip install {plugin}"
                return f"{what}: {how}"
            if here[plugin].error:
                return f"{what}, which can't be loaded ({here[plugin].error}); update it"
    return str(problem)
