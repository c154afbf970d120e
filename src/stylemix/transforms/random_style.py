"""Stylisation as augmentation: a torchvision transform for pictures and batches."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from stylemix.checkpoint.loading import load
from stylemix.dataset.model import for_any_painting
from stylemix.dataset.options import DatasetOptions, checked_range
from stylemix.dataset.pictures import decode
from stylemix.dataset.sources import open_source
from stylemix.errors import ConfigError, DataError, PictureError
from stylemix.images import Picture, read
from stylemix.injections.style import Style
from stylemix.ops import place, usable_device
from stylemix.ops.defaults import drawing
from stylemix.stylizers import FeedForward, Stylizer, draw_batch
from stylemix.types import real_number


def _is_plain(one: Any) -> bool:
    """Tell tensors that are nothing special; torchvision takes a sample's first for a picture."""
    return isinstance(one, Tensor) and not isinstance(one, tv_tensors.TVTensor)


class RandomStyle(v2.Transform):
    """Render pictures in the style of random paintings.

    A ``torchvision.transforms.v2`` transform: it takes a picture (a PIL image, a tensor or
    ``tv_tensors.Image``, [..., 3, H, W], uint8 or float in [0, 1], so before ``Normalize``), or a
    sample in any nesting of dictionaries, tuples and lists. Boxes, masks, labels and whatever else
    is in it pass through. Several pictures of one sample get the same painting and strength; in a
    batch each picture gets its own.

    All that is random comes from torch's generator, so that the seed of a ``DataLoader`` decides
    it. It works in a loader's worker processes, forked or spawned, and takes about 0.1 to 0.2
    seconds of one core for a picture of 224 x 224; :func:`stylemix.dataset.stylize_dataset`
    spends them once instead of every epoch.

    Args:
        paintings: a folder (or anything else that :func:`stylemix.dataset.stylize_dataset` takes
            for paintings), or a list of pictures and of what ``load(model).encode`` returned. They
            are encoded here, 0.1 seconds each.
        p: probability that a picture is stylised.
        strength: in [0, 1], or the least and the most, between which it is drawn. Below 1 a
            picture takes two passes.
        model: for any painting; as in :func:`stylemix.stylize`.
        device: where to compute; the CPU by default, as a loader's workers have no GPU. For batches
            on a GPU give ``"cuda"``, outside the loader.
        runtime: ``"torch"``, or ``"openvino"``, twice as fast on a CPU but not in forked processes:
            give the loader ``multiprocessing_context="spawn"``.

    Raises:
        ConfigError: an argument is out of range, or the model isn't for any painting.
        PictureError: a painting can't be read.
        DataError: there are no paintings.

    Example:
        >>> from PIL import Image
        >>> from stylemix.transforms import RandomStyle
        >>> transform = RandomStyle([Image.radial_gradient("L")], p=1.0, strength=(0.5, 1.0))
        >>> picture, label = transform(Image.linear_gradient("L"), 3)
        >>> picture.size, label
        ((256, 256), 3)
    """

    _transformed_types = (tv_tensors.Image, Image.Image, _is_plain)

    @drawing()
    def __init__(
        self,
        paintings: Picture | Sequence[Picture | Style],
        p: float = 0.5,
        strength: float | tuple[float, float] = (0.5, 1.0),
        *,
        model: str | os.PathLike[str] | Stylizer = "film",
        device: str | torch.device = "cpu",
        runtime: str = "torch",
    ) -> None:
        super().__init__()
        self.p = real_number("p", p, "a probability from 0 to 1", 0, 1)
        self.strength = checked_range(strength)
        if isinstance(model, Stylizer):
            found, name = model, type(model).__name__
        else:
            found, name = load(model, device=device, runtime="torch"), os.fspath(model)
        # A copy, which pickles go with and whose graphs are this transform's own. Not a submodule:
        # a transform in a network must not put the style's weights among the network's.
        drawing = place(copy.deepcopy(for_any_painting(found, name)), usable_device(device))
        self._model = _Hidden(drawing.using(runtime))
        self._styles = [_encoded(drawing, painting) for painting in _listed(paintings)]
        if not self._styles:
            raise DataError("there are no paintings; give at least one")
        self._process = os.getpid()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive in another process that wasn't forked."""
        super().__setstate__(state)
        self._process = os.getpid()

    @drawing()
    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw for each picture of a batch whether it is stylised, like what, and how strongly."""
        count = max((_count(one) for one in flat_inputs), default=1)
        chance = torch.rand(count, 3, dtype=torch.float64).tolist()
        low, high = self.strength
        return {
            "drawn": [
                (int(index * len(self._styles)), low + (high - low) * strength)
                if wanted < self.p
                else None
                for wanted, index, strength in chance
            ]
        }

    @drawing()
    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Stylise one input."""
        drawn = params["drawn"]
        if not isinstance(inpt, Image.Image):
            _check(inpt)  # drawn or not: a wrong pipeline should fail at once
        if not any(drawn):
            return inpt
        if isinstance(inpt, Image.Image):
            picture = read(inpt)
            done = self._draw(picture.pixels[None], drawn[:1])[0]
            return replace(picture, pixels=done.cpu()).to_pil()
        batch = inpt.as_subclass(Tensor).reshape(-1, *inpt.shape[-3:])
        done = self._draw(batch, drawn[: len(batch)]).reshape(inpt.shape)
        return tv_tensors.wrap(done, like=inpt) if isinstance(inpt, tv_tensors.Image) else done

    def _draw(self, batch: Tensor, drawn: Sequence[tuple[int, float] | None]) -> Tensor:
        """Return a batch in which those that were drawn are stylised."""
        model = self._model.module
        if model.runtime != "torch" and os.getpid() != self._process:
            raise ConfigError(
                "OpenVINO doesn't work in forked processes: give the DataLoader "
                'multiprocessing_context="spawn", or leave runtime="torch"'
            )
        rows = [i for i, one in enumerate(drawn) if one is not None and one[1] > 0]
        if not rows:
            return batch
        out = batch.clone()
        # OpenVINO draws one by one; PyTorch takes them together.
        parts = [rows] if model.runtime == "torch" else [[row] for row in rows]
        for part in parts:
            asked = [one for i in part if (one := drawn[i]) is not None]
            styles = [[self._styles[index]] for index, _ in asked]
            result = draw_batch(model, batch[part], styles, [strength for _, strength in asked])
            out[part] = result.to(out.device)
        return out


