from __future__ import annotations

import re
import sys

import numpy as np
import pytest
import torch
from PIL import ImageColor

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.training.encoder.figure import COLORS, MOST, scatter

pytest.importorskip("matplotlib")


def places_of(figure, color):
    """Give rows and columns of the pixels of one color."""
    return (np.asarray(figure) == ImageColor.getrgb(color)).all(2).nonzero()


def test_a_point_lies_where_its_numbers_say():
    points = torch.tensor([[0.0, 0.0], [0.0, 10.0], [10.0, 0.0]])
    figure = scatter([("", points)], [0, 1, 2], ["a", "b", "c"], side=300)
    middles = []
    for color in COLORS[:3]:
        rows, columns = places_of(figure, color)
        inside = columns < 300  # the legend has each color too
        assert inside.sum() > 10 and (~inside).sum() > 10
        middles.append((rows[inside].mean(), columns[inside].mean()))
    (row, column), high, right = middles
    assert high[0] < row - 100 and abs(high[1] - column) < 2
    assert right[1] > column + 100 and abs(right[0] - row) < 2
    assert row - high[0] == pytest.approx(right[1] - column, rel=0.02)  # one scale


def test_panels_are_side_by_side_and_the_legend_has_every_group():
    points = torch.rand(48, 2)
    names = [f"style {i}" for i in range(MOST)]
    one = scatter([("before", points)], list(range(48)), names, side=320)
    two = scatter([("before", points), ("after", points)], list(range(48)), names, side=320)
    assert two.width == pytest.approx(one.width + 320, abs=2)
    assert one.height == two.height == 320
    legend = one.crop((320, 0, *one.size))
    assert all(len(places_of(legend, color)[0]) > 4 * 10 for color in COLORS)  # in four shapes
    assert len(places_of(one.crop((one.width - 3, 0, *one.size)), "#ffffff")[0]) == 3 * 320


def test_equal_points_are_drawn_in_the_middle():
    figure = scatter([("", torch.ones(3, 2))], [0, 0, 0], ["a"], side=200)
    rows, columns = places_of(figure.crop((0, 0, 200, 200)), COLORS[0])
    assert rows.mean() == pytest.approx(100, abs=15)
    assert columns.mean() == pytest.approx(100, abs=15)


def test_wrong_arguments():
    points = torch.rand(3, 2)
    with pytest.raises(ConfigError, match="panel"):
        scatter([], [0], ["a"])
    with pytest.raises(ConfigError, match="pixels"):
        scatter([("", points)], [0] * 3, ["a"], side=50)
    with pytest.raises(ConfigError, match="at most 48"):
        scatter([("", points)], [0] * 3, ["a"] * 49)
    with pytest.raises(ConfigError, match="points"):
        scatter([("x", points)], [0] * 4, ["a"])


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=re.escape(install_line("metrics"))):
        scatter([("", torch.rand(3, 2))], [0] * 3, ["a"])
