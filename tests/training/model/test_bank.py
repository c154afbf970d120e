from __future__ import annotations

import pytest
import torch
from training_cases import crops

from stylemix.backbones import feature_net
from stylemix.encoders import InceptionEncoder, StyleEncoder, ThinEncoder
from stylemix.errors import CheckpointError
from stylemix.losses.objective import Objective
from stylemix.training.model.bank import load_bank, make_bank, save_bank

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def objective():
    return Objective("balanced", feature_net("thin"))


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    found = ThinEncoder(dim=8, hidden=16)
    found.initialize()
    return found


@pytest.fixture(scope="module")
def bank(objective, encoder):
    return make_bank(crops(5, first=10), 3, 24, objective, encoder, seed=4)


def test_holds_crops_of_every_painting_in_turn(bank):
    assert len(bank) == 15
    assert bank.crops.shape == (15, 3, 24, 24)
    paintings = [p.float() for p in crops(5, first=10).pictures]
    for number in range(15):
        # A crop is a window of its own painting, flipped or not, pixel for pixel.
        picture = paintings[number % 5]
        windows = picture.unfold(1, 24, 1).unfold(2, 24, 1).permute(1, 2, 0, 3, 4)
        crop = bank.crops[number].float()
        assert any(bool((windows == c).all((2, 3, 4)).any()) for c in (crop, crop.flip(2)))
    assert not torch.equal(bank.crops[0], bank.crops[5])


def test_targets_are_the_objectives_within_float16(bank, objective):
    chosen = torch.tensor([3, 0, 3, 14])
    found = bank.targets_of(chosen)
    wanted = objective.prepare_one("style", bank.images(chosen))
    assert found.keys() == wanted.keys()
    for label in wanted:
        assert len(found[label]) == len(wanted[label]) > 0
        for a, b in zip(found[label], wanted[label], strict=True):
            assert a.dtype == torch.float32
            assert a.shape == b.shape
            # float16 keeps 11 bits of each entry, relative to the largest one
            assert bool(((a - b).abs() <= 2**-11 * b.flatten(1).abs().amax(1)[:, None, None]).all())


def test_targets_too_large_for_float16_survive(encoder):
    class Loud(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = feature_net("thin")

        def forward(self, image, layers):
            return {k: 3e3 * v for k, v in self.net(image, layers).items()}

    loud = Objective("balanced", Loud())
    found = make_bank(crops(2), 1, 24, loud, encoder, seed=0)
    wanted = loud.prepare_one("style", found.images(torch.tensor([0, 1])))["style"]
    assert max(float(w.max()) for w in wanted) > 70_000
    for a, b in zip(found.targets_of(torch.tensor([0, 1]))["style"], wanted, strict=True):
        assert torch.allclose(a, b, rtol=1e-3, atol=1e-3 * float(b.max()))


def test_statistics_are_the_encoders(bank, encoder):
    chosen = torch.tensor([7, 2])
    wanted = encoder.statistics(bank.images(chosen))
    assert torch.allclose(bank.statistics[chosen], wanted, atol=1e-5)


def test_embedding_from_statistics_is_the_encoders(bank, encoder):
    chosen = torch.tensor([7, 2])
    wanted = encoder(bank.images(chosen))["embedding"]
    assert torch.allclose(encoder.embed(bank.statistics[chosen])["embedding"], wanted, atol=1e-4)


def test_encoder_that_learns_all_of_itself_has_no_statistics(objective):
    assert StyleEncoder.statistics(InceptionEncoder(dim=4), torch.zeros(1, 3, 8, 8)) is None
    found = make_bank(crops(1), 1, 16, objective, InceptionEncoder(dim=4), seed=0)
    assert found.statistics is None


def test_crops_depend_on_the_seed_alone(bank, objective, encoder):
    again = make_bank(crops(5, first=10), 3, 24, objective, encoder, seed=4)
    other = make_bank(crops(5, first=10), 3, 24, objective, encoder, seed=5)
    assert torch.equal(bank.crops, again.crops)
    assert not torch.equal(bank.crops, other.crops)


def test_round_trip(bank, tmp_path):
    save_bank(bank, tmp_path / "bank.safetensors", "key")
    found = load_bank(tmp_path / "bank.safetensors", "key", CPU)
    assert torch.equal(found.crops, bank.crops)
    assert torch.equal(found.statistics, bank.statistics)
    assert found.targets.keys() == bank.targets.keys()
    for key in bank.targets:
        assert torch.equal(found.targets[key], bank.targets[key])
        assert torch.equal(found.scales[key], bank.scales[key])
    assert [p.name for p in tmp_path.iterdir()] == ["bank.safetensors"]


def test_missing_foreign_and_damaged_files_are_ignored(bank, tmp_path):
    path = tmp_path / "bank.safetensors"
    assert load_bank(path, "key", CPU) is None
    save_bank(bank, path, "key")
    assert load_bank(path, "another key", CPU) is None
    whole = path.read_bytes()
    for damaged in (whole[:-5], whole[:10], b"", b"\xff" * 99):
        path.write_bytes(damaged)
        assert load_bank(path, "key", CPU) is None


def test_a_bank_that_cannot_be_written_is_an_error_of_ours(bank, tmp_path):
    (tmp_path / "bank.safetensors" / "inside").mkdir(parents=True)
    with pytest.raises(CheckpointError, match=r"bank\.safetensors.*data\.bank = 0"):
        save_bank(bank, tmp_path / "bank.safetensors", "key")
    assert [p.name for p in tmp_path.iterdir()] == ["bank.safetensors"]
