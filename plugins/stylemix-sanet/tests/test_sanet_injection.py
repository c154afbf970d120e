"""SANet against its equations, and the suite that every injection passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_sanet import PRESETS, SANet
from torch import Tensor

from stylemix import Site, StyleMix
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.stylizers import FeedForward, build, render_tiled
from stylemix.testing import injection_suite

test_sanet = injection_suite("sanet")
test_sanet_with_few_keys = injection_suite("sanet", keys=5)
test_sanet_with_matched_moments = injection_suite("sanet", match_moments=True)

C = 4
SITE = Site("relu4_1", "map", C, 8)


def _injection(**options: int) -> SANet:
    torch.manual_seed(0)
    made = SANet(SITE, {"site": C}, **options).double()
    for layer in (made.query, made.key, made.value, made.out):
        torch.nn.init.normal_(layer.weight)
    return made


def _map(seed: int, *shape: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    scale = 0.5 + 2 * torch.rand(1, shape[1], 1, 1, generator=random, dtype=torch.float64)
    shift = torch.randn(1, shape[1], 1, 1, generator=random, dtype=torch.float64)
    return torch.randn(shape, generator=random, dtype=torch.float64) * scale + shift


def _norm(x: np.ndarray) -> np.ndarray:
    """Normalise [C, N] by row, with the library's epsilon."""
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def _by_hand(injection: SANet, x: Tensor, s: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Give the attention [N, K] and the result [C, N], place by place."""
    f, g, h, o = (
        layer.weight.detach().numpy()[:, :, 0, 0]
        for layer in (injection.query, injection.key, injection.value, injection.out)
    )
    content, style = (t[0].flatten(1).numpy() for t in (x, s))
    queries, keys, values = f @ _norm(content), g @ _norm(style), h @ style
    attention = np.empty((content.shape[1], style.shape[1]))
    for i in range(content.shape[1]):
        logits = [queries[:, i] @ keys[:, j] for j in range(style.shape[1])]
        weights = np.exp(np.array(logits) - max(logits))
        attention[i] = weights / weights.sum()
    return attention, o @ (values @ attention.T) + content


def test_the_equations_place_by_place() -> None:
    injection = _injection()
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    attention, wanted = _by_hand(injection, x, s)
    assert np.abs(attention.sum(1) - 1).max() < 1e-12
    found = injection(x, injection.prepare({"site": s}))
    assert np.abs(found[0].flatten(1).detach().numpy() - wanted).max() < 1e-9


def test_the_weights_of_a_place_sum_to_one() -> None:
    # The same value everywhere comes through whatever the attention is.
    injection = _injection()
    x, (key, _) = _map(1, 1, C, 4, 5), injection.prepare({"site": _map(2, 1, C, 3, 6)})
    value = torch.arange(1.0, C + 1, dtype=torch.float64).expand(1, 1, 18, C)
    wanted = torch.einsum("oc,c->o", injection.out.weight[:, :, 0, 0], value[0, 0, 0])
    found = injection(x, (key, value)) - x
    assert torch.allclose(found, wanted.view(1, C, 1, 1).expand_as(found), atol=1e-9)


def test_places_of_the_style_have_no_order_and_those_of_the_content_keep_theirs() -> None:
    injection = _injection()
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    usual = injection(x, injection.prepare({"site": s}))
    order = torch.randperm(18, generator=torch.Generator().manual_seed(0))
    shuffled = s.flatten(2)[:, :, order].reshape_as(s)
    assert torch.allclose(injection(x, injection.prepare({"site": shuffled})), usual, atol=1e-9)

    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    moved = injection(x.flatten(2)[:, :, order].reshape_as(x), injection.prepare({"site": s}))
    assert torch.allclose(moved, usual.flatten(2)[:, :, order].reshape_as(x), atol=1e-9)


def test_without_a_query_every_place_gets_the_mean_of_the_style() -> None:
    injection = _injection()
    torch.nn.init.zeros_(injection.query.weight)
    x, s = _map(1, 1, C, 4, 5), _map(2, 1, C, 3, 6)
    mean = s.mean((2, 3), keepdim=True)
    wanted = injection.out(injection.value(mean)) + x
    assert torch.allclose(injection(x, injection.prepare({"site": s})), wanted, atol=1e-9)


def test_the_attention_does_not_see_scale_and_shift_of_the_content() -> None:
    injection = _injection()
    injection.moments.eps = 0.0
    x, style = _map(1, 1, C, 4, 5), injection.prepare({"site": _map(2, 1, C, 3, 6)})
    scale = torch.tensor([0.3, 2.0, 7.0, 1.0], dtype=torch.float64).view(1, C, 1, 1)
    shift = torch.tensor([5.0, -1.0, 0.0, 2.0], dtype=torch.float64).view(1, C, 1, 1)
    added = injection(x, style) - x
    changed = scale * x + shift
    assert torch.allclose(injection(changed, style) - changed, added, atol=1e-9)


def test_of_a_large_map_a_sample_answers() -> None:
    injection, all_ = _injection(keys=7), _injection()
    s = _map(2, 1, C, 30, 40)
    key, value = injection.prepare({"site": s})
    assert key.shape == value.shape == (1, 1, 7, C)
    # Keys and values are of the same places.
    whole_key, whole_value = all_.prepare({"site": s})
    for k, v in zip(key[0, 0], value[0, 0], strict=True):
        (place,) = (whole_key[0, 0] == k).all(1).nonzero().flatten()
        assert torch.equal(whole_value[0, 0, place], v)


def test_a_number_of_keys_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="whole number >= 1, got 0"):
        check_table(SANet, {"keys": 0}, "sanet")


def test_matched_moments_are_the_paintings() -> None:
    plain, matched = _injection(), _injection(match_moments=True)
    x, s = _map(1, 1, C, 8, 9), _map(2, 1, C, 7, 6)
    before = plain(x, plain.prepare({"site": s}))
    after = matched(x, matched.prepare({"site": s}))
    for wanted, of in ((s.mean((2, 3)), torch.mean), (s.std((2, 3), correction=0), _deviation)):
        torch.testing.assert_close(of(after, (2, 3)), wanted, atol=1e-4, rtol=1e-4)
        assert (of(before, (2, 3)) - wanted).abs().max() > 0.1
    # Otherwise it is what it was: a scale and a shift a channel.
    for one, other in zip(before[0].flatten(1), after[0].flatten(1), strict=True):
        assert torch.corrcoef(torch.stack([one, other]))[0, 1] > 1 - 1e-9


def _deviation(x: Tensor, dim: tuple[int, int]) -> Tensor:
    return x.std(dim, correction=0)


def test_it_begins_with_what_looks_alike() -> None:
    injection = SANet(Site("relu4_1", "map", 64, 8), {"site": 64})
    x = _map(1, 1, 64, 12, 12).float()
    key, value = injection.prepare({"site": x})
    torch.testing.assert_close(value[0, 0].T, x[0].flatten(1))
    logits = injection.query(injection.moments.normalize(x))[0].flatten(1).T @ key[0, 0].T
    assert (logits.argmax(1) == torch.arange(144)).all()
    apart = logits[~torch.eye(144, dtype=torch.bool)]
    assert apart.std().item() == pytest.approx(2, rel=0.1)


def _model(*layers: str) -> FeedForward:
    torch.manual_seed(0)
    preset = dict(PRESETS["sanet"])
    if layers:
        preset["generator"] = {"name": "vgg", "features": "thin", "layers": list(layers)}
        preset["injections"] = [{"name": "sanet"}]
    model = build(preset).eval()
    assert isinstance(model, FeedForward)
    return model


def test_two_depths_are_added_each_with_weights_of_its_own() -> None:
    model = _model("relu3_1", "relu3_3")
    names = ["relu3_1", "relu3_3"]
    assert [s.name for s in model.generator.sites] == names
    queries = [p for n, p in model.named_parameters() if n.endswith("query.weight")]
    assert len(queries) == 2
    x, s = (torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(i)) for i in (1, 2))
    maps, style = model.generator.features(x), model.prepare(s)
    decoder, seen = model.generator.decoders["relu3_3"], []
    with torch.no_grad():
        both = [
            model.generator.stages[1].injected[n](maps[n], StyleMix.single(style)) for n in names
        ]
        padded = torch.nn.functional.pad(both[0] + both[1], (1, 1, 1, 1), mode="reflect")
        handle = decoder.convolutions["relu3_1"].register_forward_pre_hook(
            lambda module, args: seen.append(args[0])
        )
        model(x, StyleMix.single(style))
        handle.remove()
    # What decoding begins with is conv(F_1 + F_2), padded once more.
    assert torch.allclose(seen[0][..., 1:-1, 1:-1], decoder.merge(padded), atol=1e-5)


def test_tiles_equal_the_whole_picture() -> None:
    model = _model()
    x = torch.rand(1, 3, 136, 104, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        mix = StyleMix.single(model.prepare(torch.rand(1, 3, 48, 64)))
        whole = model(x, mix)[0]
        tiled = render_tiled(model.generator, x[0], mix, 64)
    assert (tiled - whole).abs().max() < 1e-4
