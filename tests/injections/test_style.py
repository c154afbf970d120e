from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_model
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.injections import FiLM
from stylemix.injections.style import Style, StyleMix
from stylemix.types import Box, Site

SITE = Site("s", "norm", 4, 1)
KEY = "s/film"


@pytest.fixture(scope="module")
def film():
    torch.manual_seed(0)
    return FiLM(SITE, {"embedding": 6})


def style(film, seed):
    z = torch.randn(1, 6, generator=torch.Generator().manual_seed(seed))
    return Style({KEY: film.prepare({"embedding": z})}, "f")


X = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(9))


def test_single(film):
    a = style(film, 1)
    torch.testing.assert_close(StyleMix.single(a).at(KEY, film, X), film(X, a.prepared[KEY]))


@given(st.floats(0, 1))
def test_mixing_is_the_weighted_sum(film, share):
    a, b = style(film, 1), style(film, 2)
    mix = StyleMix((a, b), (torch.full((1, 1, 1, 1), share), torch.full((1, 1, 1, 1), 1 - share)))
    want = share * film(X, a.prepared[KEY]) + (1 - share) * film(X, b.prepared[KEY])
    torch.testing.assert_close(mix.at(KEY, film, X), want)


def test_masks_keep_to_their_side(film):
    a, b = style(film, 1), style(film, 2)
    left = torch.zeros(1, 1, 32, 32)
    left[..., :16] = 1
    out = StyleMix((a, b), (left, 1 - left)).at(KEY, film, X)
    torch.testing.assert_close(out[..., :4], film(X, a.prepared[KEY])[..., :4])
    torch.testing.assert_close(out[..., 4:], film(X, b.prepared[KEY])[..., 4:])


def test_crop_cuts_maps_and_leaves_constants(film):
    a, b = style(film, 1), style(film, 2)
    spatial = torch.rand(1, 1, 16, 16)
    mix = StyleMix((a, b), (spatial, torch.ones(1, 1, 1, 1))).crop(Box(4, 8, 4, 8))
    torch.testing.assert_close(mix.weights[0], spatial[:, :, 4:8, 8:16])
    assert mix.weights[1].shape == (1, 1, 1, 1)


def test_empty_and_uneven_mixtures_are_refused(film):
    with pytest.raises(ConfigError, match="at least one style"):
        StyleMix((), ())
    with pytest.raises(ConfigError, match="1 styles need as many weights, got 0"):
        StyleMix((style(film, 1),), ())


AFFINE = [
    {"name": "film"},
    {"name": "film", "residual": False},
    {"name": "concat"},
    {"name": "inject"},
]


@pytest.mark.parametrize("spec", AFFINE, ids=str)
def test_an_affine_injection_is_applied_once_to_the_mixture_of_styles(spec):
    model = tiny_model(spec)
    x = {}

    def keep(module, given, out):
        x[module.site.name] = (module, given[0].detach())

    hooks = [m.register_forward_hook(keep) for m in model._injected if len(m)]
    content = torch.cat([picture(1, 16, 16), picture(2, 16, 16)])
    styles = tuple(
        model.prepare(torch.cat([picture(10 * k + i) for i in range(2)])) for k in (1, 2, 3)
    )
    shares = torch.tensor([[0.2, 0.5], [0.5, -0.7], [0.3, 1.2]])
    weights = tuple(s.view(-1, 1, 1, 1) for s in shares)
    mix = StyleMix(styles, weights)
    with torch.no_grad():
        model(content, mix)
        for hook in hooks:
            hook.remove()
        assert x
        for name, (module, features) in x.items():
            for label, injection in module.attached():
                assert injection.affine
                key = f"{name}/{label}"
                wanted = sum(
                    w * injection(features, s.prepared[key])
                    for w, s in zip(weights, styles, strict=True)
                )
                found = mix.at(key, injection, features)
                torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
