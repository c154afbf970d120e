"""Every preset builds, runs, and its style reaches the picture."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers import picture

from stylemix.plugins import registry
from stylemix.style import StyleMix
from stylemix.stylizers import build


@pytest.mark.parametrize("name", registry("presets").names())
def test_preset(name):
    config = copy.deepcopy(dict(registry("presets").get(name)))
    config["generator"] |= {"width": 4, "blocks": 1}
    torch.manual_seed(0)
    model = build(config).eval()
    with torch.no_grad():
        # Untrained encoders hardly tell pictures apart, so the codes are made by hand.
        codes = [{n: torch.randn(m.shape, generator=torch.Generator().manual_seed(s))
                  for n, m in model.code(picture(s, 80, 80)).items()} for s in (1, 2)]
        outs = [model(picture(0, 48, 48), StyleMix.single(model.prepare(picture(1, 80, 80), c)))
                for c in codes]
    assert torch.isfinite(outs[0]).all()
    assert (outs[0] - outs[1]).abs().mean() > 1e-4
