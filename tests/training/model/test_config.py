from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_cases import write_toml

from stylemix.errors import ConfigError
from stylemix.plugins import registry
from stylemix.stylizers import build
from stylemix.training import TrainConfig
from stylemix.training.model.config import PhaseConfig, phase_at
from stylemix.training.tables import tomllib

DOCS = Path(__file__).parents[3] / "docs" / "training.md"
shares = st.lists(st.floats(0.01, 100), min_size=1, max_size=6)
LEAST = {"output": "out", "schedule": {"steps": 3}}


def make(**changes):
    return TrainConfig.from_table({**LEAST, **changes})


# Every one of these must be refused with a message that matches.
WRONG = [
    ({"outptu": "x"}, r"'outptu'.*'output'"),
    ({"optimizer": {"learning_rate": 1e-3}}, r"'optimizer\.learning_rate'.*known: lr"),
    ({"optimizer": {"warmpu": 1}}, r"'optimizer\.warmpu'.*'warmup'"),
    ({"phases": [{}, {"corp": 64}]}, r"'phases\[1\]\.corp'.*'crop'"),
    ({"data": {"contents": "x"}}, r"'data\.contents'.*'content'"),
    ({"losses": {"feature": "x"}}, r"'losses\.feature'.*'features'"),
    ({"schedule": {"epoch": 1}}, r"'schedule\.epoch'.*'epochs'"),
    ({"runtime": {"devise": "cpu"}}, r"'runtime\.devise'.*'device'"),
    ({"preset": "papre"}, r"'papre'.*'paper'.*balanced"),
    ({"preset": ["paper"]}, r"\['paper'\]"),
    ({"output": 5}, "output must be a text"),
    ({"model": 5}, "model must be"),
    ({"seed": 1.5}, "seed must be a whole number"),
    ({"seed": True}, "seed must be a whole number"),
    ({"seed": -1}, "seed must be a whole number >= 0 and below"),
    ({"seed": 2**64}, "seed must be a whole number >= 0 and below"),
    ({"data": "photos"}, "data must be a table"),
    ({"data": {"content": [5]}}, r"data\.content\[0\] must be a text"),
    ({"data": {"content": {}}}, r"data\.content must be a list"),
    ({"data": {"limit": -1}}, r"data\.limit"),
    ({"data": {"bank": -1}}, r"data\.bank"),
    ({"data": {"bank": True}}, r"data\.bank must be a whole number"),
    ({"data": {"content_side": 8}}, r"data\.content_side"),
    ({"data": {"style_side": 8}}, r"data\.style_side"),
    ({"losses": {"terms": {"style": 3}}}, r"losses\.terms\.style must be a table"),
    ({"losses": {"terms": []}}, r"losses\.terms must be a table"),
    ({"optimizer": {"lr": 0}}, r"optimizer\.lr must be a number above 0, got 0"),
    ({"optimizer": {"lr": float("nan")}}, r"optimizer\.lr"),
    ({"optimizer": {"lr": float("inf")}}, r"optimizer\.lr"),
    ({"optimizer": {"lr": "fast"}}, r"optimizer\.lr must be a number above 0, got 'fast'"),
    ({"optimizer": {"lr": True}}, r"optimizer\.lr must be a number"),
    ({"optimizer": {"betas": 0.9}}, r"optimizer\.betas must be a list of 2 values"),
    ({"optimizer": {"betas": [0.9, 1.0]}}, r"optimizer\.betas"),
    ({"optimizer": {"betas": [0.9, 0.99, 0.9]}}, r"optimizer\.betas"),
    ({"optimizer": {"cosine": 1}}, r"optimizer\.cosine must be true or false"),
    ({"optimizer": {"ema": 1.0}}, r"optimizer\.ema"),
    ({"optimizer": {"clip": -1}}, "clip"),
    ({"optimizer": {"warmup": -1}}, "warmup"),
    ({"optimizer": {"final": 1.5}}, "final"),
    ({"schedule": {}}, "exactly one of epochs, steps, minutes"),
    ({"schedule": {"steps": 3, "minutes": 1}}, "exactly one"),
    ({"schedule": {"steps": -3, "minutes": 1}}, "schedule"),
    ({"schedule": {"steps": 2.5}}, r"schedule\.steps must be a whole number"),
    ({"schedule": 5}, "schedule must be a table"),
    ({"phases": []}, r"phases must be a list with at least one item, got \[\]"),
    ({"phases": {"crop": 64}}, "phases must be a list"),
    ({"phases": [3]}, r"phases\[0\] must be a table"),
    ({"phases": [{"share": 0}]}, r"phases\[0\]\.share"),
    (
        {"phases": [{"crop": 66}]},
        r"phases\[0\]\.crop must be a whole number >= 16 and a multiple of 4, got 66",
    ),
    ({"phases": [{"crop": 12}]}, r"phases\[0\]\.crop"),
    ({"phases": [{"style_crop": []}]}, r"phases\[0\]\.style_crop"),
    ({"phases": [{"style_crop": [64, 8]}]}, r"phases\[0\]\.style_crop"),
    ({"phases": [{"batch": 0}]}, r"phases\[0\]\.batch"),
    ({"phases": [{"batch": 4, "per_style": 3, "identity": 0}]}, r"phases\[0\]\.per_style"),
    ({"phases": [{"batch": 4, "per_style": 2}]}, "identity pairs need per_style = 1"),
    (
        {"phases": [{"batch": 4, "per_style": 2, "identity": 0, "partial": 0.1}]},
        "so do samples in part",
    ),
    ({"phases": [{"partial": 1.5}]}, r"phases\[0\]\.partial must be a number >= 0 and <= 1"),
    ({"phases": [{"zoom": 0.5}]}, r"phases\[0\]\.zoom"),
    ({"phases": [{"identity": 1.5}]}, r"phases\[0\]\.identity"),
    ({"phases": [{"train": "decoder"}]}, r"phases\[0\]\.train.*all, encoder, generator"),
    ({"phases": [{"weights": {"style": "x"}}]}, r"phases\[0\]\.weights\.style must be a number"),
    (
        {"phases": [{"weights": {"style": -1}}]},
        r"phases\[0\]\.weights\.style must be a number >= 0, got -1",
    ),
    ({"data": {"bank": 1}, "phases": [{"style_crop": [64, 128]}]}, "one style_crop"),
    ({"data": {"bank": 1}, "phases": [{"style_crop": 64}, {"style_crop": 128}]}, "same style_crop"),
    ({"runtime": {"precision": "float16"}}, r"runtime\.precision.*auto, float32, bfloat16"),
    ({"runtime": {"save_every": -1}}, r"runtime\.save_every"),
    ({"runtime": {"sample_every": -1}}, r"sample_every"),
    ({"runtime": {"compile": "yes"}}, r"runtime\.compile must be true or false"),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=lambda v: str(v)[:50])
