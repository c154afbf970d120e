from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import ImageColor

from stylemix.errors import ConfigError
from stylemix.training.encoder.figure import COLOURS, MOST, scatter


def share_of(figure, colour, box=None):
    pixels = np.asarray(figure.crop(box) if box else figure)
    return (pixels == ImageColor.getrgb(colour)).all(2).sum()


def test_a_point_lies_where_its_numbers_say():
    points = torch.tensor([[0.0, 0.0], [0.0, 10.0], [10.0, 0.0]])
    figure = scatter([("", points)], [0, 1, 2], ["a", "b", "c"], side=300)
    left, top, side = 16, 34, 300
    half = side // 2
    corners = {
        "low left": (left, top + half, left + half, top + side),
        "high left": (left, top, left + half, top + half),
        "low right": (left + half, top + half, left + side, top + side),
    }
    for colour, corner in zip(COLOURS[:3], corners, strict=True):
        for name, box in corners.items():
            assert (share_of(figure, colour, box) > 20) == (name == corner), (colour, name)


def test_panels_are_side_by_side_and_the_legend_has_every_group():
    points = torch.rand(48, 2)
    names = [f"style {i}" for i in range(MOST)]
    one = scatter([("before", points)], list(range(48)), names, side=320)
    two = scatter([("before", points), ("after", points)], list(range(48)), names, side=320)
    assert two.width == one.width + 320 + 16
    assert one.height == two.height
    legend = one.crop((320 + 2 * 16 - 8, 0, one.width, one.height))
    assert all(share_of(legend, colour) > 4 * 20 for colour in COLOURS)  # in four shapes each


def test_equal_points_are_drawn_in_the_middle():
    figure = scatter([("", torch.ones(3, 2))], [0, 0, 0], ["a"], side=200)
    middle = (16 + 90, 34 + 90, 16 + 110, 34 + 110)
    assert share_of(figure, COLOURS[0], middle) > 20


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
