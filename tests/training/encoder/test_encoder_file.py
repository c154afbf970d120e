from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_config
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from stylemix.encoders import InceptionEncoder, ThinEncoder
from stylemix.errors import WeightsError
from stylemix.training.encoder.encoder_file import open_encoder, save_encoder

THIN = {"name": "thin", "dim": 8, "hidden": 16}


def thin(seed=1):
    torch.manual_seed(seed)
    encoder = ThinEncoder(dim=8, hidden=16)
    encoder.initialize()
    encoder.calibrate(torch.cat([picture(s) for s in range(5)]))
    return encoder.eval()


def same(a, b):
    a, b = a.state_dict(), b.state_dict()
    assert a.keys() == b.keys()
    assert all(torch.equal(v, b[k]) for k, v in a.items())


def test_round_trip_of_both_encoders(tmp_path):
    torch.manual_seed(2)
    for encoder, spec in (
        (thin(), THIN),
        (InceptionEncoder(dim=4), {"name": "inception", "dim": 4}),
    ):
        path = tmp_path / f"{spec['name']}.safetensors"
        save_encoder(encoder, spec, path)
        found = open_encoder(str(path))
        same(found, encoder)
        assert not found.training
        assert found.whole
        other = type(encoder)(**{k: v for k, v in spec.items() if k != "name"})
        other.initialize(path)
        same(other, encoder)
        assert not list(tmp_path.glob(".*"))


def test_a_trainer_starts_from_the_encoder_as_it_is(tmp_path):
    from training_cases import config as train_config

    from stylemix.training import Trainer

    encoder = thin()
    save_encoder(encoder, THIN, tmp_path / "e.safetensors")
    trainer = Trainer(train_config(tmp_path, encoder_weights="e.safetensors"))
    assert trainer.config.model["encoder"] == tiny_config()["encoder"] == THIN
    # Also the statistics that a fresh encoder is calibrated with.
    same(trainer.model.encoder, encoder)
    fresh = Trainer(train_config(tmp_path, output="other"))
    assert not torch.equal(fresh.model.encoder.typical_mean, encoder.typical_mean)


def test_a_file_of_the_trunk_alone_is_still_one(tmp_path):
    trunk = {k[6:]: v.clone() for k, v in thin().state_dict().items() if k.startswith("trunk.")}
    save_file(trunk, tmp_path / "trunk.safetensors")
    encoder = ThinEncoder(dim=8, hidden=16)
    encoder.initialize(tmp_path / "trunk.safetensors")
    assert not encoder.whole
    assert torch.equal(encoder.trunk.features["0"].weight, trunk["features.0.weight"])


def test_what_starts_a_training_can_be_opened_too(tmp_path):
    torch.manual_seed(4)
    trunk = InceptionEncoder(dim=4).trunk.state_dict()
    save_file({k: v.clone() for k, v in trunk.items()}, tmp_path / "trunk.safetensors")
    first, second = (open_encoder(str(tmp_path / "trunk.safetensors")) for _ in range(2))
    assert isinstance(first, InceptionEncoder)
    same(first, second)  # with the same random linear layer
    assert torch.equal(
        first.trunk.Mixed_6e.branch_pool.conv.weight, trunk["Mixed_6e.branch_pool.conv.weight"]
    )
    usual = open_encoder("thin")
    assert isinstance(usual, ThinEncoder)
    assert not usual.whole


def test_opening_does_not_disturb_the_random_numbers():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    open_encoder("thin")
    assert torch.equal(torch.rand(3), expected)


def broken(tmp_path, change):
    path = tmp_path / "e.safetensors"
    save_encoder(thin(), THIN, path)
    state = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    change(state)
    save_file(state, path, metadata=metadata)
    return path


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda s: s.pop("perceptron.2.bias"), "it lacks perceptron.2.bias"),
        (lambda s: s.update(more=torch.zeros(1)), "it has an unexpected more"),
        (
            lambda s: s.update({"perceptron.2.bias": torch.zeros(5)}),
            r"perceptron.2.bias is \[5\] in it, not \[8\]",
        ),
        (
            lambda s: s.update({"perceptron.2.bias": torch.full((8,), torch.inf)}),
            "perceptron.2.bias holds values that are not finite",
        ),
    ],
)
def test_files_that_do_not_fit_change_nothing(tmp_path, change, said):
    path = broken(tmp_path, change)
    encoder = thin(seed=5)
    before = {k: v.clone() for k, v in encoder.state_dict().items()}
    with pytest.raises(WeightsError, match=said):
        encoder.initialize(path)
    assert all(torch.equal(v, before[k]) for k, v in encoder.state_dict().items())
    assert not encoder.whole
    with pytest.raises(WeightsError, match=said):
        open_encoder(str(path))


def test_an_encoder_of_another_kind_is_refused(tmp_path):
    save_encoder(thin(), THIN, tmp_path / "e.safetensors")
    with pytest.raises(WeightsError, match="does not hold an encoder such as this Inception"):
        InceptionEncoder(dim=8).initialize(tmp_path / "e.safetensors")
    with pytest.raises(WeightsError, match="options that it was pre-trained with"):
        ThinEncoder(dim=9, hidden=16).initialize(tmp_path / "e.safetensors")


def test_files_of_nothing(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match="none of the encoders that there are"):
        open_encoder(str(tmp_path / "x.safetensors"))
    (tmp_path / "junk.safetensors").write_bytes(b"junk" * 9)
    with pytest.raises(WeightsError, match="no intact safetensors"):
        open_encoder(str(tmp_path / "junk.safetensors"))
    with pytest.raises(WeightsError, match="no encoder of that name.*inception, thin"):
        open_encoder("nowhere.safetensors")
