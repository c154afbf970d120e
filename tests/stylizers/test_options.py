"""The one set of options: what is taken, what is refused, and in which words."""

from __future__ import annotations

import dataclasses
import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import stylemix
from stylemix.errors import ConfigError
from stylemix.stylizers.options import Options, check_features, check_strength

GREY = Image.new("L", (4, 4))


def test_defaults_are_those_of_the_front_door():
    defaults = {f.name: f.default for f in dataclasses.fields(Options)}
    signature = inspect.signature(stylemix.stylize).parameters
    assert {n: p.default for n, p in signature.items() if n in defaults} == defaults
    # The others say what to draw, by what and where.
    others = {"content", "style", "model", "device", "runtime", "progress"}
    assert set(signature) - set(defaults) == others


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, np.int16, torch.tensor, np.array])
def test_whole_numbers_of_every_kind(kind):
    options = Options(size=kind(96), tile=kind(64), refine=kind(3))
    assert (options.size, options.tile, options.refine) == (96, 64, 3)
    assert {type(options.size), type(options.tile), type(options.refine)} == {int}


@pytest.mark.parametrize(
    "kind", [float, np.float16, np.float32, np.float64, Fraction, torch.tensor, np.array]
)
def test_numbers_of_every_kind(kind):
    options = Options(strength=kind(0.5), weights=[kind(0.5), kind(1)])
    assert options.strength == 0.5
    assert type(options.strength) is float
    assert options.weights == (0.5, 1.0)


@pytest.mark.parametrize(
    "weights",
    [
        [1, 3],
        (1.0, 3.0),
        np.array([1, 3]),
        np.array([1, 3], np.float16),
        torch.tensor([1.0, 3.0]),
        [Fraction(1, 7), Fraction(3, 7)],
        [5e-324, 15e-324],
        [3e307, 9e307],
        (w for w in (2, 6)),
    ],
)
def test_only_the_ratios_of_weights_count(weights):
    assert Options(weights=weights).weights == pytest.approx((1 / 3, 1))


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=4), st.floats(1e-250, 1e250))
def test_a_common_factor_changes_no_weight(weights, factor):
    plain = Options(weights=weights).weights
    scaled = Options(weights=[w * factor for w in weights]).weights
    assert scaled == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize(
    "value",
    [-1, -1e-9, 101, 10**400, math.nan, math.inf, np.float32("nan"), "1", None, True, 1j, [1]],
)
def test_bad_strengths(value):
    with pytest.raises(ConfigError, match="strength must be a number from 0 to 100"):
        Options(strength=value)
    with pytest.raises(ConfigError, match="strength must be"):
        check_strength(value)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -1], "a weight must be a number >= 0, got -1"),
        ([0, 0], "all weights are 0"),
        ([], "all weights are 0"),
        ([1, math.nan], "got nan"),
        ([1, math.inf], "got inf"),
        ([1, 10**400], "a weight must be"),
        ([1, "2"], "got '2'"),
        ([1, True], "got True"),
        (np.array([[1, 2], [3, 4]]), "a weight must be"),
        ("12", "one number per style"),
        (3, "one number per style"),
        (np.float64(3), "one number per style"),
        (torch.tensor([1.0, math.nan]), "got nan"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(ConfigError, match=message):
        Options(weights=weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(({"size": v}, "size must be a whole number of pixels >= 1") for v in (0, -5, 1.5, "9")),
        *(({"size": v}, "size must be at most 100,000 pixels, got") for v in (100_001, 10**12)),
        *(({"size": v}, "size must be") for v in (True, math.nan, math.inf, np.float32(3))),
        *(({"tile": v}, "tile must be") for v in (3, 63, -1, 64.0, True, False, "64", math.nan)),
        *(({"refine": v}, "refine must be a whole number of steps") for v in (-1, 2.0, "5", True)),
        *(({"refine": v}, "refine must be") for v in (None, math.nan, np.bool_(True))),
        ({"refine_features": "vgg"}, "did you mean 'vgg16'"),
        ({"refine_features": ["thin"]}, "no feature network"),
        ({"preserve_color": "no"}, "preserve_color must be True or False, got 'no'"),
        ({"preserve_color": None}, "preserve_color must be"),
        ({"preserve_color": True, "palette": GREY}, "one of the two"),
        ({"masks": "sky.png"}, "list of one mask per style, got one str"),
        ({"masks": GREY}, "got one Image"),
        ({"masks": np.ones((4, 4))}, "got one ndarray"),
        ({"masks": 3}, "got one int"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Options(**options)


def test_flags_and_masks_of_numpy():
    assert Options(preserve_color=np.bool_(True)).preserve_color is True
    assert len(Options(masks=np.ones((3, 4, 5), np.float32)).masks) == 3


def test_counts():
    options = Options(weights=[1, 2], masks=[GREY, GREY])
    options.check_count(2)
    with pytest.raises(ConfigError, match=r"3 style\(s\) need 3 weight\(s\), got 2"):
        options.check_count(3)
    with pytest.raises(ConfigError, match=r"1 style\(s\) need a list of 1 mask\(s\), got 0"):
        Options(masks=[]).check_count(1)
    Options().check_count(7)


def test_a_change_is_checked_too():
    options = Options(size=50)
    assert dataclasses.replace(options, strength=0.5).size == 50
    with pytest.raises(ConfigError, match="tile"):
        dataclasses.replace(options, tile=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.size = 3


def test_feature_networks():
    assert [check_features(n) for n in ("thin", "vgg16", None)] == ["thin", "vgg16", None]
    with pytest.raises(ConfigError, match="thin, vgg16"):
        check_features("resnet")
