from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from dataset_cases import Photos, body, difference, image, make_tree
from helpers import odd_defaults, picture, tiny_model
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import tv_tensors
from torchvision.transforms import v2

import stylemix
from stylemix import checkpoint
from stylemix.errors import ConfigError, DataError, PictureError
from stylemix.transforms import RandomStyle

PAINTINGS = [image(i + 60) for i in range(4)]


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=3)


def test_a_picture_is_what_stylize_makes(model):
    transform = RandomStyle(PAINTINGS, p=1.0, strength=0.6, model=model)
    photo = image(1, 30, 41)
    candidates = [model.stylize(photo, painting, strength=0.6) for painting in PAINTINGS]
    torch.manual_seed(0)
    seen = set()
    for _ in range(20):
        found = transform(photo)
        exact = [i for i, c in enumerate(candidates) if difference(c, found) == 0]
        assert len(exact) == 1
        seen.add(exact[0])
    assert seen == {0, 1, 2, 3}


def test_probability_and_strength(model):
    batch = (picture(2, 8, 8).expand(400, 3, 8, 8) * 255).byte()
    torch.manual_seed(0)
    found = RandomStyle(PAINTINGS[:1], p=0.25, strength=1, model=model)(batch)
    changed = (found != batch).flatten(1).any(1)
    assert 75 <= changed.sum() <= 125
    assert len(found[changed].unique(dim=0)) == 1
    varied = RandomStyle(PAINTINGS[:1], p=1, strength=(0, 1), model=model)(batch)
    assert len(varied.unique(dim=0)) > 100
    assert RandomStyle(PAINTINGS, p=0, model=model)(batch) is batch


def test_the_seed_decides(model):
    transform = RandomStyle(PAINTINGS, p=0.5, model=model)
    batch = torch.cat([picture(i, 16, 16) for i in range(8)])
    torch.manual_seed(7)
    one = transform(batch)
    state = torch.random.get_rng_state()
    torch.manual_seed(7)
    assert torch.equal(transform(batch), one)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not torch.equal(transform(batch), one)


def test_defaults_of_the_caller_change_nothing(model):
    batch = torch.cat([picture(i, 16, 16) for i in range(3)])
    for one in (batch, image(3)):
        torch.manual_seed(7)
        plain = RandomStyle(PAINTINGS, p=1, model=model)(one)
        torch.manual_seed(7)
        with odd_defaults():
            again = RandomStyle(PAINTINGS, p=1, model=model)(one)
        assert np.array_equal(np.asarray(again), np.asarray(plain))


def test_a_batch_gets_a_painting_for_each_and_a_sample_one_for_all(model):
    transform = RandomStyle(PAINTINGS, p=1.0, strength=1.0, model=model)
    same = picture(0, 16, 16).expand(12, 3, 16, 16)
    torch.manual_seed(0)
    assert len(transform(same).unique(dim=0)) > 2
    left, right = transform((tv_tensors.Image(same[0]), tv_tensors.Image(same[1])))
    assert torch.equal(left, right)


def test_annotations_pass(model):
    transform = v2.Compose([RandomStyle(PAINTINGS, p=1.0, model=model), v2.ToDtype(torch.float32)])
    boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(16, 16))
    mask = tv_tensors.Mask(torch.ones(16, 16, dtype=torch.uint8))
    photo = tv_tensors.Image((picture(0, 16, 16)[0] * 255).byte())
    sample = {"image": photo, "boxes": boxes, "mask": mask, "label": torch.tensor(3), "id": "x"}
    found = transform(sample)
    assert type(found["image"]) is tv_tensors.Image and found["image"].shape == photo.shape
    assert not torch.equal(found["image"].byte(), photo)
    assert type(found["boxes"]) is tv_tensors.BoundingBoxes
    assert torch.equal(found["boxes"], boxes)
    assert torch.equal(found["mask"], mask) and found["label"] == 3 and found["id"] == "x"


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_type_and_order_stay(model, dtype):
    one = picture(0, 16, 24)[0]
    batch = (one * 255).byte() if dtype == torch.uint8 else one
    found = RandomStyle(PAINTINGS, p=1.0, model=model)(batch)
    assert found.dtype == dtype and found.shape == (3, 16, 24)
    assert found.float().std() > 0


def test_transparency_of_an_image_stays(model):
    clear = image(3).copy()
    clear.putalpha(Image.linear_gradient("L").resize((32, 32)))
    found = RandomStyle(PAINTINGS, p=1.0, model=model)(clear)
    assert found.mode == "RGBA"
    assert np.array_equal(np.array(found)[..., 3], np.array(clear)[..., 3])


