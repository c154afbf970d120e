from __future__ import annotations

import copy

import pytest
import torch
from helpers import picture

from stylemix import checkpoint
from stylemix.errors import ConfigError
from stylemix.generators.vgg import Packing
from stylemix.injections.base import Injection
from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments, moments
from stylemix.plugins import registry
from stylemix.stylizers import FeedForward
from stylemix.stylizers.tiling import render_tiled


class Shift(Injection):
    """Exchange the channels' means, at any site of an encoder-decoder."""

    slots = ("map",)
    needs = ("site",)

    def __init__(self, site, style_channels):
        super().__init__(site, style_channels)
        self.moments = ContentMoments()

    def prepare(self, style):
        return moments(style["site"])[0]

    def forward(self, x, style):
        return x - self.moments(x)[0] + style


class Blur(Injection):
    """Mean over 5 x 5 places and the style's mean: what a tile without a margin gets wrong."""

    slots = ("map",)
    needs = ("site",)
    reach = 2

    def prepare(self, style):
        return style["site"].mean((2, 3), keepdim=True)

    def forward(self, x, style):
        return torch.nn.functional.avg_pool2d(x, 5, 1, 2, count_include_pad=False) + style


@pytest.fixture(autouse=True)
def injections(monkeypatch):
    known = registry("injections")
    monkeypatch.setitem(known._things, "shift", Shift)
    monkeypatch.setitem(known._things, "blur", Blur)
    monkeypatch.setitem(known._plugins, "shift", "stylemix")
    monkeypatch.setitem(known._plugins, "blur", "stylemix")


def model_of(*injections: str, **generator) -> FeedForward:
    torch.manual_seed(0)
    return FeedForward.from_config(
        {
            "generator": {"name": "vgg", **generator},
            "encoder": {"name": "none"},
            "injections": [{"name": name} for name in injections],
            "style_size": 48,
        }
    ).eval()


