from __future__ import annotations

import re
from pathlib import Path

import pytest

from stylemix.errors import ConfigError
from stylemix.training.encoder import PretrainConfig

ROOT = Path(__file__).parents[3]
PLAIN = {"output": "e.safetensors", "data": {"style": ["paintings"]}}


def test_defaults_and_paths(tmp_path):
    (tmp_path / "c.toml").write_text(
        'output = "out/e.safetensors"\nencoder_weights = "i.safetensors"\n'
        '[data]\nstyle = "paintings"\n[optimizer]\nwarmup = 5\n'
    )
    config = PretrainConfig.from_toml(tmp_path / "c.toml")
    assert config.output == str(tmp_path / "out" / "e.safetensors")
    assert config.encoder_weights == str(tmp_path / "i.safetensors")
    assert config.data.style == (str(tmp_path / "paintings"),)
    assert config.data.side == 224
    assert config.data.held_out == 0.1
    assert config.encoder_spec == {"name": "inception"}
    assert (config.optimizer.lr, config.optimizer.warmup) == (3e-4, 5)
    assert config.schedule.steps == 2000
    assert config.report_file == tmp_path / "out" / "e.json"
    assert config.state_file == tmp_path / "out" / "e.state.safetensors"


def test_tables_turn_round():
    config = PretrainConfig.from_table(
        {**PLAIN, "encoder": {"name": "thin", "dim": 8}, "schedule": {"minutes": 3}}
    )
    assert PretrainConfig.from_table(config.to_table()) == config
    assert config.encoder_spec == {"name": "thin", "dim": 8}


@pytest.mark.parametrize(
    "change, said",
    [
        ({"output": "e.pt"}, r"\.safetensors"),
        ({"outptu": "x"}, "did you mean 'output'"),
        ({"data": {"sytle": []}}, r"data\.sytle"),
        ({"seed": -1}, "seed"),
        ({"batch": 1}, "batch"),
        ({"batch": 2.5}, "batch must be a whole number"),
        ({"crops": 0}, "crops"),
        ({"crops": 1}, "contrastive term needs crops = 2"),
        ({"data": {"side": 8}}, r"data\.side"),
        ({"data": {"crop": 256}}, r"data\.crop must be from 16 to data\.side = 224"),
        ({"data": {"zoom": 0.5}}, r"data\.zoom"),
        ({"data": {"held_out": 0}}, r"data\.held_out"),
        ({"data": {"held_out": 0.6}}, r"data\.held_out"),
        ({"data": {"smallest_style": 1}}, r"smallest_style"),
        ({"data": {"limit": -1}}, r"data\.limit"),
        (
            {"losses": {"cross_entropy": 0, "contrastive": 0}},
            "cross_entropy or contrastive must be",
        ),
        ({"losses": {"contrastive": -1}}, "losses"),
        ({"losses": {"temperature": 0}}, "temperature"),
        ({"losses": {"positives": "artist"}}, "painting, style"),
        ({"optimizer": {"lr": 0}}, r"optimizer\.lr"),
        ({"optimizer": {"betas": [0.9]}}, "betas"),
        ({"optimizer": {"ema": 1}}, r"optimizer\.ema"),
        ({"optimizer": {"clip": -1}}, "clip"),
        ({"optimizer": 3}, "optimizer must be a table"),
        ({"schedule": {"steps": 5, "minutes": 5}}, "exactly one"),
        ({"runtime": {"precision": "half"}}, "precision"),
        ({"runtime": {"save_every": -1}}, "save_every"),
    ],
)
def test_wrong_values_are_named(change, said):
    with pytest.raises(ConfigError, match=said):
        PretrainConfig.from_table({**PLAIN, **change})


def test_single_crops_do_for_the_positives_of_a_style():
    config = PretrainConfig.from_table({**PLAIN, "crops": 1, "losses": {"positives": "style"}})
    assert config.crops == 1


def test_files_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        PretrainConfig.from_toml(tmp_path / "none.toml")
    (tmp_path / "c.toml").write_text("seed = ")
    with pytest.raises(ConfigError, match="no valid TOML"):
        PretrainConfig.from_toml(tmp_path / "c.toml")
    with pytest.raises(ConfigError, match="lacks output"):
        PretrainConfig.from_table({})


def test_the_files_ready_to_run_differ_in_the_contrastive_term_alone():
    plain, contrastive = (
        PretrainConfig.from_toml(ROOT / "docs" / "training" / f"{n}.toml")
        for n in ("encoder-plain", "encoder-contrastive")
    )
    a, b = plain.to_table(), contrastive.to_table()
    assert {k for k in a if a[k] != b[k]} == {"output", "losses"}
    assert {k for k in a["losses"] if a["losses"][k] != b["losses"][k]} == {"contrastive"}
    assert plain.losses.contrastive == 0 < contrastive.losses.contrastive


def test_examples_and_tables_of_the_guide(tmp_path):
    text = (ROOT / "docs" / "pretraining.md").read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert examples
    for number, example in enumerate(e for e in examples if "output" in e):
        (tmp_path / f"{number}.toml").write_text(example)
        if "[data]" in example:
            config = PretrainConfig.from_toml(tmp_path / f"{number}.toml")
            assert config.data.style
    # Every key is in the guide's tables with its true default.
    described = dict(
        re.findall(r"^\| `([\w.]+)` \| (\S.*?) \|", text.split("## Every key")[-1], re.M)
    )
    table = PretrainConfig.from_table({"output": "x.safetensors"}).to_table()
    flat = {
        f"{k}.{n}" if isinstance(v, dict) else k: w
        for k, v in table.items()
        for n, w in (v if isinstance(v, dict) else {"": v}).items()
    }
    assert described.keys() == flat.keys() - {"schedule.epochs", "schedule.minutes"}
    for key, default in described.items():
        if key != "output":
            value = default.strip("`").replace('"', "'")
            assert value == str(_plain(flat[key])), key


def _plain(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return list(value)
    return repr(value) if isinstance(value, str) else value