def test_wrong_value_is_refused_by_name(change, message):
    with pytest.raises(ConfigError, match=message):
        make(**change)


def test_output_is_required():
    with pytest.raises(ConfigError, match="output"):
        TrainConfig.from_table({"schedule": {"steps": 1}})


def test_paper_preset_has_the_papers_figures():
    config = TrainConfig.from_table({"output": "x", "preset": "paper"})
    adam = config.optimizer
    assert (adam.lr, adam.betas) == (5e-4, (0.9, 0.999))
    assert (adam.warmup, adam.cosine, adam.clip, adam.ema) == (0, False, 0.0, 0.0)
    assert config.schedule.epochs == 80
    assert [p.train for p in config.phases] == ["all", "encoder"]
    for phase in config.phases:
        assert (phase.batch, phase.crop, phase.style_crop) == (32, 256, (128, 256))
        assert (phase.identity, phase.zoom, phase.per_style) == (0.0, 1.0, 1)
    assert config.losses.preset == "paper"
    assert registry("presets").get(config.model)["encoder"]["name"] == "inception"


def test_balanced_preset_is_the_default():
    config = TrainConfig.from_table({"output": "x"})
    assert config == TrainConfig.from_table({"output": "x", "preset": "balanced"})
    assert (config.losses.preset, config.model) == ("balanced", "film")
    assert config.schedule.steps > 0
    assert config.optimizer.cosine
    assert config.optimizer.ema > 0
    assert [p.crop for p in config.phases] == sorted(p.crop for p in config.phases)


