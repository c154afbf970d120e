from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.metrics.strength import check_strengths, curve, psnr


@pytest.mark.parametrize(
    ("content", "style", "rises", "falls"),
    [
        ((0, 0.2, 0.5), (1, 0.8, 0.4), 1, 1),
        ((0, 0.5, 0.4), (1, 0.8, 0.9), 0, 0),
        ((0, 0.5, 0.5), (1, 1, 0.9), 1, 1),
        ((0, 0, 0), (1, 1, 1), 0, 0),
    ],
)
def test_curve(content, style, rises, falls):
    strengths = (0.0, 0.5, 1.0)
    asked = []

    def losses(strength):
        asked.append(strength)
        at = strengths.index(strength)
        return content[at], style[at]

    found = curve(strengths, losses)
    assert asked == list(strengths)
    assert found["content_rises"] == rises
    assert found["style_falls"] == falls
    assert [found[f"content_at_{s:g}"] for s in strengths] == list(content)
    assert [found[f"style_at_{s:g}"] for s in strengths] == list(style)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_a_curve_rises_exactly_where_numpy_says_so(values):
    found = curve(range(len(values)), lambda s: (values[s], 0.0))["content_rises"]
    steps = np.diff(values)
    assert found == float((steps >= -1e-6).all() and steps.sum() > 1e-6)


@pytest.mark.parametrize("strengths", [(0.5,), (), (0.5, 0.2), (0, 0), (-1, 0)])
def test_strengths_that_do_not_rise(strengths):
    with pytest.raises(ConfigError, match="rising"):
        check_strengths(strengths)
    assert check_strengths((0, 0.25, 1)) == [0.0, 0.25, 1.0]


def test_psnr():
    a = torch.rand(3, 9, 9, generator=torch.Generator().manual_seed(0))
    b = a + 0.1 * torch.randn(3, 9, 9, generator=torch.Generator().manual_seed(1))
    wanted = -10 * np.log10(((a.numpy().astype(float) - b.numpy().astype(float)) ** 2).mean())
    assert psnr(a, b) == pytest.approx(wanted)
    assert psnr(a, a) == 100
    assert psnr(torch.zeros(3, 4, 4), torch.full((3, 4, 4), 0.1)) == pytest.approx(20, abs=1e-5)
