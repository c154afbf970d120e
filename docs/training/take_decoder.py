"""Give a model of the generator ``vgg`` or ``adaattn`` a trained one's decoder, to go on from.

``python docs/training/take_decoder.py PRESET SOURCE OUTPUT`` writes a checkpoint that a training
can start from with ``init``. SOURCE is a trained model's name or folder, with the same feature
network.

Decoders that read the same layers understand each other's features, whatever mechanism made them.
So what one has learned for AdaIN draws style swap's or WCT's features at once, and a training has
only the difference to learn. Where PRESET asks for a wider decoder than SOURCE has, every map is
doubled and its outgoing weights halved, which changes no picture (Chen, Goodfellow and Shlens,
"Net2Net", ICLR 2016, section 2.2); a little noise tells the copies apart. Weights of layers that
join the decoder anew begin small.

The attention of ``adaattn`` begins as the paper's local feature loss has it, without weights of its
own: f, g and h are the identity. The logits are a twentieth of those divided by the root of the
channels: the weaker, the nearer to AdaIN, which this decoder knows. That of ``sanet`` begins
likewise, with logits divided by the root alone and W_o W_h twice the identity; the decoder takes a
third of the sum, which has about the size of features then, most of it the painting's.
"""

from __future__ import annotations

import argparse
import math

import torch
from torch import Tensor

import stylemix
from stylemix import checkpoint
from stylemix.plugins import registry
from stylemix.stylizers import build

NOISE = 0.15
"""Of the copies of a widened map, in deviations of the layer's weights."""

NEAR_ADAIN = 0.05
"""What the logits of AdaAttN are multiplied by."""

SUM = 0.35
"""What the decoder takes of SANet's ``x + 2 sum_j A_ij s_j``."""

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
        Them, with the decoder taken over and every attention as it begins.

    Raises:
        SystemExit: one of the two has no decoder, or the trained one's doesn't fit.
    """
    result = {name: _begun(name, v) if "injections." in name else v for name, v in fresh.items()}
    before, after = _decoder(trained), _decoder(fresh)
    if len(before) != len(after):
        raise SystemExit(f"the decoder has {len(before)} convolutions, the new one {len(after)}")
    share = SUM if any(".sanet." in name for name in fresh) else 1.0
    copies, inside = 1, 0  # of each map that comes in; maps that come from the layer before
    for old, new in zip(before, after, strict=True):
        weight, wide = trained[f"{old}.weight"], fresh[f"{new}.weight"]
        times = len(wide) // len(weight)
        made = _widened(weight, wide, copies, times)
        made[:, inside:] *= share
        result[f"{new}.weight"] = made
        result[f"{new}.bias"] = trained[f"{old}.bias"].repeat(times)
        copies, inside = times, len(wide)
    return result


def _decoder(weights: dict[str, Tensor]) -> list[str]:
    """Return the names of a decoder's convolutions, in their order."""
    end = ".weight"
    found = [n[: -len(end)] for n in weights if ".convolutions." in n and n.endswith(end)]
    if not found:
        raise SystemExit("only models of the generators vgg and adaattn have such a decoder")
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


def _begun(name: str, fresh: Tensor) -> Tensor:
    """Return the first weights of an attention."""
    if fresh.ndim != 4:
        return torch.zeros_like(fresh)
    channels = len(fresh)
    identity = torch.eye(channels)[:, :, None, None]
    if name.endswith(("query.weight", "key.weight")):
        # A product of two, over the root of the channels.
        return identity * (1.0 if ".sanet." in name else NEAR_ADAIN**0.5) * channels**-0.25
    return identity * (math.sqrt(2) if ".sanet." in name else 1.0)


if __name__ == "__main__":
    main()
