"""A model by its name, its folder or its repository, ready to use."""

from __future__ import annotations

import copy
import functools
import os
from pathlib import Path

import torch
from torch import nn

from stylemix.checkpoint import checkpoint
from stylemix.checkpoint.catalogue import methods, resolve
from stylemix.errors import ConfigError
from stylemix.ops.defaults import building
from stylemix.ops.placement import place, usable_device
from stylemix.runtime import check_runtime
from stylemix.stylizers import Stylizer, build


def load(
    model: str | os.PathLike[str] = "film",
    *,
    device: str | torch.device | None = None,
    revision: str | None = None,
    runtime: str = "auto",
) -> Stylizer:
    """Load a model that is the caller's own: to change, train, move or convert it as any module.

    The files of the last few models are remembered, so that loading again is a copy in memory.
    Weights are float32, whatever torch's default type, and the caller's random numbers stay as
    they are.

    Args:
        model: its name, folder or repository, as in :func:`stylemix.stylize`.
        device: as in :func:`stylemix.stylize`.
        revision: branch, tag or commit of a Hub repository.
        runtime: where a network's pass runs: ``"openvino"`` compiles it for the CPU, which takes
            a half to a quarter of the time and needs the extra ``stylemix[fast]``;
            ``"torch"`` doesn't; ``"auto"`` takes OpenVINO on a CPU where it is installed. The
            picture is the same. What can't be compiled (pictures in tiles among it) is drawn by
            PyTorch all the same. ``"openvino-int8"`` draws with convolutions in eight bits, in
            about two thirds of OpenVINO's time and a little differently (some 40 dB), and needs
            the extra ``stylemix[int8]``; it is calibrated on the example pictures, which takes
            a quarter of a minute once.

    Returns:
        A :class:`Stylizer`, ready to ``stylize`` and to ``encode`` paintings for reuse.

    Raises:
        UnknownNameError: no such model.
        CheckpointError: its files are damaged.
        ConfigError: the device doesn't exist here, OpenVINO is asked for by name and is missing, or
            ``model`` is neither name nor path.

    Example:
        >>> from PIL import Image
        >>> import stylemix
        >>> model = stylemix.load("film")
        >>> style = model.encode(Image.radial_gradient("L"))
        >>> [model.stylize(Image.new("RGB", (w, 32), "teal"), style).size for w in (32, 48)]
        [(32, 32), (48, 32)]
    """
    found = shared(model, device=device, revision=revision, runtime=runtime)
    with building():
        return copy.deepcopy(found)


def shared(
    model: str | os.PathLike[str],
    *,
    device: str | torch.device | None = None,
    revision: str | None = None,
    runtime: str = "auto",
) -> Stylizer:
    """Return a model that others draw with too, so that nobody may change it; see :func:`load`."""
    check_runtime(runtime)
    if runtime.startswith("openvino") and device is None:
        device = "cpu"
    if not isinstance(model, str | os.PathLike):
        raise ConfigError(
            f"{type(model).__name__} is no model: give a name that stylemix.models() lists, a "
            "checkpoint folder, owner/name on the Hugging Face Hub, or what stylemix.load returned"
        )
    name = os.fsdecode(os.fspath(model))
    if revision is None and name in methods():
        with building():
            return place(build({"stylizer": name}), usable_device(device)).eval().using(runtime)
    folder = Path(resolve(name, revision=revision)).resolve()
    stamp = tuple(f.stat().st_mtime_ns for f in sorted(folder.glob("*")) if f.is_file())
    return _load_with(folder, str(usable_device(device)), stamp, runtime)


@functools.lru_cache(maxsize=4)
def _load_with(folder: Path, device: str, stamp: tuple[int, ...], runtime: str) -> Stylizer:
    return _load(folder, device, stamp).using(runtime)


@functools.lru_cache(maxsize=4)
def _load(folder: Path, device: str, stamp: tuple[int, ...]) -> Stylizer:
    return checkpoint.load(folder, device=device)


def ready(
    model: str | os.PathLike[str] | nn.Module,
    device: str | torch.device | None = None,
    runtime: str | None = None,
) -> Stylizer:
    """Return what to draw with, for those who don't change it.

    Args:
        model: as in :func:`stylemix.stylize`.
        device: likewise.
        runtime: likewise.

    Raises:
        ConfigError: it is no model, or as :func:`load` says.
    """
    if not isinstance(model, nn.Module):
        return shared(model, device=device, runtime=runtime or "auto")
    found = getattr(model, "_orig_mod", model)  # torch.compile wraps what it is given
    if not isinstance(found, Stylizer):
        inside = isinstance(getattr(found, "module", None), Stylizer)
        raise ConfigError(
            f"{type(model).__name__} is no model of stylemix: give what stylemix.load returned"
            + (", here its .module" if inside else "")
        )
    stylizer = on_device(found, device)
    return stylizer if runtime is None else stylizer.using(runtime)


def on_device(model: Stylizer, device: str | torch.device | None) -> Stylizer:
    """Return a model on a device: itself where it is there, else a copy, for others may use it."""
    if device is None:
        return model
    wanted = usable_device(device)
    # "cuda" means the current one of several.
    same = wanted.type == model.device.type and wanted.index in (None, model.device.index)
    if same:
        return model
    with building():
        return place(copy.deepcopy(model), wanted)
