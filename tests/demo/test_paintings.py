from __future__ import annotations

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

from stylemix.demo.paintings import target_of

E, U = "example", "upload"


@pytest.mark.parametrize(
    "opened, paths, slot",
    [
        ([0], [None] * 4, 0),
        ([0], [E, None, None, None], 0),
        ([0], [U, None, None, None], 1),
        ([0, 1], [E, None, None, None], 1),
        ([0, 1], [E, E, None, None], 1),
        ([0, 1], [E, U, None, None], 0),
        ([0, 2], [U, None, U, None], 1),
        ([0, 1, 2, 3], [U, U, U, E], 3),
        ([0, 1, 2, 3], [U, U, U, U], None),
        ([], [None] * 4, 0),
    ],
)
def test_an_example_never_takes_an_upload_s_place(opened, paths, slot):
    assert target_of(opened, paths, lambda path: path == U) == slot
