"""AdaAttN against its equations, and the suite that every injection passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_adaattn import AdaAttN, KeyedSite
from torch import Tensor

from stylemix import Site
from stylemix.errors import ConfigError
from stylemix.ops import moments
from stylemix.plugins import check_table
from stylemix.testing import injection_suite

test_adaattn = injection_suite("adaattn")
test_adaattn_with_few_keys = injection_suite("adaattn", keys=5)
test_adaattn_with_matched_moments = injection_suite("adaattn", match_moments=True)

C, OWN = 6, 4
SITE = KeyedSite("relu3_1", "map", C, 4, OWN)


def _injection(site: Site = SITE, **options: int) -> AdaAttN:
    torch.manual_seed(0)
    made = AdaAttN(site, {"site": C}, **options).double()
    for p in made.parameters():
        torch.nn.init.normal_(p)
    return made


def _map(seed: int, *shape: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    scale = 0.5 + 2 * torch.rand(1, shape[1], 1, 1, generator=random, dtype=torch.float64)
    shift = torch.randn(1, shape[1], 1, 1, generator=random, dtype=torch.float64)
    return torch.randn(shape, generator=random, dtype=torch.float64) * scale + shift


def _norm(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def test_the_equations_place_by_place() -> None:
    injection = _injection()
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    f, g, h = (
        layer.weight.detach().numpy()[:, :, 0, 0]
        for layer in (injection.query, injection.key, injection.value)
    )
    bias = injection.query.bias
    assert bias is not None
    content, style = (t[0].flatten(1).numpy() for t in (x, s))
    queries = f @ _norm(content) + bias.detach().numpy()[:, None]
    keys, values = g @ _norm(style), h @ style[-OWN:]
    wanted = np.empty((OWN, 20))
    for i in range(20):
        logits = queries[:, i] @ keys
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        mean = values @ weights
        deviation = np.sqrt(np.maximum(((values - mean[:, None]) ** 2) @ weights, 1e-5))
        wanted[:, i] = deviation * _norm(content)[-OWN:, i] + mean
    found = injection(x, injection.prepare({"site": s}))
    assert np.abs(found[0, -OWN:].flatten(1).detach().numpy() - wanted).max() < 1e-8
    # What places are only compared by is left alone.
    assert torch.equal(found[:, :-OWN], x[:, :-OWN])


def test_uniform_attention_is_adain() -> None:
    injection = _injection()
    for p in (injection.query.weight, injection.query.bias):
        assert p is not None
        torch.nn.init.zeros_(p)
    with torch.no_grad():
        injection.value.weight.copy_(torch.eye(OWN)[:, :, None, None])
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    (mean, std), (style_mean, style_std) = moments(x[:, -OWN:]), moments(s[:, -OWN:], eps=0.0)
    wanted = style_std * (x[:, -OWN:] - mean) / std + style_mean
    found = injection(x, injection.prepare({"site": s}))[:, -OWN:]
    assert torch.allclose(found, wanted, atol=1e-9)


def test_matched_moments_are_the_paintings() -> None:
    plain, matched = _injection(), _injection(match_moments=True)
    x, s = _map(1, 1, C, 8, 9), _map(2, 1, C, 7, 6)
    before = plain(x, plain.prepare({"site": s}))[0, -OWN:].flatten(1)
    after = matched(x, matched.prepare({"site": s}))
    assert torch.equal(after[:, :-OWN], x[:, :-OWN])
    after, own = after[0, -OWN:].flatten(1), s[0, -OWN:].flatten(1)
    torch.testing.assert_close(after.mean(1), own.mean(1), atol=1e-4, rtol=0)
    torch.testing.assert_close(after.std(1), own.std(1), atol=0, rtol=1e-2)
    assert (before.mean(1) - own.mean(1)).abs().max() > 0.1
    for one, other in zip(before, after, strict=True):
        assert torch.corrcoef(torch.stack([one, other]))[0, 1] > 1 - 1e-9


def test_it_begins_with_what_looks_alike() -> None:
    injection = AdaAttN(Site("relu3_1", "map", 64, 4), {"site": 64})
    x = _map(1, 1, 64, 12, 12).float()
    key, value = injection.prepare({"site": x})
    torch.testing.assert_close(value[0].T, x[0].flatten(1))
    logits = injection.query(injection.moments.normalize(x))[0].flatten(1).T @ key[0].T
    assert (logits.argmax(1) == torch.arange(144)).all()
    apart = logits[~torch.eye(144, dtype=torch.bool)]
    assert apart.std().item() == pytest.approx(2, rel=0.1)


def test_attention_to_one_place_takes_over_what_is_there() -> None:
    injection = _injection()
    x, s = _map(1, 1, C, 2, 2), _map(2, 1, C, 3, 6)
    key, value = injection.prepare({"site": s})
    query = injection.query(injection.moments.normalize(x))
    # Far along the first query, so that this place of the style outweighs all others.
    key = key.clone()
    key[0, 4] = 1e4 * query[0, :, 0, 0]
    found = injection(x, (key, value))[0, -OWN:, 0, 0]
    normal = injection.moments.normalize(x)[0, -OWN:, 0, 0]
    assert torch.allclose(found, value[0, 4] + 1e-5**0.5 * normal, atol=1e-6)


def test_places_of_the_style_have_no_order() -> None:
    injection = _injection()
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    order = torch.randperm(18, generator=torch.Generator().manual_seed(0))
    shuffled = s.flatten(2)[:, :, order].reshape_as(s)
    one, other = (injection(x, injection.prepare({"site": t})) for t in (s, shuffled))
    assert torch.allclose(one, other, atol=1e-9)


def test_keys_and_values_of_a_sample_are_of_the_same_places() -> None:
    s = _map(2, 1, C, 30, 40)
    few_keys, few_values = _injection(keys=9).prepare({"site": s})
    keys, values = _injection().prepare({"site": s})
    assert few_keys.shape == (1, 9, C)
    for k, v in zip(few_keys[0], few_values[0], strict=True):
        (place,) = (keys[0] == k).all(1).nonzero().flatten()
        assert torch.equal(values[0, place], v)


def test_elsewhere_all_of_the_map_counts() -> None:
    injection = _injection(Site("bottleneck", "map", C, 4))
    x = _map(1, 1, C, 4, 5)
    found = injection(x, injection.prepare({"site": _map(2, 1, C, 3, 6)}))
    assert injection.value.weight.shape[0] == C
    assert bool((found != x).all())


def test_a_number_of_keys_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole number >= 1, got True"):
        check_table(AdaAttN, {"keys": True}, "adaattn")