FORMS = [
    {"layers": ["relu2_2"]},
    {"layers": ["relu4_1"]},
    {"layers": ["relu3_1", "relu4_1", "relu4_3"]},
    {"layers": ["relu3_1", "relu2_1", "relu1_1"], "cascade": True},
    {"layers": ["relu2_2", "relu3_3"], "width": 2},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", ["shift", "blur"])
@torch.no_grad()
def test_tiles_give_the_whole_picture(form, name):
    model = model_of(name, **form)
    content = picture(1, 92, 116)[0]
    styles = [model.prepare(picture(s, 40, 56)) for s in (2, 3)]
    left = torch.zeros(1, 1, 92, 116)
    left[..., :50] = 1
    mix = StyleMix(tuple(styles), (left, 1 - left))
    whole = model.render(content, mix, tile=0)
    tiled = model.render(content, mix, tile=32)
    assert float((whole - tiled).abs().max()) < 1e-4


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_layer_has_a_site_and_every_site_counts(form):
    model = model_of("shift", **form)
    generator = model.generator
    assert {s.name for s in generator.sites} == set(form["layers"])
    assert all(s.slot == "map" for s in generator.sites)
    content, one, two = picture(1, 48, 48), picture(2, 48, 48), picture(3, 48, 48)
    with torch.no_grad():
        first, second = model.prepare(one), model.prepare(two)
        usual = generator(content, StyleMix.single(first))
        assert usual.shape == content.shape
        assert usual.min() >= 0 and usual.max() <= 1
        for key in first.prepared:
            changed = copy.copy(first.prepared) | {key: second.prepared[key]}
            out = generator(content, StyleMix.single(type(first)(changed, "")))
            assert float((out - usual).abs().max()) > 1e-5, key


@pytest.mark.parametrize("form", FORMS[:3], ids=str)
def test_features_are_the_maps_at_the_sites(form):
    """A photograph whose own features are the style leaves at every site what came in."""
    model, plain = model_of("shift", **form), model_of(**form)
    x = picture(1, 48, 48)
    with torch.no_grad():
        out = model(x, StyleMix.single(model.prepare(x)))
        torch.testing.assert_close(
            out, plain(x, StyleMix.single(plain.prepare(x))), rtol=1e-4, atol=1e-5
        )


def test_strength_zero_masks_and_odd_sizes():
    model = model_of("shift")
    photo = (picture(1, 50, 75)[0].permute(1, 2, 0) * 255).byte().numpy()
    painting = (picture(2, 60, 60)[0].permute(1, 2, 0) * 255).byte().numpy()
    out = model.stylize(photo, painting)
    assert out.size == (75, 50)
    import numpy as np

    assert (np.asarray(model.stylize(photo, painting, strength=0)) == photo).all()
    mask = np.zeros((50, 75), np.uint8)
    mask[:, :20] = 255
    half = np.asarray(model.stylize(photo, painting, masks=[mask]))
    assert (half[:, 60:] == photo[:, 60:]).all()
    assert (half[:, :20] != photo[:, :20]).any()


def test_packing_goes_there_and_back():
    channels = {"relu1_2": 2, "relu2_1": 3, "relu3_3": 5}
    packing = Packing(tuple(channels), channels)
    maps = {k: torch.randn(2, c, 16 >> i, 24 >> i) for i, (k, c) in enumerate(channels.items())}
    packed = packing.pack(maps)
    assert packed.shape == (2, sum(packing.sizes), 4, 6)
    for layer, found in packing.unpack(packed).items():
        assert torch.equal(found, maps[layer])


def test_only_the_decoder_is_trained_and_all_of_it():
    model = model_of("shift", layers=["relu3_1", "relu4_1"]).train()
    out = model(picture(1, 48, 48), StyleMix.single(model.prepare(picture(2, 48, 48))))
    (out - 0.3).square().mean().backward()
    trained = dict(model.named_parameters())
    assert all(name.startswith("generator.decoders.") for name in trained)
    assert all(p.grad is not None and float(p.grad.abs().max()) > 0 for p in trained.values())


def test_the_levels_of_a_cascade_are_models_of_one_layer():
    levels = ["relu2_1", "relu1_1"]
    cascade = model_of(layers=levels, cascade=True)
    x = wanted = picture(1, 32, 32)
    for level in levels:
        one = model_of(layers=[level])
        state = {k: v for k, v in cascade.state_dict().items() if k in one.state_dict()}
        one.load_state_dict(state)
        with torch.no_grad():
            wanted = one(wanted, StyleMix.single(one.prepare(x)))
    with torch.no_grad():
        torch.testing.assert_close(cascade(x, StyleMix.single(cascade.prepare(x))), wanted)


def test_a_checkpoint_holds_each_tensor_once_and_gives_the_same_picture(tmp_path):
    model = model_of("shift", layers=["relu2_2", "relu1_2"], cascade=True)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.05)
    names = list(model.state_dict())
    assert len([n for n in names if n.endswith("relu1_1_weight")]) == 1
    checkpoint.save(model, tmp_path / "m")
    loaded = checkpoint.load(tmp_path / "m")
    x, s = picture(1, 32, 32), picture(2, 32, 32)
    with torch.no_grad():
        a, b = (m(x, StyleMix.single(m.prepare(s))) for m in (model, loaded))
    assert torch.equal(a, b)
    assert loaded.fingerprint == model.fingerprint


def test_a_copy_has_a_trunk_and_decoders_of_its_own():
    model = model_of()
    other = copy.deepcopy(model.generator)
    x, mix = picture(1, 32, 32), StyleMix.single(model.prepare(picture(2, 32, 32)))
    with torch.no_grad():
        before = model(x, mix)
        for value in other.state_dict().values():
            value.zero_()
        assert torch.equal(model(x, mix), before)
        torch.testing.assert_close(other(x, mix), torch.full_like(before, 0.5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layers": []}, "layers must be a list with at least one item and of different items"),
        ({"layers": "relu4_1"}, "layers must be a list .* got 'relu4_1'"),
        ({"layers": ["relu1_1", "relu1_1"]}, "of different items, got"),
        ({"layers": ["relu2_1", "relu5_1"]}, r"layers\[1\] must be .* one of relu1_1, .*relu5_1"),
        ({"features": "vgg19"}, "did you mean 'vgg16'"),
        ({"cascade": 1}, r"generator\.cascade must be true or false, got 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        registry("generators").build({"name": "vgg", **options}, lambda site: {})


def test_render_tiled_is_what_the_stages_promise():
    """The halos are needed: without the injection's reach tiles would differ."""
    model = model_of("blur", layers=["relu2_2"])
    stage = model.generator.stages[1]
    assert stage.halo == 2
    mix = StyleMix.single(model.prepare(picture(2)))
    content = picture(1, 64, 64)[0]
    with torch.no_grad():
        whole = model.render(content, mix, tile=0)
        stage.halo = 0
        wrong = render_tiled(model.generator, content, mix, 32)
    assert float((whole - wrong).abs().max()) > 1e-4
