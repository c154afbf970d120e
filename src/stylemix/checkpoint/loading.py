"""A model by its name, its folder or its repository, ready to use."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import torch

from stylemix.checkpoint import checkpoint
from stylemix.checkpoint.catalogue import methods, resolve
from stylemix.ops.placement import place, usable_device
from stylemix.stylizers import Stylizer, build


def load(
    model: str | os.PathLike[str] = "film",
    *,
    device: str | torch.device | None = None,
    revision: str | None = None,
) -> Stylizer:
    """Load a model; the last few are remembered.

    Args:
        model: as in :func:`stylemix.stylize`.
        device: as in :func:`stylemix.stylize`.
        revision: branch, tag or commit of a Hub repository.

    Returns:
        A :class:`Stylizer`, ready to ``stylize`` and to ``encode`` paintings for reuse.

    Raises:
        UnknownNameError: no such model.
        CheckpointError: its files are damaged.
        ConfigError: the device doesn't exist here.

    Example:
        >>> from PIL import Image
        >>> import stylemix
        >>> model = stylemix.load("film")
        >>> style = model.encode(Image.radial_gradient("L"))
        >>> [model.stylize(Image.new("RGB", (w, 32), "teal"), style).size for w in (32, 48)]
        [(32, 32), (48, 32)]
    """
    name = os.fspath(model)
    if revision is None and name in methods():
        return place(build({"stylizer": name}), usable_device(device)).eval()
    folder = Path(resolve(os.fspath(model), revision=revision)).resolve()
    stamp = tuple(f.stat().st_mtime_ns for f in sorted(folder.glob("*")) if f.is_file())
    return _load(folder, str(usable_device(device)), stamp)


@functools.lru_cache(maxsize=4)
def _load(folder: Path, device: str, stamp: tuple[int, ...]) -> Stylizer:
    return checkpoint.load(folder, device=device)
