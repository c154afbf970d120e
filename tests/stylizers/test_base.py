"""The one path from a photograph to its picture, and what every stylizer promises."""

from __future__ import annotations

import copy
import io
import pickle
import re
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import picture, tiny_model, tiny_palette_model

import stylemix
from stylemix import checkpoint
from stylemix.checkpoint.loading import on_device, ready
from stylemix.errors import ConfigError, MemoryLimitError
from stylemix.images import to_float
from stylemix.injections.style import Style
from stylemix.plugins import registry
from stylemix.stylizers import FeedForward, Gatys, Options, Stylizer, build
from stylemix.stylizers.base import _on

PHOTO = (picture(1, 30, 45)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
ONE, TWO = picture(2, 40, 40)[0], picture(3, 36, 50)[0]


class Blend(Stylizer):
    """The photograph and the paintings' mean colors, by their weights: nothing but the two parts
    that a subclass has to give."""

    trained = False

    def __init__(self, *, share: float = 1.0, fail: Exception | None = None) -> None:
        super().__init__()
        self.config = {"stylizer": "blend", "share": share}
        self.share, self.fail = share, fail

    def encode(self, style):
        painting = stylemix.images.read(style).pixels
        return Style({"mean": to_float(painting).mean((2, 3), keepdim=True)}, "", painting)

    def draw(self, request, styles):
        if self.fail is not None:
            raise self.fail
        request.report(0, 1)
        out = request.content_weight * request.content.float()
        for style, weight in zip(styles, request.style_weights, strict=True):
            out = out + self.share * weight * style.prepared["mean"]
        return out[0]


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def mean(painting):
    return (painting.mean((1, 2)) * 255).numpy()


def test_a_subclass_gives_encode_and_draw_and_gets_every_option():
    model = Blend()
    full = array(model.stylize(PHOTO, ONE))
    assert np.abs(full - mean(ONE)).max() <= 0.51
    half = array(model.stylize(PHOTO, ONE, strength=0.5))
    assert np.abs(half - (PHOTO + mean(ONE)) / 2).max() <= 1
    mixed = array(model.stylize(PHOTO, [ONE, TWO], weights=np.array([3, 1])))
    assert np.abs(mixed - (0.75 * mean(ONE) + 0.25 * mean(TWO))).max() <= 1
    left = np.zeros((30, 45), np.uint8)
    left[:, :20] = 255
    masked = array(model.stylize(PHOTO, ONE, masks=[left]))
    assert (masked[:, 20:] == PHOTO[:, 20:]).all() and (masked[:, :20] == full[:, :20]).all()
    assert max(model.stylize(PHOTO, ONE, size=90).size) == 90
    recolored = array(model.stylize(PHOTO, ONE, palette=TWO))
    assert np.abs(recolored - mean(TWO)).max() <= 3
    refined = array(model.stylize(PHOTO, ONE, refine=2))
    assert np.abs(refined - full).mean() > 1
    assert (array(model.stylize(PHOTO, ONE, strength=0)) == PHOTO).all()


def test_the_guide_s_stylizer_works():
    """The page shows a whole one, with the base class's promises."""
    guide = (Path(__file__).parents[2] / "docs" / "writing-a-plugin.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n([^`]*class MeanColor.*?)```", guide, re.DOTALL)
    names: dict = {}
    exec(source, names)
    model = names["MeanColor"](share=1.0)
    again = names["MeanColor"].from_config(model.config)
    assert np.abs(array(again.stylize(PHOTO, ONE)) - mean(ONE)).max() <= 0.51
    assert (array(again.stylize(PHOTO, ONE, strength=0)) == PHOTO).all()
    assert np.abs(array(again.stylize(PHOTO, ONE, palette=TWO)) - mean(TWO)).max() <= 3


def test_both_parts_have_to_be_given():
    class Half(Stylizer):
        def encode(self, style):
            raise NotImplementedError

    with pytest.raises(TypeError, match="draw"):
        Half()


def test_options_travel_whole_or_by_name():
    model = Blend()
    options = Options(strength=0.5, size=20)
    wanted = array(model.stylize(PHOTO, ONE, strength=0.5, size=20))
    assert (array(model.stylize(PHOTO, ONE, options)) == wanted).all()
    # A name goes before what the options say.
    assert (
        array(model.stylize(PHOTO, ONE, options, strength=1.0))
        == array(model.stylize(PHOTO, ONE, size=20))
    ).all()
    with pytest.raises(TypeError, match="strenght"):
        model.stylize(PHOTO, ONE, strenght=1)


def test_tiny_weights_are_weights():
    """In float32 they would be none, and the photograph came back."""
    for model in (Blend(), tiny_model()):
        wanted = array(model.stylize(PHOTO, [ONE, TWO], weights=[1, 2]))
        found = array(model.stylize(PHOTO, [ONE, TWO], weights=[1e-300, 2e-300]))
        assert (found == wanted).all()


@pytest.mark.parametrize(
    "problem",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB, other allocations: 1 GB)"),
        RuntimeError("Exception from src/inference/src/cpp/infer_request.cpp:223: std::bad_alloc"),
        RuntimeError("Storage size calculation overflowed with sizes=[1, 64, 3000000000, 900]"),
        MemoryError(),
    ],
)
def test_a_full_memory_says_what_to_do(problem):
    with pytest.raises(MemoryLimitError, match="give a smaller tile"):
        Blend(fail=problem).stylize(PHOTO, ONE)
    with pytest.raises(RuntimeError, match="a fault"):
        Blend(fail=RuntimeError("a fault")).stylize(PHOTO, ONE)


