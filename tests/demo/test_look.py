from __future__ import annotations

import re

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

from stylemix.demo import look
from stylemix.demo.regions import COLORS


def test_the_style_sheet_knows_the_regions_colors_and_needs_no_other_server():
    sheet = look.css()
    for number, color in enumerate(COLORS, 1):
        assert f"--sm-{number}: {color};" in sheet
    used = set(re.findall(r"var\((--sm-\d)\)", sheet))
    assert used == {f"--sm-{number}" for number in range(1, len(COLORS) + 1)}
    assert "@import" not in sheet
    assert "http" not in sheet
    assert sheet.count("{") == sheet.count("}")


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_button_can_be_read():
    theme = look.theme()
    for name in (theme.primary_600, theme.primary_700):  # at rest and under the pointer
        assert 1.05 / (luminance(name) + 0.05) >= 4.5
    assert theme.button_primary_background_fill == "*primary_600"
    assert theme.button_primary_background_fill_hover == "*primary_700"
