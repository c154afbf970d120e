from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stylemix.errors import ConfigError
from stylemix.injections import Patch, patch
from stylemix.plugins import registry
from stylemix.types import Site

SITE = Site("bottleneck", "map", 6, 4)
CHANNELS = {"embedding": 3, "fine": 4, "coarse": 5}


def make(**options):
    torch.manual_seed(0)
    return Patch(SITE, CHANNELS, **options)


def reference(module, x, style):
    """The definition, place by place."""

    def norm(t):
        mean = t.mean((2, 3), keepdim=True)
        std = (t.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
        return (t - mean) / std

    q = module.query(norm(x)).flatten(2)[0].T
    k = module.key(norm(style)).flatten(2)[0].T
    v = module.value(norm(style)).flatten(2)[0].T
    out = torch.zeros_like(q)
    for i in range(len(q)):
        cosine = torch.stack([F.cosine_similarity(q[i], kj, dim=0) for kj in k])
        if module.hard:
            out[i] = v[cosine.argmax()]
        else:
            out[i] = (cosine / module.temperature).softmax(0) @ v
    swapped = module.out(out.T.reshape(1, 6, *x.shape[2:]))
    return swapped if module.hard else x + module.gate * swapped


@pytest.mark.parametrize("hard", [False, True])
def test_equals_brute_force(hard):
    module = make(hard=hard)
    x, style = torch.randn(1, 6, 5, 4), torch.randn(1, 4, 3, 4)
    got = module(x, module.prepare({"fine": style}))
    torch.testing.assert_close(got, reference(module, x, style), atol=1e-5, rtol=1e-4)


def test_chunks_change_nothing(monkeypatch):
    module = make()
    x, prepared = torch.randn(1, 6, 7, 9), module.prepare({"fine": torch.randn(1, 4, 5, 5)})
    whole = module(x, prepared)
    monkeypatch.setattr(patch, "CHUNK", 10)
    torch.testing.assert_close(module(x, prepared), whole)


def test_order_of_style_places_is_irrelevant():
    module = make()
    style = torch.randn(1, 4, 4, 4)
    shuffled = style.flatten(2)[:, :, torch.randperm(16)].reshape(style.shape)
    x = torch.randn(1, 6, 4, 4)
    torch.testing.assert_close(
        module(x, module.prepare({"fine": style})),
        module(x, module.prepare({"fine": shuffled})),
        atol=1e-5,
        rtol=1e-4,
    )


def test_keys_are_bounded():
    keys, values = make(keys=10).prepare({"fine": torch.randn(1, 4, 20, 20)})
    assert keys.shape == values.shape == (1, 6, 10)


def test_hard_matching_still_trains_its_projections():
    module = make(hard=True)
    x, style = torch.randn(1, 6, 4, 4, requires_grad=True), torch.randn(1, 4, 4, 4)
    module(x, module.prepare({"fine": style})).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("options", [{"feature": "relu9"}, {"temperature": 0}, {"keys": 0}])
def test_bad_options(options):
    with pytest.raises(ConfigError, match=r"relu9|^injection\.(temperature|keys) must be"):
        registry("injections").build({"name": "patch", **options}, SITE, CHANNELS)


def test_an_encoder_without_maps_is_refused():
    with pytest.raises(ConfigError, match="none"):
        Patch(SITE, {"embedding": 3, "site": 6})
