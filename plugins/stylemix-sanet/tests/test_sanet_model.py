"""The trained model that comes with the plugin."""

from __future__ import annotations

from pathlib import Path

import stylemix_sanet
import torch
import torch.nn.functional as F

from stylemix import checkpoint
from stylemix.style import StyleMix
from stylemix.stylizers import FeedForward

FOLDER = Path(stylemix_sanet.__file__).parent / "models" / "sanet"


def _picture(seed: int, *tint: float) -> torch.Tensor:
    """Give soft blots around a colour, [1, 3, 96, 96] in [0, 1]."""
    random = torch.Generator().manual_seed(seed)
    blots = 0.3 * torch.rand(1, 3, 8, 8, generator=random) - 0.15
    soft = F.interpolate(blots, size=(96, 96), mode="bicubic")
    return (soft + torch.tensor(tint).view(1, 3, 1, 1)).clamp(0, 1)


def test_it_takes_the_paintings_colours_and_keeps_the_photographs_shapes() -> None:
    model = checkpoint.load(FOLDER)
    assert isinstance(model, FeedForward)
    photograph = _picture(1, 0.5, 0.5, 0.5)
    photograph[..., 30:66, 30:66] = 0.1
    with torch.no_grad():
        warm, cool = (model(photograph, StyleMix.single(model.prepare(painting)))
                      for painting in (_picture(2, 0.8, 0.5, 0.2), _picture(3, 0.2, 0.4, 0.8)))
    redness = [float((made[:, 0] - made[:, 2]).mean()) for made in (warm, cool)]
    assert redness[0] > redness[1] + 0.2
    for made in (warm, cool):
        grey = made.mean(1)[0]
        inside, outside = grey[40:56, 40:56].mean(), grey[:, :16].mean()
        assert inside < outside - 0.05


def test_it_is_small_enough_to_publish_and_says_what_it_is() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size < 3_000_000
    assert "small example" in str(checkpoint.read_config(FOLDER)["description"])
