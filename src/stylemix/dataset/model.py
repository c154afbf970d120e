"""The model of a run: which one, where it runs, and what tells it from others."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path

import torch

import stylemix
from stylemix.checkpoint import WEIGHTS, methods, resolve
from stylemix.checkpoint.loading import load
from stylemix.errors import ConfigError
from stylemix.injections.style import StyleMix
from stylemix.ops import usable_device
from stylemix.runtime import draw_with
from stylemix.runtime.library import missing
from stylemix.runtime.plan import Plan, Unsupported
from stylemix.stylizers import FeedForward, Stylizer

BATCH = 16
"""Pictures in a batch on a GPU. On a CPU batches gain nothing, and OpenVINO draws one by one."""


@dataclass(frozen=True)
class ModelChoice:
    """A model and where it runs, for every process alike.

    Attributes:
        model: what :func:`stylemix.load` takes.
        name: what the records call it.
        sha256: of the file of its weights.
        device: such as ``"cpu"``; ``"cuda"`` without a number is any of a machine's.
        runtime: ``"torch"`` or ``"openvino"``.
    """

    model: str
    name: str
    sha256: str
    device: str
    runtime: str

    def load(self) -> FeedForward:
        """Return the model, ready to draw.

        It is a copy of its own: graphs that OpenVINO compiled for more threads before sum in
        another order.
        """
        found = copy.deepcopy(load(self.model, device=self.device, runtime=self.runtime))
        assert isinstance(found, FeedForward)
        return found

    def versions(self) -> dict[str, str]:
        """Return the libraries whose arithmetic and encoders decide the bytes of the output."""
        found = {"stylemix": stylemix.__version__}
        libraries = ("torch", "pillow", *(["openvino"] if self.runtime == "openvino" else []))
        found.update({name: importlib.metadata.version(name) for name in libraries})
        return found


def choose_model(
    model: str | os.PathLike[str], device: str | None, runtime: str, batch: int | None
) -> tuple[ModelChoice, int]:
    """Load a model once, and settle what every process has to do alike.

    Args:
        model: a name, a folder or a repository.
        device: as in :func:`stylemix.load`.
        runtime: ``"auto"`` becomes OpenVINO where it draws this model, and PyTorch elsewhere.
        batch: pictures that pass the network together; None chooses.

    Returns:
        The choice, and the size of a batch.

    Raises:
        ConfigError: the model doesn't take any painting or isn't a network of one pass, or OpenVINO
            is asked for and can't be had.
        UnknownNameError: no such model.
        CheckpointError: its files are damaged.
    """
    named = os.fspath(model)
    if runtime == "openvino-int8":
        raise ConfigError(
            'runtime="openvino-int8" is calibrated anew on each machine, which draws other bytes; '
            'a data set needs "openvino" or "torch"'
        )
    if named in methods():
        for_any_painting(load(named), named)
    folder = Path(resolve(named))
    place = str(usable_device(device))
    first = for_any_painting(load(named, device=place, runtime="torch"), named)
    if runtime == "auto":
        alone = batch is None or batch == 1
        runtime = "openvino" if place == "cpu" and alone and _compiles(first) else "torch"
    elif runtime == "openvino" and batch is not None and batch > 1:
        raise ConfigError(
            'OpenVINO draws one picture at a time: leave batch out, or give runtime="torch"'
        )
    load(named, device=place, runtime=runtime)  # refuses what can't be had
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    shown = folder.name if Path(named).exists() else named
    choice = ModelChoice(named, shown, digest, place, runtime)
    return choice, batch or (BATCH if place != "cpu" else 1)


def for_any_painting(model: Stylizer, name: str) -> FeedForward:
    """Return a model that draws in one pass in the style of any painting.

    Raises:
        ConfigError: it isn't one.
    """
    if isinstance(model, FeedForward) and model.needs_style and model.encoder.any_painting:
        return model
    raise ConfigError(
        f"the model {name!r} draws in styles of its own, or not in one pass; training data need "
        "one for any painting, such as film"
    )


def _compiles(model: FeedForward) -> bool:
    """Tell whether OpenVINO draws a model; its graph is in the cache folder afterwards."""
    if missing():
        return False
    gray = torch.full((1, 3, 64, 64), 0.5)
    with torch.inference_mode():
        mix = StyleMix.single(model.encode_pixels(gray))
        try:
            Plan.of(model.generator, mix)
            draw_with(model.generator, "openvino")(gray, mix)
        except (Unsupported, ConfigError):
            return False
    return True


def single_threaded() -> None:
    """Make this process compute in one thread.

    Processes that share out the cores among themselves don't fight for them then, and sums have
    one order, so that results don't depend on a machine's number of cores.
    """
    torch.set_num_threads(1)
    if torch.cuda.is_available():
        # One algorithm for one shape, chosen by rule instead of by the clock.
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
