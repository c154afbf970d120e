from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_cases import crops
from training_cases import drawn as batch_of

from stylemix.backbones import feature_net
from stylemix.encoders import ThinEncoder
from stylemix.losses.objective import Objective
from stylemix.training.data import Crops
from stylemix.training.model.bank import make_bank
from stylemix.training.model.batches import STRENGTHS, Batches
from stylemix.training.model.config import PhaseConfig


@pytest.fixture(scope="module")
def bank():
    torch.manual_seed(0)
    return make_bank(
        crops(3, first=50),
        2,
        16,
        Objective("balanced", feature_net("thin")),
        ThinEncoder(dim=8, hidden=16),
        seed=1,
    )


def flat(count, size=20):
    """Give pictures of one value each: a crop tells which one it is from."""
    return Crops(
        [torch.full((3, size, size), i, dtype=torch.uint8) for i in range(count)],
        torch.device("cpu"),
    )


def numbers(images):
    return (images[:, 0, 0, 0] * 255).round().int().tolist()


def sources(use_bank, maps, bank):
    return {
        "paintings": None if use_bank else crops(5, first=50),
        "bank": bank if use_bank else None,
        "maps": maps,
    }


PHASES = [
    PhaseConfig(crop=16, batch=8, style_crop=(16, 24), identity=0.5, zoom=2.0),
    PhaseConfig(crop=16, batch=12, style_crop=(16,), identity=0.0, per_style=3),
]


@pytest.mark.parametrize("phase", PHASES, ids=["identity", "per_style"])
@pytest.mark.parametrize(("use_bank", "maps"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("world", [2, 4])
def test_shares_of_all_processes_are_the_whole_batch(bank, phase, use_bank, maps, world):
    given = sources(use_bank, maps, bank)
    for step in (0, 5):
        whole = batch_of(Batches(crops(7), **given, seed=3), phase, step, 8 * step, 4 * step)
        shares = [
            batch_of(
                Batches(crops(7), **given, seed=3, rank=r, world=world),
                phase,
                step,
                8 * step,
                4 * step,
            )
            for r in range(world)
        ]
        for name in ("content", "style", "statistics", "identity"):
            wanted = getattr(whole, name)
            if wanted is None:
                assert all(getattr(s, name) is None for s in shares)
            else:
                assert torch.equal(torch.cat([getattr(s, name) for s in shares]), wanted)
        assert (whole.targets is None) == (not use_bank)
        for label, tensors in (whole.targets or {}).items():
            for i, wanted in enumerate(tensors):
                assert torch.equal(torch.cat([s.targets[label][i] for s in shares]), wanted)


def test_a_batch_depends_on_seed_and_step_alone(bank):
    def draw(seed, step, seen=0):
        batches = Batches(crops(7), crops(5, first=50), None, maps=False, seed=seed)
        batch_of(batches, PHASES[0], 99, 5, 5)  # what was drawn before doesn't matter
        return batch_of(batches, PHASES[0], step, seen, seen)

    assert torch.equal(draw(1, 4).content, draw(1, 4).content)
    assert torch.equal(draw(1, 4).identity, draw(1, 4).identity)
    assert not torch.equal(draw(1, 4).content, draw(1, 5).content)
    assert not torch.equal(draw(1, 4).content, draw(2, 4).content)
    assert not torch.equal(draw(1, 4).content, draw(1, 4, seen=8).content)


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 9))
def test_every_pass_uses_every_picture_once(photographs, paintings, batch):
    phase = PhaseConfig(crop=16, batch=batch, style_crop=(16,), identity=0.0)
    batches = Batches(flat(photographs), flat(paintings), None, maps=False, seed=7)
    steps = 2 * photographs * paintings // batch + 1
    drawn = [batch_of(batches, phase, s, s * batch, s * batch) for s in range(min(steps, 30))]
    for size, images in (
        (photographs, [b.content for b in drawn]),
        (paintings, [b.style for b in drawn]),
    ):
        found = [n for i in images for n in numbers(i)]
        for start in range(0, len(found) - size + 1, size):
            assert sorted(found[start : start + size]) == list(range(size))


