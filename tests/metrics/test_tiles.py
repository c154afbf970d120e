from __future__ import annotations

import numpy as np
from PIL import Image

from stylemix.metrics.tiles import Tile, lay_out


def test_pictures_stand_where_they_belong():
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250)]
    tiles = [Tile(f"t{i}", "note", Image.new("RGB", (60, 30), c)) for i, c in enumerate(colours)]
    sheet = np.asarray(lay_out(tiles, 100, columns=2))
    places = [np.argwhere((sheet == c).all(2)) for c in colours]
    boxes = [(*p.min(0), *p.max(0)) for p in places]
    assert all(b[3] - b[1] == 99 and b[2] - b[0] == 49 for b in boxes)  # fitted, proportions kept
    assert all(len(p) == 100 * 50 for p in places)
    assert boxes[0][0] == boxes[1][0] < boxes[2][0] == boxes[3][0] < boxes[4][0]
    assert boxes[0][1] == boxes[2][1] == boxes[4][1] < boxes[1][1]


def test_captions_are_drawn_and_cut_to_the_cell():
    def dark(title, note):
        sheet = np.asarray(lay_out([Tile(title, note, Image.new("RGB", (50, 50), "white"))], 100))
        return np.argwhere(sheet.min(2) < 150)

    assert not len(dark("", ""))
    short, long = dark("ab", "cd"), dark("ab" * 100, "cd" * 100)
    assert 0 < len(short) < len(long)
    assert long[:, 1].max() < 8 + 100


def test_a_tile_without_a_picture_says_why():
    tiles = [Tile("a", "x", Image.new("RGB", (80, 80))), Tile("b", "it broke " * 200, None)]
    sheet = np.asarray(lay_out(tiles, 100))
    red = np.argwhere(sheet[..., 0] > sheet[..., 1].astype(int) + 60)
    assert len(red) > 100
    assert red[:, 1].min() > 108
    assert red[:, 0].max() < 8 + 100