def test_keys_of_the_configuration_are_the_parameters():
    assert Blend.config_keys() == ("share", "fail")
    assert FeedForward.config_keys() == ("generator", "encoder", "injections", "style_size")
    assert Blend.from_config({"stylizer": "blend", "share": 0.25}).share == 0.25
    with pytest.raises(ConfigError, match="unknown key 'shore'; did you mean 'share'"):
        Blend.from_config({"stylizer": "blend", "shore": 1})
    with pytest.raises(ConfigError, match="the configuration lacks 'encoder'"):
        build({"generator": {"name": "johnson"}, "injections": []})
    with pytest.raises(ConfigError, match="generator must be a table"):
        build({"generator": "johnson", "encoder": {"name": "thin"}, "injections": []})


@pytest.mark.parametrize("name", ["gatys", *checkpoint.methods()])
def test_what_is_saved_is_loaded(name, tmp_path):
    """A method's keys are its own, and no list in checkpoint knew them."""
    method = build({"stylizer": name, "steps": 3})
    checkpoint.save(method, tmp_path / "saved")
    for loaded in (checkpoint.load(tmp_path / "saved"), stylemix.load(tmp_path / "saved")):
        assert type(loaded) is registry("stylizers").get(name)
        assert loaded.config == method.config
        assert (array(loaded.stylize(PHOTO, ONE)) == array(method.stylize(PHOTO, ONE))).all()


def models():
    yield tiny_model()
    yield tiny_palette_model()
    yield Gatys(steps=2)
    yield stylemix.load("film", device="cpu")


@pytest.mark.parametrize("model", [*models()], ids=["film", "palette", "gatys", "loaded"])
def test_models_can_be_copied_pickled_and_saved_by_torch(model):
    saved = io.BytesIO()
    torch.save(model, saved)
    saved.seek(0)
    copies = (
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        torch.load(saved, weights_only=False),
    )
    wanted = array(model.stylize(PHOTO, ONE))
    style = model.encode(ONE)
    for other in copies:
        assert other is not model
        assert (array(other.stylize(PHOTO, style)) == wanted).all()


def changed_device(model):
    """Ask for another device; "meta" is one that every machine has, and that holds no values."""
    with pytest.raises(Exception):  # noqa: B017 - nothing can be drawn there, which is no matter
        stylemix.stylize(PHOTO, ONE, model=model, device="meta")


def test_another_device_moves_neither_the_caller_s_model_nor_the_remembered_one():
    own, shared = tiny_model(), ready("film", device="cpu")
    for model in (own, shared):
        before = array(model.stylize(PHOTO, ONE))
        changed_device(model)
        assert model.device == torch.device("cpu")
        assert (array(model.stylize(PHOTO, ONE)) == before).all()
    assert ready("film", device="cpu") is shared


def test_a_model_that_is_there_is_not_copied():
    model = tiny_model()
    assert on_device(model, None) is model
    assert on_device(model, "cpu") is model
    assert on_device(model, "meta").device.type == "meta"


def test_encoded_styles_follow_the_model():
    prepared = {"a": (torch.ones(1), [torch.ones(2)]), "b": torch.ones(3)}
    moved = _on(torch.device("meta"), prepared)
    assert moved["a"][0].is_meta and moved["a"][1][0].is_meta and moved["b"].is_meta
    assert type(moved["a"]) is tuple


class Counting(FeedForward):
    """Counts how often its weights are read."""

    reads = 0

    def state_dict(self, *args, **options):
        self.reads += 1
        return super().state_dict(*args, **options)


def test_the_fingerprint_is_computed_once_and_anew_for_new_weights():
    torch.manual_seed(0)
    model = Counting.from_config(tiny_model().config).eval()
    for _ in range(3):
        model.stylize(PHOTO, ONE)
    assert model.reads == 1
    before, style = model.fingerprint, model.encode(ONE)
    model.load_state_dict(tiny_model(seed=3).state_dict())
    assert model.fingerprint != before
    with pytest.raises(ConfigError, match="another model"):
        model.stylize(PHOTO, style)


def test_a_model_in_evaluation_mode_is_never_switched(monkeypatch):
    model = tiny_model()
    switched = []
    train = torch.nn.Module.train
    monkeypatch.setattr(
        torch.nn.Module, "train", lambda self, mode=True: switched.append(self) or train(self, mode)
    )
    model.stylize(PHOTO, ONE)
    model.stylize(PHOTO, ONE, refine=1)
    assert model not in switched


def test_training_mode_comes_back_and_doesn_t_show():
    model = tiny_model()
    wanted = array(model.stylize(PHOTO, ONE))
    model.train()
    assert (array(model.stylize(PHOTO, ONE)) == wanted).all()
    assert model.training and model.generator.training


def test_threads_that_share_a_model_in_training_mode_draw_in_evaluation_mode():
    """The first to end must not put the model back while the other still draws."""
    model = Blend().train()
    modes, done = [], threading.Event()
    inside = threading.Barrier(2, timeout=60)

    def quick(event):
        inside.wait()
        modes.append(model.training)

    def slow(event):
        inside.wait()
        done.wait(60)
        modes.append(model.training)

    other = threading.Thread(target=lambda: model.stylize(PHOTO, ONE, progress=slow))
    other.start()
    model.stylize(PHOTO, ONE, progress=quick)
    done.set()
    other.join()
    assert modes == [False, False]
    assert model.training