@pytest.mark.parametrize("preset", ["paper", "balanced"])
@pytest.mark.parametrize("schedule", [{"epochs": 2.0}, {"steps": 7}, {"minutes": 0.5}])
def test_own_schedule_replaces_the_presets(preset, schedule):
    found = TrainConfig.from_table({"output": "x", "preset": preset, "schedule": schedule})
    given = {"epochs": 0, "steps": 0, "minutes": 0} | schedule
    assert vars(found.schedule) == given


def test_own_table_adds_to_the_presets():
    found = TrainConfig.from_table({"output": "x", "preset": "paper", "optimizer": {"lr": 1e-2}})
    assert found.optimizer.lr == 1e-2
    assert found.optimizer.clip == 0.0  # the preset's


def test_own_phases_and_model_replace_the_presets():
    model = {"generator": {"name": "johnson"}, "encoder": {"name": "thin"}, "injections": []}
    found = TrainConfig.from_table({"output": "x", "phases": [{"crop": 32}], "model": model})
    assert len(found.phases) == 1
    assert found.model == model


def test_paths_are_relative_to_the_file(tmp_path):
    folder = tmp_path / "plans"
    folder.mkdir()
    path = write_toml(
        folder / "plan.toml",
        {
            "output": "../model",
            "init": "old",
            "encoder_weights": "e.safetensors",
            "data": {"content": ["photos", "/abs/photos/*.jpg", "~/home"], "style": "art/*.tar"},
            "losses": {"weights": "vgg.safetensors"},
        },
    )
    found = TrainConfig.from_toml(path)
    assert Path(found.output) == tmp_path / "model"
    assert Path(found.init) == folder / "old"
    assert Path(found.encoder_weights) == folder / "e.safetensors"
    assert found.data.content == (
        str(folder / "photos"),
        "/abs/photos/*.jpg",
        str(Path("~/home").expanduser()),
    )
    assert found.data.style == (str(folder / "art/*.tar"),)
    assert Path(found.losses.weights) == folder / "vgg.safetensors"


def test_the_same_data_named_from_two_folders_are_the_same(tmp_path):
    """So that a run may go on, or take over a bank, whose configuration lies elsewhere."""
    found = []
    for folder, up in (("plans", ".."), ("plans/more", "../..")):
        (tmp_path / folder).mkdir()
        found.append(
            TrainConfig.from_toml(
                write_toml(
                    tmp_path / folder / "plan.toml",
                    {
                        "output": f"{up}/model",
                        "init": f"{up}/old",
                        "data": {"content": [f"{up}/photos"], "style": [f"{up}/art/*.tar"]},
                        "losses": {"weights": f"{up}/vgg.safetensors"},
                    },
                )
            )
        )
    assert found[0] == found[1]
    assert found[0].data.style == (str(tmp_path / "art" / "*.tar"),)


def test_paths_left_out_stay_empty(tmp_path):
    found = TrainConfig.from_toml(write_toml(tmp_path / "plan.toml", {"output": "x"}))
    assert (found.init, found.encoder_weights, found.losses.weights) == ("", "", "")