def loaded(transform: RandomStyle, context: str, workers: int = 2) -> torch.Tensor:
    loader = DataLoader(
        Photos(transform), 2, num_workers=workers, multiprocessing_context=context,
        generator=torch.Generator().manual_seed(5),
    )  # fmt: skip
    return torch.cat(list(loader))


def test_loaders_fork_or_spawn_and_the_seed_decides(model):
    transform = RandomStyle(PAINTINGS, p=0.7, model=model)
    # The parent has drawn before it forks.
    transform(picture(0, 16, 16))
    forked = loaded(transform, "fork")
    assert torch.equal(loaded(transform, "fork"), forked)
    assert torch.equal(loaded(transform, "spawn"), forked)


def test_openvino_refuses_to_be_forked(model):
    pytest.importorskip("openvino", reason="needs OpenVINO")
    transform = RandomStyle(PAINTINGS, p=1.0, strength=1.0, model=model, runtime="openvino")
    batch = (torch.cat([picture(i, 16, 16) for i in range(3)]) * 255).byte()
    torch.manual_seed(0)
    found = transform(batch)
    torch.manual_seed(0)
    same = RandomStyle(PAINTINGS, p=1.0, strength=1.0, model=model)(batch)
    assert (found.int() - same.int()).abs().max() <= 1
    with pytest.raises(ConfigError, match='multiprocessing_context="spawn"'):
        loaded(transform, "fork", 1)
    assert loaded(transform, "spawn", 1).shape == (6, 3, 16, 16)


def test_it_travels_and_keeps_out_of_a_networks_weights(model):
    transform = RandomStyle(PAINTINGS, p=1.0, model=model)
    assert not list(transform.parameters()) and not transform.state_dict()
    torch.manual_seed(0)
    one = transform(picture(0))
    torch.manual_seed(0)
    assert torch.equal(pickle.loads(pickle.dumps(transform))(picture(0)), one)
    assert repr(transform) == "RandomStyle(p=1.0, strength=(0.5, 1.0))"


def test_paintings_of_every_kind(model, tmp_path):
    folder = make_tree(tmp_path / "p", {"a/x.png": body(60), "y.jpg": body(61, kind="JPEG")})
    name = checkpoint.save(model, tmp_path / "model")
    photo = image(1)
    found = RandomStyle(folder / "a", p=1, strength=1, model=name)(photo)
    encoded = stylemix.load(name, device="cpu").encode(PAINTINGS[0])
    assert difference(found, RandomStyle([encoded], p=1, strength=1, model=model)(photo)) == 0
    assert difference(found, RandomStyle(PAINTINGS[0], p=1, strength=1, model=model)(photo)) == 0
    assert len(RandomStyle(folder, model=model)._styles) == 2


@pytest.mark.parametrize(
    "wrong, problem, message",
    [
        ({"p": 1.5}, ConfigError, "p must be a probability"),
        ({"strength": (1, 0)}, ConfigError, "strength must rise"),
        ({"paintings": []}, DataError, "there are no paintings"),
        ({"model": "gatys"}, ConfigError, "for any painting"),
        ({"paintings": ["nowhere.png"]}, PictureError, "no such file"),
        ({"paintings": "nowhere"}, DataError, "there is no nowhere"),
    ],
)
def test_wrong_arguments(model, wrong, problem, message):
    with pytest.raises(problem, match=message):
        RandomStyle(**{"paintings": PAINTINGS, "model": model, **wrong})


def test_a_style_of_another_model(model):
    with pytest.raises(ConfigError, match="encoded by another model"):
        RandomStyle([tiny_model(seed=4).encode(PAINTINGS[0])], model=model)


def test_a_damaged_painting(model, tmp_path):
    make_tree(tmp_path, {"a.png": body(0), "b.png": b""})
    with pytest.raises(PictureError, match="the painting b: it is empty"):
        RandomStyle(tmp_path, model=model)


@pytest.mark.parametrize(
    "wrong, message",
    [
        (torch.zeros(1, 8, 8), r"got \[1, 8, 8\]; make them RGB"),
        (torch.zeros(3, 8, 8, dtype=torch.int64), "got torch.int64"),
        (torch.full((3, 8, 8), 2.0), "place it before Normalize"),
        (torch.full((3, 8, 8), float("nan")), "floats in"),
    ],
)
def test_wrong_inputs(model, wrong, message):
    with pytest.raises(PictureError, match=message):
        RandomStyle(PAINTINGS, p=1.0, model=model)(wrong)
