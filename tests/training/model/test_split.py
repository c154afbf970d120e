"""Split samples: whose texture, whose colours, and what the losses see."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from helpers import picture, tiny_config, tiny_model, tiny_palette_model
from training_cases import assert_same, config, crops, drawn, raw

from stylemix.backbones import feature_net
from stylemix.errors import ConfigError
from stylemix.images.color import desaturate
from stylemix.injections.style import StyleMix
from stylemix.losses.objective import LOSS_PRESETS as LOSSES
from stylemix.losses.objective import Objective
from stylemix.training import Trainer
from stylemix.training.model.bank import make_bank
from stylemix.training.model.batch_losses import BatchLosses
from stylemix.training.model.batches import Batches
from stylemix.training.model.config import PhaseConfig
from stylemix.training.model.split import Split, desaturated

TERMS = {**LOSSES["balanced"], "palette": {"name": "palette", "weight": 2.0}}
PHASE = PhaseConfig(crop=16, batch=8, style_crop=(16,), identity=0.25, split=0.5)


@pytest.fixture(scope="module")
def objective():
    return Objective(TERMS, feature_net("thin"))


@pytest.fixture(scope="module")
def step(objective):
    model = tiny_palette_model().train()
    model.encoder.initialize()
    return BatchLosses(model, objective, torch.float32)


@pytest.fixture(scope="module")
def bank(objective, step):
    return make_bank(crops(5, first=40), 1, 16, objective, step.model.encoder, seed=0)


def losses(step, batch):
    with torch.no_grad():
        return {k: float(v) for k, v in step(batch).items()}


def test_target_is_grey_with_the_other_brightness():
    split = Split(torch.tensor([0]), 0.3 + 0.3 * picture(1), 0.35 + 0.2 * picture(2), None)
    found, wanted = split.target(), desaturate(split.colors)
    assert torch.equal(found, desaturate(found)) or (found - desaturate(found)).abs().max() < 1e-6
    assert float(found.mean()) == pytest.approx(float(wanted.mean()), abs=2e-3)
    assert float(found.std(correction=0)) == pytest.approx(
        float(wanted.std(correction=0)), abs=2e-3
    )
    a, b = found[0, 0].flatten(), desaturate(split.texture)[0, 0].flatten()
    assert torch.corrcoef(torch.stack([a, b]))[0, 1] > 0.999
    flat = dataclasses.replace(split, texture=torch.full((1, 3, 8, 8), 0.2))
    assert torch.isfinite(flat.target()).all()


def test_desaturated_pictures():
    x = torch.cat([picture(1), picture(2)])
    found = desaturated(x, torch.tensor([1.0, 0.0]))
    assert torch.equal(found[0], desaturate(x)[0])
    assert torch.equal(found[1], x[1])
    assert desaturated(x, None) is None


@pytest.mark.parametrize("use_bank", [False, True])
def test_what_is_drawn(bank, use_bank):
    paintings = crops(5, first=40)
    given = {"bank": bank} if use_bank else {"bank": None}
    source = Batches(crops(6), None if use_bank else paintings, **given, maps=False, seed=1)
    share = pairs = 0
    for number in range(40):
        batch = drawn(source, PHASE, number, 0, 8 * number)
        plain = drawn(source, dataclasses.replace(PHASE, split=0.0), number, 0, 8 * number)
        assert plain.split is None
        assert torch.equal(plain.content, batch.content)
        assert torch.equal(plain.identity, batch.identity)
        if batch.split is None:
            continue
        assert not batch.identity[batch.split.rows].any()
        share += len(batch.split.rows)
        pairs += int((1 - batch.identity).sum())
        if use_bank:
            at = [
                int((bank.images(torch.arange(5)) == c).flatten(1).all(1).nonzero()[0])
                for c in batch.split.colors
            ]
            assert torch.equal(batch.split.statistics, bank.statistics[at])
        else:
            assert torch.equal(batch.style[batch.split.rows], batch.split.texture)
        assert batch.split.colors.shape == batch.split.texture.shape
    assert share / pairs == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("use_bank", [False, True])
@pytest.mark.parametrize("world", [2, 4])
def test_shares_of_all_processes_are_the_whole_batch(bank, use_bank, world):
    given = {"bank": bank if use_bank else None, "maps": False, "seed": 3}
    paintings = None if use_bank else crops(5, first=40)
    whole = drawn(Batches(crops(7), paintings, **given), PHASE, 2, 0, 0)
    shares = [
        drawn(Batches(crops(7), paintings, **given, rank=r, world=world), PHASE, 2, 0, 0)
        for r in range(world)
    ]
    part = PHASE.batch // world
    rows = [s.split.rows + r * part for r, s in enumerate(shares) if s.split is not None]
    assert torch.equal(torch.cat(rows), whole.split.rows)
    for name in ("texture", "colors", *(["statistics"] if use_bank else [])):
        found = [getattr(s.split, name) for s in shares if s.split is not None]
        assert torch.equal(torch.cat(found), getattr(whole.split, name))


def test_losses_are_those_by_hand(objective, step):
    batch = drawn(Batches(crops(6), crops(5, first=40), None, maps=False, seed=1), PHASE, 2, 0, 0)
    split = batch.split
    assert split is not None
    rows = split.rows
    model = step.model
    with torch.no_grad():
        own = batch.identity.bool()
        texture = torch.where(own.view(-1, 1, 1, 1), batch.content, batch.style)
        colors = texture.index_copy(0, rows, split.colors)
        code = {**model.code(texture), "palette": model.code(colors)["palette"]}
        output = model(batch.content, StyleMix.single(model.prepare(texture, code)))
        flags = torch.zeros(8).index_fill(0, rows, 1.0)
        style = {k: v for k, v in objective.prepare_one("style", batch.style).items()}
        grams = objective.prepare_one("style", batch.style.index_copy(0, rows, split.target()))
        palettes = objective.prepare_one("style", batch.style.index_copy(0, rows, split.colors))
        targets = {
            **style,
            "style": grams["style"],
            "palette": palettes["palette"],
            **objective.prepare_one("content", desaturated(batch.content, flags)),
            "identity": objective.prepare_one("content", batch.content)["identity"],
        }
        seen = {
            k: float(v)
            for k, v in objective(desaturated(output, flags), targets, batch.identity).items()
        }
        colored = {k: float(v) for k, v in objective(output, targets, batch.identity).items()}
    found = losses(step, batch)
    wanted = {
        "content": seen["content"],
        "style": seen["style"],
        "tv": colored["tv"],
        "identity": colored["identity"],
        "palette": colored["palette"],
    }
    assert found == pytest.approx(wanted, rel=1e-4)


def test_bank_and_fresh_pictures_give_the_same_losses(step, bank):
    batch = drawn(Batches(crops(6), None, bank, maps=False, seed=1), PHASE, 2, 0, 0)
    assert batch.split is not None
    maps = drawn(Batches(crops(6), None, bank, maps=True, seed=1), PHASE, 2, 0, 0)
    fresh = dataclasses.replace(maps, targets=None)
    found, wanted = losses(step, batch), losses(step, fresh)
    for label, value in wanted.items():
        assert found[label] == pytest.approx(value, rel=3e-3), label


def test_split_sample_sees_neither_the_colours_of_one_nor_the_places_of_the_other(step):
    batch = drawn(Batches(crops(6), crops(5, first=40), None, maps=False, seed=1), PHASE, 2, 0, 0)
    split = batch.split
    drab = dataclasses.replace(
        batch,
        style=batch.style.index_copy(0, split.rows, desaturate(split.texture)),
        split=dataclasses.replace(split, texture=desaturate(split.texture)),
    )
    turned = dataclasses.replace(
        batch, split=dataclasses.replace(split, colors=split.colors.flip((2, 3)))
    )
    other = dataclasses.replace(batch, split=dataclasses.replace(split, colors=1 - split.colors))
    plain = losses(step, batch)
    assert losses(step, drab) == pytest.approx(plain, rel=1e-3)
    assert losses(step, turned) == pytest.approx(plain, rel=1e-4)
    assert losses(step, other)["palette"] != pytest.approx(plain["palette"], rel=1e-3)


@pytest.mark.parametrize(
    ("model", "losses", "message"),
    [
        (tiny_config(), {}, "palette code"),
        (tiny_palette_model().config, {"features": "thin"}, "loss that binds colours"),
    ],
)
def test_a_training_that_could_not_tell_is_refused(tmp_path, model, losses, message):
    with pytest.raises(ConfigError, match=message):
        Trainer(
            config(
                tmp_path,
                model=model,
                losses=losses,
                phases=[{"crop": 16, "batch": 4, "style_crop": [16], "split": 0.5}],
            )
        )
    with pytest.raises(ConfigError, match="split must be a number >= 0 and <= 1"):
        config(tmp_path, phases=[{"crop": 16, "split": 1.5}])
    assert tiny_model().palette_sites == ()


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    def run(output, steps):
        trainer = Trainer(
            config(
                tmp_path,
                output=output,
                model=tiny_palette_model().config,
                data={"bank": 1},
                losses={"terms": {"palette": {"name": "palette", "weight": 2.0}}},
                optimizer={"cosine": False},
                schedule={"steps": steps},
                phases=[
                    {"crop": 16, "batch": 4, "style_crop": [16], "identity": 0.25, "split": 0.5}
                ],
            )
        )
        trainer.run()

    run("whole", 6)
    run("parts", 3)
    run("parts", 6)
    assert_same(raw(tmp_path / "whole"), raw(tmp_path / "parts"))
