"""docs/training/transplant.py: mechanisms that begin with the same picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import load_script, picture

from stylemix.injections.style import StyleMix
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "transplant.py"


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


def lean(*injections: str):
    return build(
        {
            "stylizer": "feed_forward",
            "generator": {"name": "lean", "width": 12, "blocks": 2},
            "encoder": {"name": "thin"},
            "injections": [{"name": name} for name in injections],
            "style_size": 64,
        }
    ).eval()


@pytest.fixture(scope="module")
def trained():
    """A FiLM model whose gammas are far from 1, all above the smallest."""
    torch.manual_seed(0)
    model = lean("film")
    with torch.no_grad():
        for name, film in model.generator.named_modules():
            if not name.endswith("film"):
                continue
            channels = film.linear.out_features // 2
            film.linear.bias[:channels] = torch.rand(channels) * (0 if "output" in name else 1.5)
            film.linear.bias[channels:] = torch.randn(channels) * 0.3
    return model


@torch.no_grad()
def drawn(model) -> tuple[torch.Tensor, torch.Tensor]:
    """Give what enters the head, and the picture."""
    entered = []
    head = model.generator.stages[-1]
    handle = head.register_forward_hook(lambda *told: entered.append(told[1][0]))
    style = model.prepare(picture(5))
    found = model(picture(1, 48, 64), StyleMix((style,), (torch.ones(1, 1, 1, 1),)))
    handle.remove()
    return entered[0], found


def test_all_mechanisms_begin_with_the_same_picture(script, trained):
    models = {}
    with torch.no_grad():
        codes = torch.cat([trained.encoder(picture(k))["embedding"] for k in range(6)])
        means = {
            name: script._mean(film, codes)
            for name, film in script._injections(trained, "film").items()
        }
        for kind in (("film",), ("inject",), ("concat",), ("film", "patch")):
            torch.manual_seed(1)
            models[kind] = lean(*kind)
            script.transplant(trained, models[kind], means)
    entered, wanted = drawn(models["film",])
    for kind in (("inject",), ("concat",)):
        assert torch.allclose(drawn(models[kind])[0], entered, atol=1e-3), kind
    # The output's gamma is what an addition can't carry; here it is that of a fresh model.
    assert (drawn(models["inject",])[1] - wanted).abs().mean() < 0.03
    torch.manual_seed(1)
    assert (drawn(lean("inject"))[1] - wanted).abs().mean() > 0.06
    # Only the patches are new.
    patched = models["film", "patch"]
    with torch.no_grad():
        next(m for m in patched.modules() if type(m).__name__ == "Patch").gate.zero_()
    assert torch.allclose(drawn(patched)[1], wanted, atol=1e-5)
