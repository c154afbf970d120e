"""Models of named styles: which painting is which row of the encoder's table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import torch
from torch import Tensor

from stylemix.errors import ConfigError, DataError
from stylemix.plugins import registry
from stylemix.plugins.registries import suggest
from stylemix.training.data import find_pictures, spread
from stylemix.training.model.config import DataConfig
from stylemix.types import Spec


def with_styles(model: Spec, data: DataConfig) -> dict[str, Any]:
    """Add the names of the paintings to learn to a model's configuration.

    It does where its encoder has an option ``styles`` that the configuration leaves out.

    Args:
        model: the configuration.
        data: where the paintings are; their files' names, without the ending, are the names.

    Raises:
        DataError: there are no paintings, or two have one name.
    """
    config = dict(model)
    encoder = config.get("encoder")
    if not isinstance(encoder, Mapping) or encoder.get("styles"):
        return config
    kind = registry("encoders").get(encoder.get("name", ""))
    if "styles" in inspect.signature(kind).parameters:
        config["encoder"] = {**encoder, "styles": names(data)}
    return config


def names(data: DataConfig) -> list[str]:
    """Return the names of all paintings, in the order in which they are read.

    Raises:
        DataError: there are none, or two have one name.
    """
    found = spread(find_pictures(data.style, what="style"), data.limit)
    stems = [PurePosixPath(item.inside).stem for item in found]
    for stem in stems:
        if stems.count(stem) > 1:
            raise DataError(
                f"two paintings are named {stem!r}, and the model knows its styles by "
                "name: rename one of the files"
            )
    return stems


def rows_of(styles: Sequence[str], data: DataConfig, count: int) -> Tensor | None:
    """Return for each painting which of a model's named styles it is, int64 [P].

    Args:
        styles: the model's, in their order; none gives None.
        data: where the paintings are.
        count: how many of them could be read.

    Raises:
        DataError: a painting could not be read.
        ConfigError: paintings and styles aren't the same.
    """
    if not styles:
        return None
    found = names(data)
    if count < len(found):
        raise DataError(
            "a model of named styles needs every painting, and not all could be read; "
            "the warnings name them: repair or remove them"
        )
    for name in (*found, *styles):
        if name not in styles:
            raise ConfigError(
                f"the painting {name!r} is none of the model's styles"
                f"{suggest(name, styles)} (they are: {', '.join(styles)})"
            )
        if name not in found:
            raise ConfigError(
                f"the model's style {name!r} has no painting in data.style; a "
                f"file named {name}.jpg, for instance, is it"
            )
    return torch.tensor([list(styles).index(name) for name in found])