class _Hidden:
    """Holds a model out of sight of ``nn.Module``, which would register it."""

    def __init__(self, module: FeedForward) -> None:
        self.module = module


def _listed(paintings: Picture | Sequence[Picture | Style]) -> list[Any]:
    if isinstance(paintings, str | os.PathLike):
        whole = DatasetOptions()
        source, entries = open_source(paintings, "paintings")
        found = []
        for piece in source.scan(entries, 1).pieces:
            for sample in source.read(piece):
                try:
                    if sample.picture is None:
                        raise PictureError(str(sample.problem))
                    found.append(decode(sample.picture, whole)[:3])
                except PictureError as problem:
                    raise PictureError(f"the painting {sample.name}: {problem}") from problem
        return found
    return list(paintings) if isinstance(paintings, list | tuple) else [paintings]


def _encoded(model: FeedForward, painting: Picture | Style) -> Style:
    style = painting if isinstance(painting, Style) else model.encode(painting)
    if style.fingerprint != model.fingerprint:
        raise ConfigError(
            "a style was encoded by another model; give the painting, or encode it with this one"
        )
    # The painting itself is for refining alone, and worth a megabyte.
    return replace(style, painting=None)


def _count(one: Any) -> int:
    if isinstance(one, Image.Image) or one.ndim <= 3:
        return 1
    return math.prod(one.shape[:-3])


def _check(inpt: Tensor) -> None:
    if inpt.ndim < 3 or inpt.shape[-3] != 3:
        raise PictureError(
            f"RandomStyle takes pictures [..., 3, H, W], got {list(inpt.shape)}; make them RGB "
            "first, such as by v2.RGB()"
        )
    if inpt.dtype != torch.uint8 and not inpt.is_floating_point():
        raise PictureError(f"RandomStyle takes uint8, or floats in [0, 1], got {inpt.dtype}")
    if inpt.is_floating_point() and inpt.numel():
        low, high = (float(v) for v in inpt.aminmax())
        if not (low >= -1e-3 and high <= 1 + 1e-3):
            raise PictureError(
                f"RandomStyle takes floats in [0, 1], got {low:.4g} to {high:.4g}; place it before "
                "Normalize"
            )
