"""Give a trained model more residual blocks, behind those that it has.

``python docs/training/add_blocks.py MODEL OUTPUT --blocks 8`` reads a checkpoint folder (or an
embedded model's name) of the generator ``johnson`` with FiLM in its blocks and writes one that a
training can start from with ``init``. Its pictures are those of the old model: the new blocks' last
gamma and beta are zero for every style, so that they pass on what they get until they learn more
(compare Goyal et al., 2017, section 5.1, where each block starts as the identity).
"""

from __future__ import annotations

import argparse

import torch

import stylemix
from stylemix import checkpoint
from stylemix.injections.film import FiLM
from stylemix.stylizers import build


def main() -> None:
    """Read, deepen, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--seed", type=int, default=13)
    told = parser.parse_args()
    old = stylemix.load(told.model)
    few = old.config["generator"]["blocks"]
    if told.blocks <= few:
        raise SystemExit(f"{told.model} has {few} blocks; --blocks must be more")
    torch.manual_seed(told.seed)
    new = build({**old.config, "generator": {**old.config["generator"], "blocks": told.blocks}})
    weights = dict(old.state_dict())
    # The up-sampling part is the last stage, and its number is part of its weights' names.
    last_old, last_new = (f"generator.stages.{2 + n}." for n in (few, told.blocks))
    moved = {name.replace(last_old, last_new): value for name, value in weights.items()}
    new.load_state_dict({**new.state_dict(), **moved})
    with torch.no_grad():
        for stage in new.generator.stages[2 + few : 2 + told.blocks]:
            for film in stage.block.second.modules():
                if isinstance(film, FiLM):
                    film.linear.weight.zero_()
                    film.linear.bias.zero_()
                    if film.residual:
                        film.linear.bias[: film.linear.out_features // 2] = -1.0
    checkpoint.save(new, told.output)


if __name__ == "__main__":
    main()
