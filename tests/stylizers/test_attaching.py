"""What a model's configuration may say of its components, and what a wrong one is told."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from helpers import tiny_config

from stylemix.errors import ConfigError, UnknownNameError
from stylemix.generators import Injected
from stylemix.stylizers import build


def config_with(path: str, value: Any) -> dict[str, Any]:
    """Give the tiny configuration with one value exchanged, by its path."""
    config = copy.deepcopy(tiny_config())
    *way, last = re.findall(r"[^.\[\]]+", path)
    inner: Any = config
    for key in way:
        inner = inner[int(key) if key.isdigit() else key]
    inner[int(last) if last.isdigit() else last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("generator", "johnson", "generator must be a table, got 'johnson'"),
        ("generator", ["johnson"], "generator must be a table, got ['johnson']"),
        ("generator", {}, "generator must be a table with the name of a generator, such as {'name"),
        ("generator.name", 3, "generator.name must be a text, got 3"),
        ("generator.width", "wide", "generator.width must be a whole number >= 1, got 'wide'"),
        ("generator.width", 0, "generator.width must be a whole number >= 1, got 0"),
        ("generator.width", True, "generator.width must be a whole number >= 1, got True"),
        ("generator.grain", "no", "generator.grain must be true or false, got 'no'"),
        ("generator.widht", 4, "unknown key 'generator.widht'; did you mean 'width'? (known: "),
        ("encoder", "thin", "encoder must be a table, got 'thin'"),
        ("encoder.dim", -1, "encoder.dim must be a whole number >= 1, got -1"),
        ("encoder.dim", 2.5, "encoder.dim must be a whole number >= 1, got 2.5"),
        ("injections", "film", "injections must be a list, got 'film'"),
        ("injections", {"name": "film"}, "injections must be a list, got {'name': 'film'}"),
        ("injections[0]", "film", "injections[0] must be a table, got 'film'"),
        ("injections[0].sites", "block*", "injections[0].sites must be a list with at least one"),
        ("injections[0].sites", [], "injections[0].sites must be a list with at least one item"),
        ("injections[0].sites", ["block*", 1], "injections[0].sites[1] must be a text, got 1"),
        ("injections[0].residual", "no", "injections[0].residual must be true or false, got 'no'"),
        ("injections[0].residual", 0, "injections[0].residual must be true or false, got 0"),
        ("injections[0].residul", True, "unknown key 'injections[0].residul'; did you mean 'resid"),
        ("injections[0].site", ["*"], "unknown key 'injections[0].site'; did you mean 'sites'?"),
        ("style_size", "big", "style_size must be a whole number >= 8, got 'big'"),
        ("style_size", True, "style_size must be a whole number >= 8, got True"),
        ("style_sise", 64, "unknown key 'style_sise'; did you mean 'style_size'? (known: "),
        ("stylizer", 3, "stylizer must be a text, got 3"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(path, value, said):
    with pytest.raises(ConfigError, match="^" + re.escape(said)):
        build(config_with(path, value))


@pytest.mark.parametrize("key", ["generator", "encoder", "injections"])
def test_what_lacks_is_named(key):
    config = tiny_config()
    del config[key]
    with pytest.raises(ConfigError, match=f"^the configuration lacks '{key}'"):
        build(config)


@pytest.mark.parametrize(
    ("path", "near"),
    [("generator.name", "johnson"), ("encoder.name", "thin"), ("injections[0].name", "film")],
)
def test_a_misspelt_component_suggests(path, near):
    with pytest.raises(UnknownNameError, match=f"did you mean '{near}'"):
        build(config_with(path, near[:-1]))


def test_sites_choose_where_an_injection_acts():
    model = build(config_with("injections[0].sites", ["block1.1.*", "up1*"]))
    sites = {m.site.name for m in model.modules() if isinstance(m, Injected) and len(m)}
    assert sites == {"block1.1.norm", "up1.norm"}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("steps", "many", "steps must be a whole number"),
        ("coarse_to_fine", "no", "coarse_to_fine must be true or false, got 'no'"),
        ("style_weight", "x", "style_weight must be a number"),
        ("optimiser", "adam", "unknown key 'optimiser'; did you mean 'optimizer'?"),
    ],
)
def test_keys_of_methods_are_checked_too(option, value, said):
    with pytest.raises(ConfigError, match="^" + re.escape(said)):
        build({"stylizer": "gatys", option: value})
