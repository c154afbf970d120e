"""Models put together from the trained parts of others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from stylemix.checkpoint import checkpoint
from stylemix.errors import CheckpointError
from stylemix.stylizers import Stylizer, build


def assemble(config: Mapping[str, Any], folders: Sequence[str | os.PathLike[str]]) -> Stylizer:
    """Build a model and fill its weights, by their names, from several checkpoints.

    For models whose parts are trained apart: the levels of a cascade, or a decoder that learned to
    give pictures back before a style came in. :func:`stylemix.checkpoint.save` writes the result.

    Args:
        config: the model's configuration, as a preset holds it.
        folders: checkpoints; what the model doesn't need of them is left.

    Returns:
        The model, in evaluation mode.

    Raises:
        CheckpointError: a checkpoint can't be read, a tensor is in none of them or has another
            shape, or two of them disagree about one.
        ConfigError: the configuration is wrong.
    """
    model = build(dict(config))
    own = model.state_dict()
    found: dict[str, torch.Tensor] = {}
    origin: dict[str, str] = {}
    for folder in folders:
        for name, tensor in checkpoint.load(folder).state_dict().items():
            if name not in own:
                continue
            if tensor.shape != own[name].shape:
                raise CheckpointError(
                    f"{folder} holds {name!r} as {list(tensor.shape)}, but the "
                    f"model needs {list(own[name].shape)}; train that part with "
                    "the options it has in the model"
                )
            if name in found and not torch.equal(found[name], tensor):
                raise CheckpointError(
                    f"{origin[name]} and {folder} hold different {name!r}; parts "
                    "of one model must share what they have in common"
                )
            found[name], origin[name] = tensor, os.fspath(folder)
    missing = [name for name in own if name not in found]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(
            f"no checkpoint given holds {missing[0]!r}{more}; add the one in "
            "which that part was trained"
        )
    model.load_state_dict(found)
    return model.eval()
