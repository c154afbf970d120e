"""Checkpoints: saving, loading, finding by name, downloading, publishing, assembling."""

from __future__ import annotations

from stylemix.checkpoint.assembling import assemble
from stylemix.checkpoint.catalogue import ModelInfo, methods, models, resolve
from stylemix.checkpoint.checkpoint import (
    CARD,
    CONFIG,
    FOLDER_KEYS,
    FORMAT,
    KNOWN_PLUGINS,
    RECORD_KEYS,
    WEIGHTS,
    load,
    read_config,
    save,
)
from stylemix.checkpoint.download import cached
from stylemix.checkpoint.model_card import card_text, needs_painting
from stylemix.checkpoint.plugin_models import register_folder
from stylemix.checkpoint.publish import push
from stylemix.checkpoint.published import REPOSITORY

__all__ = [
    "CARD",
    "CONFIG",
    "FOLDER_KEYS",
    "FORMAT",
    "KNOWN_PLUGINS",
    "RECORD_KEYS",
    "REPOSITORY",
    "WEIGHTS",
    "ModelInfo",
    "assemble",
    "cached",
    "card_text",
    "load",
    "methods",
    "models",
    "needs_painting",
    "push",
    "read_config",
    "register_folder",
    "resolve",
    "save",
]
