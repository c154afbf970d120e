"""Every preset builds, runs, and its style reaches the picture."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers import picture

from stylemix.injections.style import StyleMix
from stylemix.plugins import registry
from stylemix.stylizers import build
from stylemix.stylizers.presets import MODEL_PRESETS


@pytest.mark.parametrize("name", MODEL_PRESETS)
def test_preset(name):
    config = copy.deepcopy(dict(registry("presets").get(name)))
    lean = config["generator"]["name"] == "lean"  # whose width is a multiple of 12
    config["generator"] |= {"width": 12 if lean else 4, "blocks": 1}
    if config["encoder"]["name"] == "table":
        config["encoder"]["styles"] = ["one", "two"]
    torch.manual_seed(0)
    model = build(config).eval()
    if not model.needs_style:
        image = picture(0, 48, 48)
        with torch.no_grad():
            out = model(image, StyleMix.single(model.prepare(None, {})))
        assert out.shape == image.shape
        assert torch.isfinite(out).all()
        return
    if model.styles:
        model.encoder.remember([picture(s, 80, 80)[0] for s in (1, 2)])
    with torch.no_grad():
        # Untrained encoders hardly tell pictures apart, so the codes are made by hand.
        codes = [
            {
                n: torch.randn(m.shape, generator=torch.Generator().manual_seed(s))
                for n, m in model.code(picture(s, 80, 80)).items()
            }
            for s in (1, 2)
        ]
        outs = [
            model(picture(0, 48, 48), StyleMix.single(model.prepare(picture(1, 80, 80), c)))
            for c in codes
        ]
    assert torch.isfinite(outs[0]).all()
    assert (outs[0] - outs[1]).abs().mean() > 1e-4


def test_ghiasi_is_linear_from_features_to_gamma_and_beta():
    """A linear bottleneck of 100, then gamma and beta without a 1 added (Ghiasi et al., 2017)."""
    config = copy.deepcopy(dict(registry("presets").get("ghiasi")))
    config["generator"] |= {"width": 4, "blocks": 1}
    model = build(config).eval()
    image = picture(1, 96, 96)
    with torch.no_grad():
        mean = model.encoder.trunk(image)["mixed_6e"].mean((2, 3))
        z = model.code(image)["embedding"]
        torch.testing.assert_close(
            z, mean @ model.encoder.linear.weight.T + model.encoder.linear.bias
        )
        assert z.shape == (1, 100)
        sites = {i.site.name: m for i in model._injected for _, m in i.attached()}
        assert {n.split(".")[0].rstrip("0123456789") for n in sites} == {"block", "up", "output"}
        assert not [n for n in sites if not n.endswith(".norm")]
        for injection in sites.values():
            gamma, _ = injection.prepare({"embedding": torch.zeros(1, 100)})
            torch.testing.assert_close(gamma.flatten(), injection.linear.bias[: gamma.numel()])
            twice, once, none = (injection.prepare({"embedding": k * z}) for k in (2, 1, 0))
            for a, b, c in zip(twice, once, none, strict=True):
                torch.testing.assert_close(a - b, b - c, atol=1e-4, rtol=1e-4)


def test_dumoulin_injects_behind_every_normalisation_and_johnson_nowhere():
    for name, count in (("dumoulin", 3 + 2 * 5 + 3), ("johnson", 0)):
        config = copy.deepcopy(dict(registry("presets").get(name)))
        config["generator"] |= {"width": 2}
        if name == "dumoulin":
            config["encoder"]["styles"] = ["one", "two"]
        assert sum(len(i) for i in build(config)._injected) == count
