"""Give a model of another mechanism the trunk of a trained FiLM model, to compare mechanisms.

``python docs/training/transplant.py PRESET PAINTINGS OUTPUT --from film`` writes a checkpoint that
a training can start from with ``init``. PRESET has the generator ``lean`` and one of the injections
``film``, ``concat`` and ``inject``, with or without ``patch``.

All that start here draw (nearly) the same picture: FiLM whose gamma is its mean over the paintings,
and whose beta depends on the painting only where all three mechanisms act. A concatenated or added
vector can take the place of such a beta exactly, as long as nothing is normalised in between. So
none begins nearer to its goal than another, and what differs after equal steps is the mechanism.
What stays unequal: the trunk has learned to work with FiLM.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

import stylemix
from stylemix import checkpoint
from stylemix.generators.base import Injected
from stylemix.images import read
from stylemix.plugins import registry
from stylemix.stylizers import FeedForward, build

WIDE = Path(__file__).parent / "film-wide"
SMALLEST = 0.1
"""Of the mean gammas that later layers are multiplied by."""


SIDE = 384
"""Of the paintings, long side in pixels."""


class Mean(NamedTuple):
    """FiLM with one gamma [C] for all paintings: ``gamma F + weight z + bias``."""

    gamma: Tensor
    weight: Tensor
    bias: Tensor


def main() -> None:
    """Read, transplant, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset")
    parser.add_argument("paintings", type=Path, help="their folder: the gammas' mean is over these")
    parser.add_argument("output")
    parser.add_argument("--from", dest="source", default=str(WIDE))
    parser.add_argument("--most", type=int, default=400, help="paintings of the mean")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    old = stylemix.load(told.source, device="cpu", runtime="torch")
    torch.manual_seed(told.seed)
    new = build(registry("presets").get(told.preset))
    assert isinstance(old, FeedForward)
    assert isinstance(new, FeedForward)
    files = sorted(p for p in told.paintings.rglob("*") if p.is_file())
    files = files[:: 1 + len(files) // told.most]
    with torch.no_grad():
        codes = torch.cat([_embedding(old, file) for file in files])
        means = {name: _mean(film, codes) for name, film in _injections(old, "film").items()}
        transplant(old, new, means)
        _match_contrast(new, means, files[: 1 + len(files) // 10])
    checkpoint.save(new, told.output)


def _embedding(model: FeedForward, painting: Path) -> Tensor:
    with torch.no_grad():
        return model.encoder(read(painting).resized(SIDE).float())["embedding"]


def transplant(old: FeedForward, new: FeedForward, means: Mapping[str, Mean]) -> None:
    """Copy what both have, and put each of the new model's injections in the place of FiLM.

    Args:
        old: FiLM in the generator ``lean``.
        new: fresh; the same but for the injections.
        means: the old model's FiLM by the part of the generator that it acts behind.
    """
    weights = new.state_dict()
    for name, value in old.state_dict().items():
        if name in weights and weights[name].shape == value.shape:
            weights[name] = value
    new.load_state_dict(weights)
    for k in range(len(new.generator.stages) - 3):
        _block(old, new, k, means)
    _head(old, new, means)
    for name, film in _injections(new, "film").items():
        mean = means[name]
        film.linear.weight.zero_()
        film.linear.bias.copy_(torch.cat([mean.gamma - 1, mean.bias]))
        if not name.startswith("block") or name.endswith(".1"):
            film.linear.weight[len(mean.gamma) :] = mean.weight


def _injections(model: FeedForward, kind: str) -> dict[str, nn.Module]:
    """Return a mechanism's injections by the part of the generator that they act behind."""
    found = {}
    for module in model.generator.modules():
        if isinstance(module, Injected) and kind in module.injections:
            found[_part(module)] = module.injections[kind]
    return found


def _mean(film: nn.Module, codes: Tensor) -> Mean:
    made = film.linear(codes)
    channels = made.shape[1] // 2
    weight, bias = film.linear.weight[channels:], film.linear.bias[channels:]
    if film.residual:
        made = made + 1
    return Mean(made[:, :channels].mean(0), weight, bias)


def _block(old: FeedForward, new: FeedForward, k: int, means: Mapping[str, Mean]) -> None:
    block, name = new.generator.stages[2 + k], f"block{k + 1}"
    before, first = old.generator.stages[2 + k], means[f"{name}.1"]
    own = block.depthwise
    second = means[f"{name}.2"]
    if block.project.weight is not None:
        block.project.weight.copy_(second.gamma)
        block.project.bias.copy_(second.bias)
    width = len(first.gamma)
    if own.weight is not None:
        own.weight.copy_(first.gamma)
        own.bias.copy_(first.bias)
    if len(own.before_next):  # concatenated: what beta becomes in the next layer
        expand = before.expand.weight[:, :, 0, 0]
        block.expand.weight[:, :width] = before.expand.weight
        block.expand.weight[:, width:] = (expand @ first.weight)[:, :, None, None]
        block.expand.bias.copy_(before.expand.bias)
    elif "inject" in own.after.injections:  # gamma is left to the next layer
        gamma = _safe(first.gamma)
        _add(own.after, first, gamma)
        block.expand.weight.mul_(gamma[None, :, None, None])


def _head(old: FeedForward, new: FeedForward, means: Mapping[str, Mean]) -> None:
    head, before = new.generator.stages[-1], old.generator.stages[-1]
    units = [*head.units, head.output]
    for number, (unit, past) in enumerate(zip(units, [*before.units, before.output], strict=True)):
        mean = means[_part(unit.after)]
        if len(unit.before):
            inputs = past.conv.weight.shape[1]
            # Here the input is normalised and not the output: _match_contrast makes up for it.
            unit.conv.weight[:, :inputs] = past.conv.weight
            unit.conv.weight[:, inputs:] = mean.weight[:, :, None, None]
            unit.conv.bias.copy_(mean.bias)
        elif "inject" in unit.after.injections:
            if unit is head.output:  # the sigmoid keeps gamma from any later layer
                _add(unit.after, mean, torch.ones_like(mean.gamma))
                continue
            gamma = _safe(mean.gamma)
            _add(unit.after, mean, gamma)
            if number == 0:
                head.grain.amount.div_(gamma[:, None])
            units[number + 1].conv.weight.mul_(gamma[None, :, None, None])


def _add(site: Injected, mean: Mean, gamma: Tensor) -> None:
    """Let 1x1 injection add what FiLM would, over the gamma that a later layer multiplies by."""
    added = site.injections["inject"].conv
    added.weight.copy_((mean.weight / gamma[:, None])[:, :, None, None])
    added.bias.copy_(mean.bias / gamma)


def _part(site: Injected) -> str:
    """Return the part of the generator that a site belongs to, such as ``"block1.2"``."""
    return site.site.name.rsplit(".", 1)[0]


def _match_contrast(new: FeedForward, means: Mapping[str, Mean], files: list[Path]) -> None:
    """Scale convolutions behind a concatenation until their outputs deviate as gamma has it."""
    head = new.generator.stages[-1]
    for unit in (*head.units, head.output):
        if not len(unit.before):
            continue
        inputs = unit.conv.weight.shape[1] - unit.before.extra_channels
        scale = means[_part(unit.after)].gamma / _deviation(new, unit, files)
        unit.conv.weight[:, :inputs].mul_(scale[:, None, None, None])


def _deviation(model: FeedForward, unit: nn.Module, files: list[Path]) -> Tensor:
    """Return the standard deviation of each channel that a unit gives, mean over pictures."""
    outputs: list[Tensor] = []
    handle = unit.register_forward_hook(lambda *told: outputs.append(told[2].std((2, 3))))
    for file in files:
        picture = read(file).resized(SIDE).to_pil()
        model.stylize(picture, picture)
    handle.remove()
    return torch.cat(outputs).mean(0)


def _safe(gamma: Tensor) -> Tensor:
    return gamma.clamp_min(SMALLEST)


if __name__ == "__main__":
    main()
