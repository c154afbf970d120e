from __future__ import annotations

import dataclasses

import pytest
import torch
from helpers import picture, tiny_model
from training_cases import crops, drawn

from stylemix.backbones import feature_net
from stylemix.injections.style import StyleMix
from stylemix.losses.objective import Objective
from stylemix.training.model.bank import make_bank
from stylemix.training.model.batch_losses import BatchLosses
from stylemix.training.model.batches import Batch, Batches
from stylemix.training.model.config import PhaseConfig


@pytest.fixture(scope="module")
def objective():
    return Objective("balanced", feature_net("thin"))


def pictures(count, first=0, side=16):
    return torch.cat([picture(first + i, side, side) for i in range(count)])


def batch_of(count, identity=None, per_style=1):
    flags = torch.zeros(count) if identity is None else torch.tensor(identity)
    return Batch(pictures(count * per_style), pictures(count, first=40), None, None, flags)


def step_of(objective, *injections, precision=torch.float32):
    model = tiny_model(*injections).train()
    model.encoder.initialize()
    return BatchLosses(model, objective, precision)


INJECTIONS = [
    ({"name": "film"},),
    ({"name": "concat"},),
    ({"name": "inject"},),
    ({"name": "film"}, {"name": "patch", "feature": "relu3_3"}),
]


@pytest.mark.parametrize("injections", INJECTIONS, ids=lambda i: i[-1]["name"])
def test_gradient_reaches_encoder_and_generator(objective, injections):
    step = step_of(objective, *injections)
    parts = step(batch_of(3, [0.0, 1.0, 0.0]))
    objective.total(parts).backward()
    for name, parameter in step.model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
    for part in (step.model.encoder, step.model.generator):
        assert sum(float(p.grad.abs().sum()) for p in part.parameters() if p.grad is not None) > 0
    assert all(p.grad is None for p in objective.parameters())


def test_losses_are_those_of_the_objective_by_hand(objective):
    step = step_of(objective)
    batch = batch_of(3)
    with torch.no_grad():
        style = step.model.prepare(batch.style)
        output = step.model(batch.content, StyleMix.single(style))
        wanted = objective(output, objective.prepare(batch.content, batch.style), batch.identity)
        found = step(batch)
    assert {k: float(v) for k, v in found.items()} == {k: float(v) for k, v in wanted.items()}


@pytest.mark.parametrize("injections", [INJECTIONS[0], INJECTIONS[3]], ids=["film", "patch"])
def test_bank_and_fresh_pictures_give_the_same_losses(objective, injections):
    step = step_of(objective, *injections)
    bank = make_bank(crops(4, first=40), 1, 16, objective, step.model.encoder, seed=0)
    maps = bool(step.model.needs - {"embedding"})
    phase = PhaseConfig(crop=16, batch=4, style_crop=(16,), identity=0.5)
    batch = drawn(Batches(crops(6), None, bank, maps=maps, seed=1), phase, 2, 0, 0)
    assert 0 < batch.identity.sum() < 4
    assert (batch.statistics is None) == maps
    chosen = Batches(crops(6), None, bank, maps=True, seed=1)._turn(0, 4, 4, "paintings")
    fresh = dataclasses.replace(batch, statistics=None, targets=None, style=bank.images(chosen))
    with torch.no_grad():
        found, wanted = step(batch), step(fresh)
    for label, value in wanted.items():
        # targets are kept as float16
        assert float(found[label]) == pytest.approx(float(value), rel=2e-3), label


def test_bank_and_fresh_pictures_give_the_same_gradient(objective):
    step = step_of(objective)
    bank = make_bank(crops(4, first=40), 1, 16, objective, step.model.encoder, seed=0)
    chosen = torch.arange(4)
    none = torch.zeros(4)
    gradients = []
    for batch in (
        Batch(pictures(4), None, bank.statistics[chosen], bank.targets_of(chosen), none),
        Batch(pictures(4), bank.images(chosen), None, None, none),
    ):
        step.zero_grad()
        objective.total(step(batch)).backward()
        gradients.append(
            torch.cat([p.grad.flatten() for p in step.model.parameters() if p.grad is not None])
        )
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > 0.9999


