"""Files of whole encoders: weights, and which encoder they are of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from stylemix.encoders import StyleEncoder
from stylemix.errors import StylemixError, WeightsError
from stylemix.plugins import registry
from stylemix.training.state import replace_file

_KEY = "stylemix_encoder"


def save_encoder(encoder: StyleEncoder, spec: Mapping[str, Any], path: Path) -> None:
    """Write an encoder's weights; a kill at any moment leaves the old file or the new one.

    Args:
        encoder: all of its state is written, under the names of ``state_dict()``.
        spec: name and options that it was built with; kept in the file's metadata.
        path: the file.

    Raises:
        CheckpointError: it can't be written.
    """
    # Copies, since safetensors refuses tensors that share memory.
    replace_file(
        path,
        {k: v.detach().cpu().clone() for k, v in encoder.state_dict().items()},
        {"format": "pt", _KEY: json.dumps(dict(spec))},
        "the encoder",
        "make room or choose another output",
    )


def open_encoder(source: str) -> StyleEncoder:
    """Return an encoder with its weights, in evaluation mode.

    Args:
        source: a file that :func:`save_encoder` wrote; a file that some registered encoder with
            its default options starts a training from; or the name of a registered encoder for
            one with its usual weights. In the last two cases layers behind the trunk are random,
            the same ones in every process.

    Raises:
        WeightsError: there is no such file or encoder, or the file fits none.
    """
    import torch

    names = registry("encoders").names()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if not Path(source).exists() and source in names:
            encoder: StyleEncoder = registry("encoders").build({"name": source})
            encoder.initialize()
            return encoder.eval()
        spec = _spec_of(source)
        if spec is not None:
            return _started(spec, source)
        why = []
        for name in names:
            try:
                return _started({"name": name}, source)
            except StylemixError as problem:
                why.append(f"{name}: {problem}")
    raise WeightsError(f"{source} holds none of the encoders that there are ({'; '.join(why)})")


def _started(spec: Mapping[str, Any], source: str) -> StyleEncoder:
    encoder: StyleEncoder = registry("encoders").build(spec)
    encoder.initialize(source)
    return encoder.eval()


def _spec_of(source: str) -> dict[str, Any] | None:
    if not Path(source).is_file():
        raise WeightsError(
            f"there is no encoder file {source!r}, and no encoder of that name "
            f"(there are: {', '.join(registry('encoders').names())})"
        )
    try:
        with safe_open(source, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
        spec = None if text is None else json.loads(text)
    except (SafetensorError, OSError, ValueError) as problem:
        raise WeightsError(
            f"{source} is no intact safetensors file ({problem}); export it again"
        ) from None
    if spec is not None and not isinstance(spec, dict):
        raise WeightsError(f"{source} names its encoder in an unknown way; train it again")
    return spec