def test_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml.*can't be read"):
        TrainConfig.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("output = ")
    with pytest.raises(ConfigError, match=r"bad\.toml is no valid TOML"):
        TrainConfig.from_toml(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes(b'output = "\xe9"')
    with pytest.raises(ConfigError, match=r"latin\.toml"):
        TrainConfig.from_toml(tmp_path / "latin.toml")


words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
share = st.floats(0, 1)
phases = st.fixed_dictionaries(
    {},
    optional={
        "share": st.floats(0.1, 5),
        "crop": st.integers(4, 99).map(lambda n: 4 * n),
        "batch": st.integers(1, 64),
        "style_crop": st.lists(st.integers(16, 400), min_size=1),
        "zoom": st.floats(1, 4),
        "identity": share,
        "train": st.sampled_from(["all", "encoder", "generator"]),
        "weights": st.dictionaries(words, st.floats(0, 9), max_size=2),
    },
)
tables = st.fixed_dictionaries(
    {"output": words},
    optional={
        "model": words | st.just({"injections": [{"name": "film"}]}),
        "init": words,
        "seed": st.integers(0, 2**32 - 1),
        "description": words,
        "preset": st.sampled_from(["paper", "balanced"]),
        "data": st.fixed_dictionaries(
            {},
            optional={
                "content": words | st.lists(words),
                "style_side": st.integers(16, 999),
                "limit": st.integers(0, 9),
            },
        ),
        "losses": st.fixed_dictionaries(
            {},
            optional={
                "preset": words,
                "terms": st.dictionaries(words, st.just({"weight": 2.0}), max_size=2),
            },
        ),
        "optimizer": st.fixed_dictionaries(
            {},
            optional={
                "lr": st.floats(1e-6, 1),
                "betas": st.lists(st.floats(0, 0.999), min_size=2, max_size=2),
                "cosine": st.booleans(),
                "ema": st.floats(0, 0.9999),
            },
        ),
        "schedule": st.sampled_from([{"steps": 3}, {"epochs": 1.5}, {"minutes": 2}]),
        "phases": st.lists(phases, min_size=1, max_size=3),
        "runtime": st.fixed_dictionaries(
            {},
            optional={
                "precision": st.sampled_from(["auto", "float32", "bfloat16"]),
                "compile": st.booleans(),
            },
        ),
    },
)


@given(tables)
def test_table_round_trip(table):
    found = TrainConfig.from_table(table)
    assert TrainConfig.from_table(found.to_table()) == found
    assert found.output == table["output"]
    for key in ("optimizer", "runtime"):
        for name, value in table.get(key, {}).items():
            got = getattr(getattr(found, key), name)
            assert (list(got) if isinstance(got, tuple) else got) == value


def _examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)


def test_guide_has_whole_configurations():
    whole = [e for e in _examples() if "output" in tomllib.loads(e)]
    assert len(whole) >= 3


@pytest.mark.parametrize("example", _examples(), ids=lambda e: e.strip().splitlines()[0][:40])
def test_example_in_the_guide_works(example):
    found = TrainConfig.from_table({"output": "somewhere", **tomllib.loads(example)})
    model = found.model
    build(registry("presets").get(model) if isinstance(model, str) else dict(model))


def test_guide_explains_every_key():
    text = DOCS.read_text("utf-8")

    def names(values, prefix=""):
        for key, value in values.items():
            yield key
            if isinstance(value, dict) and key in (
                "data",
                "losses",
                "optimizer",
                "schedule",
                "runtime",
            ):
                yield from names(value)

    table = TrainConfig.from_table(LEAST).to_table()
    for key in {*names(table), *table["phases"][0], "preset"}:
        assert f"`{key}`" in text, f"docs/training.md doesn't explain {key}"


@given(shares)
def test_phases_cover_the_schedule_in_order_by_their_shares(shares):
    phases = [PhaseConfig(share=s) for s in shares]
    edges = [math.fsum(shares[:n]) / math.fsum(shares) for n in range(len(shares) + 1)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        assert phase_at(phases, (start + end) / 2) == number
    assert phase_at(phases, 0.0) == 0
    assert phase_at(phases, 1.0) == len(phases) - 1


@given(shares, st.floats(0, 1), st.floats(0, 1))
def test_phases_never_go_back(shares, a, b):
    phases = [PhaseConfig(share=s) for s in shares]
    early, late = sorted((a, b))
    assert 0 <= phase_at(phases, early) <= phase_at(phases, late) < len(phases)
