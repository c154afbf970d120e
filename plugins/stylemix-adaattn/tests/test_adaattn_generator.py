"""Sites that know the shallower layers, and the network around them."""

from __future__ import annotations

import pytest
import torch
from stylemix_adaattn import PRESETS, KeyedSite, KeyedVGG
from stylemix_adaattn.generator import Stacks

from stylemix import StyleMix
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.stylizers import FeedForward, build, render_tiled


def _model(*layers: str) -> FeedForward:
    config = {**PRESETS["adaattn"]}
    if layers:
        config["generator"] = {"name": "adaattn", "layers": list(layers)}
    torch.manual_seed(0)
    model = build(config).eval()
    assert isinstance(model, FeedForward)
    return model


def _picture(seed: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def _mean(x: torch.Tensor, factor: int) -> torch.Tensor:
    """Average parts of factor x factor, by reshaping."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // factor, factor, w // factor, factor).mean((3, 5))


@pytest.mark.parametrize(
    "layers, site, members",
    [
        (("relu3_1", "relu4_1", "relu4_3"), "relu3_1", ("relu1_1", "relu2_1", "relu3_1")),
        (
            ("relu3_1", "relu4_1", "relu4_3"),
            "relu4_3",
            ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_3"),
        ),
        (("relu4_1",), "relu4_1", ("relu1_1", "relu2_1", "relu3_1", "relu4_1")),
        (
            ("relu2_2", "relu3_3"),
            "relu3_3",
            ("relu1_1", "relu2_1", "relu2_2", "relu3_1", "relu3_3"),
        ),
        (("relu2_2", "relu3_3"), "relu2_2", ("relu1_1", "relu2_1", "relu2_2")),
    ],
)
def test_a_site_has_every_layer_up_to_its_own_shrunk_and_its_own_last(
    layers: tuple[str, ...], site: str, members: tuple[str, ...]
) -> None:
    generator = _model(*layers).generator
    assert isinstance(generator, KeyedVGG)
    image = _picture(1, 32, 48)
    maps = generator.trunk(image, members)
    height = maps[site].shape[-2]
    wanted = torch.cat([_mean(maps[k], maps[k].shape[-2] // height) for k in members], dim=1)
    assert torch.allclose(generator.features(image)[site], wanted, atol=1e-5)
    (found,) = [s for s in generator.sites if s.name == site]
    assert isinstance(found, KeyedSite)
    assert found.channels == wanted.shape[1]
    assert found.own == maps[site].shape[1]


def test_packing_the_maps_loses_nothing() -> None:
    generator = _model().generator
    assert isinstance(generator, KeyedVGG)
    image = _picture(1, 32, 48)
    encode, sites = generator.stages[0], generator.stages[1]
    gathered = sites.packing.unpack(encode(image, None))
    for layer, wanted in generator.features(image).items():
        assert torch.equal(sites.stacks.stack(gathered, layer), wanted)


def test_the_decoder_is_given_each_layer_in_the_style() -> None:
    model = _model()
    x, style = _picture(1, 32, 48), model.prepare(_picture(2, 40, 32))
    seen = []
    handle = model.generator.decoder.register_forward_pre_hook(
        lambda module, args: seen.append(args[0])
    )
    with torch.no_grad():
        model(x, StyleMix.single(style))
        handle.remove()
        for layer, stack in model.generator.features(x).items():
            injected = model.generator.stages[1].injected[layer]
            wanted = injected(stack, StyleMix.single(style))[:, -injected.site.own :]
            assert torch.allclose(seen[0][layer], wanted, atol=1e-5)


def test_tiles_equal_the_whole_picture() -> None:
    model = _model()
    x = _picture(1, 136, 104)
    with torch.no_grad():
        mix = StyleMix.single(model.prepare(_picture(2, 48, 64)))
        whole = model(x, mix)[0]
        tiled = render_tiled(model.generator, x[0], mix, 64)
    assert (tiled - whole).abs().max() < 1e-4


def test_any_size_and_several_styles() -> None:
    made = _model().stylize(
        _picture(1, 37, 51)[0], [_picture(2, 30, 20)[0], _picture(3, 9, 9)[0]], weights=[2, 1]
    )
    assert made.size == (51, 37)


def test_layers_that_make_no_sense_are_refused() -> None:
    for layers, message in (
        (["relu3_1", "relu3_1"], "of different items"),
        ([], "list with at least one item"),
        (["relu6_1"], r"layers\[0\] must be .* got 'relu6_1'"),
    ):
        with pytest.raises(ConfigError, match=message):
            check_table(KeyedVGG, {"layers": layers}, "generator")


def test_sums_of_channels() -> None:
    stacks = Stacks(
        ["relu3_1", "relu4_3"],
        {"relu1_1": 1, "relu2_1": 10, "relu3_1": 100, "relu4_1": 1000, "relu4_3": 5000},
    )
    assert stacks.totals == {"relu3_1": 111, "relu4_3": 6111}
    assert stacks.channels == {"relu3_1": 111, "relu4_1": 1000, "relu4_3": 5000}
