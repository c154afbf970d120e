"""Give a trained model grain, or draw the amounts of the grain that it has anew.

``python docs/training/add_grain.py MODEL OUTPUT`` reads a checkpoint folder (or an embedded model's
name) of the generator ``johnson`` and writes one that a training can start from with ``init``. Its
pictures are rough until the training has found a use for the noise.
"""

from __future__ import annotations

import argparse

import torch

import stylemix
from stylemix import checkpoint
from stylemix.generators.grain import Grain
from stylemix.stylizers import build


def main() -> None:
    """Read, widen, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument(
        "--amount",
        type=float,
        default=0.3,
        help="standard deviation at the bottleneck; half of it further up",
    )
    parser.add_argument("--seed", type=int, default=6)
    told = parser.parse_args()
    old = stylemix.load(told.model)
    new = build({**old.config, "generator": {**old.config["generator"], "grain": True}})
    new.load_state_dict({**new.state_dict(), **old.state_dict()})
    chance = torch.Generator().manual_seed(told.seed)
    grains = [m for m in new.modules() if isinstance(m, Grain)]
    with torch.no_grad():
        for grain in grains:
            share = told.amount if grain is grains[0] else told.amount / 2
            grain.amount.copy_(share * torch.randn(grain.amount.shape, generator=chance))
    checkpoint.save(new, told.output)


if __name__ == "__main__":
    main()
