from __future__ import annotations

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

from stylemix.demo.examples import Example
from stylemix.demo.photograph import strip_of


def test_the_user_s_own_photographs_come_before_the_examples():
    examples = (Example("/e/temple.jpg", "/e/small.webp", "Temple"),)
    row = strip_of([["/u/a.jpg", "/u/a.webp"], ["/u/b.jpg", "/u/b.webp"]], examples)
    names = ["Your photograph 1", "Your photograph 2", "Temple"]
    places = [row.index(f'aria-label="{name}"') for name in names]
    assert places == sorted(places)
    assert "/u/b.webp" in row
    assert "/u/b.jpg" not in row
