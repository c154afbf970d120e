from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture, tiny_model, tiny_palette_model

import stylemix
from stylemix import StyleMix, checkpoint
from stylemix.checkpoint.loading import ready
from stylemix.errors import ConfigError, UnknownNameError
from stylemix.stylizers import refining

PHOTO = (picture(1, 30, 45)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
PAINTING = picture(2, 40, 40)[0]


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def test_unknown_model_and_device():
    with pytest.raises(UnknownNameError, match="film"):
        stylemix.load("flim")
    with pytest.raises(ConfigError, match="cpu"):
        stylemix.load("film", device="warp-drive")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return checkpoint.save(tiny_model(), tmp_path_factory.mktemp("loading") / "tiny")


def test_what_is_loaded_is_the_caller_s_own(folder):
    wanted = array(stylemix.stylize(PHOTO, PAINTING, model=folder))
    edited, halved, moved = (stylemix.load(folder) for _ in range(3))
    with torch.no_grad():
        for parameter in edited.parameters():
            parameter.mul_(2)
    halved.half()
    moved.to("meta")
    edited.train()
    fresh = stylemix.load(folder)
    assert fresh.generator is not edited.generator
    assert not fresh.training and fresh.dtype == torch.float32
    for model in (folder, fresh, stylemix.load(folder)):
        assert (array(stylemix.stylize(PHOTO, PAINTING, model=model)) == wanted).all()
    assert (array(stylemix.stylize(PHOTO, PAINTING, model=edited)) != wanted).any()
    # A method's options are the caller's own as well.
    stylemix.load("gatys").steps = 1
    assert stylemix.load("gatys").steps > 1


def test_by_name_one_set_of_weights_serves_all_calls(folder):
    models = {name: ready(folder, "cpu", name) for name in (None, "auto", "torch")}
    assert models[None] is models["auto"] is ready(folder, "cpu")
    assert models["torch"].generator is models["auto"].generator
    assert (models["torch"].runtime, models["auto"].runtime) == ("torch", "auto")
    own = stylemix.load(folder)
    assert ready(own) is ready(torch.compile(own, backend="eager")) is own


@pytest.mark.parametrize("model", ["folder", "film", "film-palette", "gatys"])
def test_loading_and_refining_take_no_random_numbers(folder, model):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    refining._extractor.cache_clear()
    for _ in range(2):
        torch.manual_seed(5)
        loaded = stylemix.load(folder if model == "folder" else model)
        loaded.stylize(PHOTO, PAINTING, refine=1)
        assert torch.equal(torch.rand(3), wanted)


def test_a_first_load_in_inference_mode_can_be_trained(tmp_path):
    folder = checkpoint.save(tiny_model(seed=4), tmp_path / "tiny")
    with torch.inference_mode():
        models = [stylemix.load(folder), stylemix.load(folder)]
        stylemix.stylize(PHOTO, PAINTING, model=folder, refine=1)
    for model in [*models, stylemix.load(folder), ready(folder)]:
        style = StyleMix.single(model.prepare(PAINTING[None]))
        model(PAINTING[None], style).mean().backward()
        assert next(model.generator.parameters()).grad is not None


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("device", [None, "meta"])
def test_the_caller_s_defaults_change_no_picture(tmp_path, dtype, device):
    mask = torch.linspace(0, 1, 45).expand(1, 30, 45)
    calls = [
        {},
        {"strength": 0.3, "masks": [mask]},
        {"palette": PHOTO, "tile": 64},
        {"preserve_color": True, "refine": 2},
        {"scale": 16.0, "size": 60},
    ]
    models = [tiny_model(), tiny_palette_model(), tiny_model({"name": "patch", "keys": 9})]
    folders = [checkpoint.save(m, tmp_path / str(k)) for k, m in enumerate(models)]
    wanted = [[array(m.stylize(PHOTO, PAINTING, **c)) for c in calls] for m in models]
    refining._extractor.cache_clear()
    torch.set_default_dtype(dtype)
    torch.set_default_device(device)
    try:
        for folder, pictures in zip(folders, wanted, strict=True):
            loaded = stylemix.load(folder, runtime="torch")
            assert loaded.dtype == torch.float32 and loaded.device.type == "cpu"
            for call, before in zip(calls, pictures, strict=True):
                assert (array(loaded.stylize(PHOTO, PAINTING, **call)) == before).all(), call
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "model, said",
    [
        (None, "NoneType is no model"),
        (3, "int is no model"),
        (stylemix.Stylizer, "ABCMeta is no model"),
        (torch.nn.Linear(1, 1), "Linear is no model"),
        (torch.nn.DataParallel(tiny_model()), "its .module"),
        (tiny_model().to("meta"), "meta"),
    ],
)
def test_what_is_no_model(model, said):
    with pytest.raises(ConfigError, match=said):
        stylemix.stylize(PHOTO, PAINTING, model=model)
    if not isinstance(model, stylemix.Stylizer):
        with pytest.raises(ConfigError, match="no model"):
            stylemix.load(model)