def test_passes_are_shuffled_anew():
    phase = PhaseConfig(crop=16, batch=20, style_crop=(16,), identity=0.0)
    batches = Batches(flat(20), flat(20), None, maps=False, seed=7)
    first, second = (batch_of(batches, phase, s, 20 * s, 20 * s) for s in (0, 1))
    orders = [
        numbers(first.content),
        numbers(second.content),
        numbers(first.style),
        numbers(second.style),
    ]
    assert len({tuple(o) for o in [*orders, list(range(20))]}) == 5


def test_per_style_draws_fewer_paintings():
    batches = Batches(flat(20), flat(20), None, maps=False, seed=7)
    batch = batch_of(batches, PHASES[1], 0, 0, 0)
    assert (len(batch.content), len(batch.style), len(batch.identity)) == (12, 4, 4)


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_identity_rate(rate):
    phase = PhaseConfig(crop=16, batch=100, style_crop=(16,), identity=rate)
    batches = Batches(flat(2), flat(2), None, maps=False, seed=0)
    share = torch.cat([batch_of(batches, phase, s, 0, 0).identity for s in range(20)])
    assert set(share.tolist()) <= {0.0, 1.0}
    # 2000 draws: four standard deviations of a rate of 0.2 are 0.036
    assert abs(float(share.mean()) - rate) <= 0.036 * (0 < rate < 1)


def test_each_step_draws_one_of_the_style_sizes():
    phase = PhaseConfig(crop=16, batch=2, style_crop=(16, 20, 32), identity=0.0)
    batches = Batches(flat(2), flat(2, size=40), None, maps=False, seed=0)
    sizes = Counter(batch_of(batches, phase, s, 0, 0).style.shape[-1] for s in range(150))
    assert set(sizes) == {16, 20, 32}
    assert min(sizes.values()) > 30


def test_content_has_the_phases_crop():
    batch = batch_of(
        Batches(flat(3), flat(3), None, maps=False, seed=0),
        PhaseConfig(crop=24, batch=3, style_crop=(16,)),
        0,
        0,
        0,
    )
    assert batch.content.shape == (3, 3, 24, 24)


def test_bank_gives_what_is_needed_and_no_more(bank):
    phase = PhaseConfig(crop=16, batch=4, style_crop=(16,))
    batch = batch_of(Batches(flat(3), None, bank, maps=False, seed=0), phase, 0, 0, 0)
    assert batch.style is None
    assert batch.statistics.shape == (4, bank.statistics.shape[1])
    batch = batch_of(Batches(flat(3), None, bank, maps=True, seed=0), phase, 0, 0, 0)
    assert batch.statistics is None
    assert batch.style.shape == (4, 3, 16, 16)


def test_partial_samples_lie_between_and_are_no_identity_pairs():
    phase = PhaseConfig(crop=16, batch=100, style_crop=(16,), identity=0.2, partial=0.25)
    batches = Batches(crops(3), crops(3, first=10), None, maps=False, seed=0)
    share = torch.cat([batch_of(batches, phase, s, 0, 0).identity for s in range(20)])
    between = share[(share > 0) & (share < 1)]
    assert float((share == 1).float().mean()) == pytest.approx(0.2, abs=0.03)
    assert len(between) / len(share) == pytest.approx(0.8 * 0.25, abs=0.03)
    low, high = STRENGTHS
    assert 1 - high <= float(between.min()) < 1 - high + 0.05
    assert 1 - low - 0.05 < float(between.max()) <= 1 - low


def test_partial_samples_leave_the_others_as_they_were():
    plain = PhaseConfig(crop=16, batch=20, style_crop=(16,), identity=0.3)
    batches = Batches(crops(3), crops(3, first=10), None, maps=False, seed=0)
    before = batch_of(batches, plain, 3, 0, 0)
    after = batch_of(batches, dataclasses.replace(plain, partial=0.5), 3, 0, 0)
    assert torch.equal(before.content, after.content)
    assert torch.equal(before.style, after.style)
    assert torch.equal(before.identity == 1, after.identity == 1)
    assert not torch.equal(before.identity, after.identity)
