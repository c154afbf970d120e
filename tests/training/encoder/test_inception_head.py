"""docs/training/inception_head.py: the layers behind the trunk, on features computed once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from helpers import load_script
from pretraining_cases import write_paintings
from safetensors.torch import load_file, save_file

from stylemix.backbones.inception import InceptionMixed6e
from stylemix.encoders import InceptionEncoder
from stylemix.training.data import Crops
from stylemix.training.encoder.config import PaintingsConfig
from stylemix.training.encoder.encoder_file import open_encoder
from stylemix.training.encoder.held_out import held_out
from stylemix.training.encoder.measure import CENTER, measure
from stylemix.training.encoder.network import Classifier
from stylemix.training.encoder.paintings import read_paintings

SCRIPT = Path(__file__).parents[3] / "docs" / "training" / "inception_head.py"
SIZES = {"side": 84, "crop": 76, "zoom": 1.1}


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


@pytest.fixture(scope="module")
def made(script, tmp_path_factory) -> Path:
    """A run of a few steps on drawn strokes, from a trunk of random weights."""
    folder = tmp_path_factory.mktemp("head")
    write_paintings(folder / "paintings", each=8)
    torch.manual_seed(1)
    trunk = InceptionMixed6e().train()
    found = read_paintings([folder / "paintings"], SIZES["side"])
    for module in trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # statistics of these paintings, or random weights let nothing by
    with torch.no_grad():
        trunk(torch.stack([p[:, :84, :84] for p in found.pictures]).float() / 255)
    save_file(trunk.state_dict(), folder / "trunk.safetensors")
    options = [f"--{name}={value}" for name, value in SIZES.items()]
    script.main(
        [
            str(folder / "paintings"),
            str(folder / "out"),
            f"--weights={folder / 'trunk.safetensors'}",
            *options,
            "--smallest-style=2",
            "--views=2",
            "--batch=12",
            "--steps=200",
        ]
    )
    return folder


def test_a_cached_crop_is_what_the_trunk_makes_of_that_window(script):
    torch.manual_seed(0)
    encoder = InceptionEncoder(dim=4).eval()
    pictures = [torch.randint(256, (3, 84, 90), dtype=torch.uint8) for _ in range(2)]
    crops = Crops(pictures, torch.device("cpu"))
    features = script.features_of(encoder, crops, PaintingsConfig(**SIZES), 2)
    assert features.shape == (2, 3, 768)
    cached = script.Cached(features)
    middle = torch.tensor([CENTER, CENTER])
    with torch.no_grad():
        wanted = encoder.trunk(crops.cut([1, 0], 76, middle, 1.1))["mixed_6e"].mean((2, 3))
    torch.testing.assert_close(cached.cut([1, 0], 76, middle), wanted, rtol=1e-3, atol=1e-4)
    chance = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.1, 0.7, 0.3, 0.4]])
    assert torch.equal(cached.cut([0, 0], 76, chance), features[0, 1:])


def test_the_trunk_stays_and_the_layers_learn(made):
    report = json.loads((made / "out" / "head.json").read_text())
    assert [r["contrastive"] for r in report] == [0, 0.5]
    trunk = load_file(made / "trunk.safetensors")
    for found in report:
        file = made / "out" / f"head-{found['contrastive']:g}.safetensors"
        state = load_file(file)
        assert not [k for k, v in trunk.items() if not torch.equal(state[f"trunk.{k}"], v)]
        assert [point["step"] for point in found["curve"]] == [0, 100, 200]
        assert found["curve"][-1]["cross_entropy"] < found["curve"][0]["cross_entropy"]
        assert found["held_out"] == 3
    # Not asked for, crops of one painting aren't brought together as much.
    apart, together = (r["curve"][-1]["contrastive"] for r in report)
    assert together < apart


def test_figures_are_those_of_the_pre_training(made):
    report = json.loads((made / "out" / "head.json").read_text())[1]
    paintings = read_paintings([made / "paintings"], SIZES["side"])
    out = held_out(paintings.names, paintings.labels, 0.1)
    net = Classifier(open_encoder(str(made / "out" / "head-0.5.safetensors")), 3)
    found = measure(
        net,
        Crops(paintings.pictures, torch.device("cpu")),
        paintings.labels,
        [i for i, held in enumerate(out) if not held],
        [i for i, held in enumerate(out) if held],
        SIZES["crop"],
        SIZES["zoom"],
        torch.float32,
    )
    for name in ("probe_top1", "probe_top5", "probe_balanced_top1"):
        assert report["after"][name] == pytest.approx(found[name])
