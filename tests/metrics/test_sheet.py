from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stylemix.errors import ConfigError
from stylemix.metrics.sheet import contact_sheet

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def flat(color, size=(30, 30)):
    return Image.new("RGB", size, color)


def test_places_every_picture(tmp_path):
    sheet = contact_sheet(
        [flat(RED), flat(GREEN)],
        [flat(BLUE)] * 3,
        {(1, 2): flat((9, 9, 9))},
        tmp_path / "sheet.png",
        cell=40,
    )

    def centre(row, column):
        return sheet.getpixel((4 + column * 44 + 20, 4 + row * 60 + 20))

    assert [centre(0, j) for j in range(4)] == [(255,) * 3, BLUE, BLUE, BLUE]
    assert [centre(i, 0) for i in (1, 2)] == [RED, GREEN]
    assert [centre(2, j) for j in (1, 2, 3)] == [(255,) * 3, (255,) * 3, (9, 9, 9)]
    with Image.open(tmp_path / "sheet.png") as saved:
        assert np.array_equal(np.asarray(saved), np.asarray(sheet))


def test_pictures_keep_their_proportions():
    sheet = np.asarray(contact_sheet([flat(RED, (60, 20))], [flat(BLUE)], {}, cell=60))
    red = (sheet == RED).all(2)
    assert red.any(0).sum() == 60
    assert red.any(1).sum() == 20


def test_labels_are_drawn_and_cut():
    plain = contact_sheet([flat(RED)], [flat(BLUE)], {}, cell=40)
    labelled = contact_sheet(
        [flat(RED)], [flat(BLUE)], {}, cell=40, style_labels=["x" * 99], content_labels=["c"]
    )
    changed = (np.asarray(plain) != np.asarray(labelled)).any(2)
    rows, columns = np.nonzero(changed)
    assert len(rows)
    assert columns.max() < 48 + 40
    assert set((rows - 4) // 60) == {0, 1}


def test_refuses_what_does_not_fit():
    with pytest.raises(ConfigError, match="at least one"):
        contact_sheet([], [flat(RED)], {})
    with pytest.raises(ConfigError, match="cell"):
        contact_sheet([flat(RED)], [flat(RED)], {}, cell=8)
    with pytest.raises(ConfigError, match="style_labels"):
        contact_sheet([flat(RED)], [flat(RED)], {}, style_labels=["a", "b"])
    with pytest.raises(ConfigError, match="out of range"):
        contact_sheet([flat(RED)], [flat(RED)], {(0, 1): flat(RED)})
