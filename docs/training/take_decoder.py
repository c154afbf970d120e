"""Give a model of the generator ``vgg`` a trained one's decoder, to go on from.

``python docs/training/take_decoder.py PRESET SOURCE OUTPUT`` writes a checkpoint that a training
can start from with ``init``. SOURCE is a trained model's name or folder, with the same feature
network.

Decoders that read the same layers understand each other's features, whatever mechanism made them.
So what one has learned for AdaIN draws style swap's or WCT's features at once, and a training has
only the difference to learn. Where PRESET asks for a wider decoder than SOURCE has, every map is
doubled and its outgoing weights halved, which changes no picture (Chen, Goodfellow and Shlens,
"Net2Net", ICLR 2016, section 2.2); a little noise tells the copies apart. Weights of layers that
join the decoder anew begin small.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor

import stylemix
from stylemix import checkpoint
from stylemix.plugins import registry
from stylemix.stylizers import build

NOISE = 0.15
"""Of the copies of a widened map, in deviations of the layer's weights."""

JOINING = 0.3
"""What the first weights of layers that join anew are multiplied by."""


def main() -> None:
    """Read, take over, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset")
    parser.add_argument("source")
    parser.add_argument("output")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    torch.manual_seed(told.seed)
    new = build(registry("presets").get(told.preset))
    source = stylemix.load(told.source, device="cpu", runtime="torch")
    new.load_state_dict(taken(new.state_dict(), source.state_dict()))
    checkpoint.save(new, told.output)


def taken(fresh: dict[str, Tensor], trained: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return fresh weights with a trained decoder in the place of their own.

    Args:
        fresh: of the new model, by name.
        trained: of the model whose decoder is taken.

    Returns:
        Them, with the decoder taken over.

    Raises:
        SystemExit: one of the two has no decoder, or the trained one's doesn't fit.
    """
    result = dict(fresh)
    before, after = _decoder(trained), _decoder(fresh)
    if len(before) != len(after):
        raise SystemExit(f"the decoder has {len(before)} convolutions, the new one {len(after)}")
    copies = 1  # of each map that comes in
    for old, new in zip(before, after, strict=True):
        weight, wide = trained[f"{old}.weight"], fresh[f"{new}.weight"]
        times = len(wide) // len(weight)
        result[f"{new}.weight"] = _widened(weight, wide, copies, times)
        result[f"{new}.bias"] = trained[f"{old}.bias"].repeat(times)
        copies = times
    return result


def _decoder(weights: dict[str, Tensor]) -> list[str]:
    """Return the names of a decoder's convolutions, in their order."""
    end = ".weight"
    found = [n[: -len(end)] for n in weights if ".convolutions." in n and n.endswith(end)]
    if not found:
        raise SystemExit("only models of the generator vgg have such a decoder")
    return found


def _widened(old: Tensor, fresh: Tensor, copies: int, times: int) -> Tensor:
    """Return a convolution's trained weights in the shape of fresh ones.

    Args:
        old: trained, [out, in, 3, 3].
        fresh: [times out, copies in and what joins anew, 3, 3].
        copies: that come in of each map.
        times: that go out.
    """
    wide = old.repeat(times, copies, 1, 1) / copies
    if wide.shape[0] != fresh.shape[0] or wide.shape[1] > fresh.shape[1]:
        raise SystemExit(f"weights {tuple(old.shape)} don't fit into {tuple(fresh.shape)}")
    if times * copies > 1:
        wide = wide + NOISE * wide.std() * torch.randn_like(wide)
    result = JOINING * fresh
    result[:, : wide.shape[1]] = wide
    return result


if __name__ == "__main__":
    main()
