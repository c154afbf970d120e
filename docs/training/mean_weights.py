"""Average the weights of two models of one lineage.

``python docs/training/mean_weights.py MODEL OTHER SHARE OUTPUT`` writes a checkpoint whose weights
are SHARE of MODEL's and the rest of OTHER's. It works where one was trained on from the other: such
weights lie in one valley of the loss (Wortsman et al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse

import torch

import stylemix
from stylemix import checkpoint


def main() -> None:
    """Read, average, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("other")
    parser.add_argument("share", type=float, help="of the first, from 0 to 1")
    parser.add_argument("output")
    told = parser.parse_args()
    if not 0 <= told.share <= 1:
        parser.error(f"share must be in [0, 1], got {told.share}")
    model, other = stylemix.load(told.model), stylemix.load(told.other)
    if model.config != other.config:
        parser.error(f"{told.model} and {told.other} aren't the same kind of network")
    weights, others = model.state_dict(), other.state_dict()
    model.load_state_dict(
        {
            name: torch.lerp(others[name], tensor, told.share)
            if tensor.is_floating_point()
            else tensor
            for name, tensor in weights.items()
        }
    )
    checkpoint.save(model, told.output)


if __name__ == "__main__":
    main()
