"""Make a model of one style out of a FiLM model that knows any: a painting's numbers as weights.

``python docs/training/fold.py MODEL PAINTING OUTPUT`` writes a checkpoint without an encoder.
Behind each normalization FiLM multiplies by a gamma and adds a beta that it makes of the painting;
a model of one style has a weight and a bias there (Johnson et al., 2016), and they are that gamma
and that beta. So it draws the very same pictures in that style, and a training of this style alone
can begin where the other ended.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

import stylemix
from stylemix import checkpoint
from stylemix.injections.style import Style
from stylemix.stylizers import FeedForward, build


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, fold, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="a name or a folder")
    parser.add_argument("painting", type=Path)
    parser.add_argument("output")
    told = parser.parse_args(arguments)
    model = stylemix.load(told.model, device="cpu", runtime="torch")
    assert isinstance(model, FeedForward)
    checkpoint.save(folded(model, model.encode(told.painting)), told.output)


@torch.no_grad()
def folded(model: FeedForward, style: Style) -> FeedForward:
    """Return a model without an encoder that draws as another one does in one style.

    Args:
        model: FiLM alone, behind normalizations alone.
        style: encoded by the model.
    """
    config = {**model.config, "encoder": {"name": "none"}, "injections": []}
    other = build(config)
    assert isinstance(other, FeedForward)
    weights = {k: v for k, v in model.state_dict().items() if k in other.state_dict()}
    for name, unit in model.generator.named_modules():
        after = getattr(unit, "after", None)
        if after is not None and "film" in after.injections:
            gamma, beta = style.prepared[f"{after.site.name}/film"]
            weights[f"generator.{name}.weight"] = gamma.flatten()
            weights[f"generator.{name}.bias"] = beta.flatten()
    other.load_state_dict(weights)
    return other.eval()


if __name__ == "__main__":
    main()
