"""Training models of named styles, and of one style."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from helpers import tiny_config
from training_cases import table, write_folder

import stylemix
from stylemix.errors import ConfigError, DataError
from stylemix.images import read
from stylemix.training import TrainConfig, Trainer
from stylemix.training.model.config import DataConfig
from stylemix.training.model.named import names, rows_of, with_styles

PHASE = {"crop": 16, "batch": 4, "style_crop": [16], "identity": 0.0}


def paintings(folder, *stems):
    """Rename the pictures of a new folder."""
    write_folder(folder, len(stems), first=100, width=32)
    for number, stem in enumerate(stems):
        (folder / f"{number}.jpg").rename(folder / f"{stem}.jpg")
    return DataConfig(style=(str(folder),))


def model(**encoder):
    config = tiny_config({"name": "film", "sites": ["*"]})
    return {**config, "encoder": {"name": "table", **encoder}}


def test_names_are_those_of_the_files_in_the_order_of_reading(tmp_path):
    data = paintings(tmp_path / "p", "waves", "ink", "night")
    assert names(data) == ["ink", "night", "waves"]
    before = model()
    kept = copy.deepcopy(before)
    assert with_styles(before, data)["encoder"]["styles"] == ["ink", "night", "waves"]
    assert before == kept
    given = model(styles=["a", "b"])
    assert with_styles(given, data) == given
    assert with_styles(tiny_config(), data) == tiny_config()


def test_two_paintings_of_one_name_are_refused(tmp_path):
    paintings(tmp_path / "p" / "a", "night")
    paintings(tmp_path / "p" / "b", "night")
    with pytest.raises(DataError, match="two paintings are named 'night'"):
        names(DataConfig(style=(str(tmp_path / "p"),)))


def test_rows_follow_the_names_not_the_order(tmp_path):
    data = paintings(tmp_path / "p", "waves", "ink", "night")
    assert rows_of(("night", "waves", "ink"), data, 3).tolist() == [2, 0, 1]
    assert rows_of((), data, 3) is None
    with pytest.raises(DataError, match="not all could be read"):
        rows_of(("night", "waves", "ink"), data, 2)
    with pytest.raises(ConfigError, match="'waves' is none of the model's styles"):
        rows_of(("night", "ink"), data, 3)
    with pytest.raises(ConfigError, match="style 'fog' has no painting"):
        rows_of(("night", "waves", "ink", "fog"), data, 3)


@pytest.mark.parametrize("bank", [0, 2])
def test_each_style_learns_from_its_own_painting(tmp_path, bank):
    """Only the drawn painting's column of the one-hot table gets a gradient and moves."""
    found = table(
        tmp_path, model=model(), schedule={"steps": 1}, data={"bank": bank}, optimizer={"ema": 0.0}
    )
    found["phases"] = [{"crop": 16, "batch": 1, "style_crop": [16], "identity": 0.0}]
    trainer = Trainer(TrainConfig.from_table(found, tmp_path))
    assert trainer.model.styles == ("0", "1", "2", "3")
    row = int(trainer.batches.draw(trainer.config.phases[0], 0, 0, 0).rows)
    layers = [m.linear for i in trainer.model._injected for _, m in i.attached()]
    before = [layer.weight.detach().clone() for layer in layers]
    folder = trainer.run()
    for layer, old in zip(layers, before, strict=True):
        moved = (layer.weight.detach() - old).abs().amax(0) > 0
        assert moved.nonzero().flatten().tolist() == [row]
    # What was drawn is that very painting's crop.
    batch = trainer.batches.draw(trainer.config.phases[0], 0, 0, 0)
    painting = read(tmp_path / "paintings" / f"{row}.jpg").pixels.float() / 255
    windows = painting.unfold(1, 16, 1).unfold(2, 16, 1)
    distance = min(
        float((windows - c[0][:, None, None]).abs().amax((0, 3, 4)).min())
        for c in (batch.style, batch.style.flip(3))
    )
    assert distance < 2 / 255

    loaded = stylemix.load(folder)
    photo = np.full((32, 32, 3), 90, np.uint8)
    by_name = np.asarray(loaded.stylize(photo, str(row)))
    by_picture = np.asarray(loaded.stylize(photo, tmp_path / "paintings" / f"{row}.jpg"))
    assert (by_name == by_picture).all()


def test_a_resumed_run_goes_on(tmp_path):
    def run(steps):
        found = table(
            tmp_path,
            model=model(),
            schedule={"steps": steps},
            runtime={"sample_every": 2},
            phases=[PHASE],
        )
        return Trainer(TrainConfig.from_table(found, tmp_path)).run()

    run(2)
    folder = run(4)
    assert stylemix.load(folder).styles == ("0", "1", "2", "3")
    assert len(list((folder / "training" / "samples").iterdir())) == 2


def test_one_network_for_one_style(tmp_path):
    config = {**tiny_config(), "encoder": {"name": "none"}, "injections": []}
    found = table(tmp_path, model=config, schedule={"steps": 3}, data={"bank": 1}, phases=[PHASE])
    trainer = Trainer(TrainConfig.from_table(found, tmp_path))
    before = trainer.model.generator.state_dict()["stages.0.units.0.conv.weight"].clone()
    loaded = stylemix.load(trainer.run())
    after = trainer.model.generator.state_dict()["stages.0.units.0.conv.weight"]
    assert (after != before).any()
    photo = np.full((32, 32, 3), 90, np.uint8)
    assert loaded.stylize(photo).size == (32, 32)
    assert torch.isfinite(after).all()
