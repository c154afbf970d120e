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
        outs = [model(picture(0, 48, 48), StyleMix.single(model.prepare(picture(s, 80, 80))))
                for s in (1, 2)]
    assert torch.isfinite(outs[0]).all()
    assert (outs[0] - outs[1]).abs().mean() > 1e-4