def test_identity_rows_take_the_photograph_as_style(objective):
    step = step_of(objective)
    mixed = batch_of(3, [0.0, 1.0, 0.0])
    swapped = mixed.style.clone()
    swapped[1] = mixed.content[1]
    with torch.no_grad():
        found = step(mixed)
        style = step.model.prepare(swapped)
        output = step.model(mixed.content, StyleMix.single(style))
        targets = objective.prepare(mixed.content, swapped)
        wanted = objective(output, targets, mixed.identity)
        # by hand: the pixel loss counts in that row only
        pixel = float((output[1] - mixed.content[1]).square().mean()) / 3
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {k: float(v) for k, v in wanted.items()}, rel=1e-5
    )
    assert float(found["identity"]) == pytest.approx(pixel, rel=1e-5)


def test_painting_of_an_identity_row_does_not_matter(objective):
    step = step_of(objective)
    one = batch_of(2, [1.0, 0.0])
    other = dataclasses.replace(one, style=one.style.clone())
    other.style[0] = picture(99, 16, 16)[0]
    third = dataclasses.replace(one, style=one.style.clone())
    third.style[1] = picture(99, 16, 16)[0]
    with torch.no_grad():
        losses = [{k: float(v) for k, v in step(b).items()} for b in (one, other, third)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_identity_row_fits_paintings_of_another_size(objective):
    step = step_of(objective)
    batch = Batch(pictures(2), pictures(2, first=40, side=24), None, None, torch.tensor([1.0, 0]))
    parts = step(batch)
    assert all(torch.isfinite(v) for v in parts.values())
    assert float(parts["identity"].detach()) > 0


def test_per_style_equals_repeated_paintings(objective):
    step = step_of(objective, {"name": "film"}, {"name": "patch", "feature": "relu3_3"})
    batch = batch_of(2, per_style=3)
    repeated = Batch(
        batch.content, batch.style.repeat_interleave(3, dim=0), None, None, torch.zeros(6)
    )
    with torch.no_grad():
        found, wanted = step(batch), step(repeated)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {k: float(v) for k, v in wanted.items()}, rel=1e-5
    )


def test_bfloat16_losses_are_those_of_float32_within_a_few_percent(objective):
    batch = batch_of(4, [0.0, 0.0, 1.0, 0.0])
    exact = step_of(objective)(batch)
    short = step_of(objective, precision=torch.bfloat16)(batch)
    objective.total(short).backward()
    assert exact.keys() == short.keys()
    for label in exact:
        assert torch.isfinite(short[label])
        assert float(short[label].detach()) == pytest.approx(float(exact[label].detach()), rel=0.05)
    assert any(float(exact[k].detach()) != float(short[k].detach()) for k in exact)


@pytest.mark.parametrize("injections", INJECTIONS, ids=lambda i: i[-1]["name"])
def test_partial_rows_mix_both_styles_as_strength_does(objective, injections):
    step = step_of(objective, *injections)
    batch = batch_of(3, [0.0, 0.25, 1.0])
    with torch.no_grad():
        found = step(batch)
        outputs = []
        for row, share in enumerate(batch.identity.tolist()):
            content = batch.content[row : row + 1]
            both = [step.model.prepare(x) for x in (batch.style[row : row + 1], content)]
            weights = tuple(torch.full((1, 1, 1, 1), w) for w in (1 - share, share))
            outputs.append(step.model(content, StyleMix(tuple(both), weights)))
        targets = objective.prepare(batch.content, batch.style)
        wanted = objective(torch.cat(outputs), targets, batch.identity)
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {k: float(v) for k, v in wanted.items()}, rel=1e-4
    )


def test_gradient_of_partial_rows_reaches_the_encoder_from_both_styles(objective):
    step = step_of(objective)
    batch = batch_of(1, [0.5])
    gradients = []
    for other in (batch, dataclasses.replace(batch, identity=torch.zeros(1))):
        step.zero_grad()
        objective.total(step(other)).backward()
        gradients.append(
            torch.cat(
                [p.grad.flatten() for p in step.model.encoder.parameters() if p.grad is not None]
            )
        )
    assert all(float(g.abs().sum()) > 0 for g in gradients)
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) < 0.999
