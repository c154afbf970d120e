from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

import gradio

from stylemix.demo.controls import CONTROLS, Order
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.demo.watching import STRENGTHS, View, Watching, idle, told, variants_of, waiting
from stylemix.stylizers import Options
from stylemix.types import ProgressEvent


def order(*paintings: str, **options) -> Order:
    names = tuple(f"painting {k}" for k, _ in enumerate(paintings, 1))
    return Order("photo.jpg", paintings, names, Options(**options), "auto", (40, 30))


def test_one_painting_is_varied_in_strength():
    variants = variants_of(order("a", preserve_color=True))
    assert [v.options.strength for _, v in variants] == list(STRENGTHS)
    assert all(v.options.preserve_color and v.paintings == ("a",) for _, v in variants)
    assert variants[0][0] == "Strength 0.5"


def test_several_paintings_are_varied_alone_and_together():
    asked = order("a", "b", weights=[1, 2], strength=0.7)
    variants = variants_of(asked)
    assert [(title, v.paintings) for title, v in variants] == [
        ("Painting 1", ("a",)),
        ("Painting 2", ("b",)),
        ("All together", ("a", "b")),
    ]
    assert variants[0][1].options.weights is None
    assert variants[2][1] is asked


@pytest.mark.parametrize(
    "ahead, words",
    [
        (0, "Starting…"),
        (1, "Waiting: one is before"),
        (3, "Waiting: 3 are before"),
    ],
)
def test_places_in_the_queue_are_told_in_words(ahead, words):
    assert waiting(ahead) == words


@pytest.mark.parametrize(
    "event, optimized, seconds, expected, words, share",
    [
        (ProgressEvent(12, 50), True, 9, 40, "Step 12 of 50", 0.24),
        (ProgressEvent(3, 12), False, 9, 40, "Tile 3 of 12", 0.25),
        (ProgressEvent(0, 1), False, 1, 4, "Painting, about 4 s in all", 0.25),
        (ProgressEvent(1, 2), False, 3.9, 4, "Painting, about 4 s in all", 0.95),
        # Longer than expected: nothing is made up.
        (ProgressEvent(0, 1), False, 7, 4, "Painting for 7 s", None),
        (ProgressEvent(0, 1), False, 2, None, "Painting for 2 s", None),
        (ProgressEvent(0, 50), True, 1, None, "Painting for 1 s", None),
    ],
)
def test_progress_is_honest(event, optimized, seconds, expected, words, share):
    assert told(event, optimized, seconds, expected) == (words, pytest.approx(share))
    assert told(event, optimized, seconds, expected, "Picture 2 of 3: ")[0].endswith(words)


def test_what_a_view_leaves_out_stays_on_the_page():
    values = View(line="x").values()
    assert values[1] == "x"
    assert all(value == gradio.skip() for k, value in enumerate(values) if k != 1)
    waits = idle()
    assert waits.go.interactive
    assert not waits.cancel.interactive
    assert not waits.stop.visible


def test_a_preview_that_is_late_leaves_the_picture_alone(files, tmp_path):
    photo, painting = (shutil.copy(f, tmp_path) for f in (files.photo, files.paintings[0]))
    service = Service({"tiny": files.models[0]}, Limits(), Uploads(tmp_path), tmp_path)
    given = {"photo": {"path": photo}, "painting_1": {"path": painting}, "model": "tiny"}
    controls = [given.get(name, control.default) for name, control in CONTROLS.items()]
    watching = Watching(service)

    async def both():
        alone = await watching.quick(*controls)
        preview = asyncio.ensure_future(watching.quick(*controls))
        await asyncio.sleep(0)  # the preview begins first
        painted = [
            v async for v in watching.paint(SimpleNamespace(session_hash="a"), *controls, [])
        ]
        return alone, await preview, painted[-1]

    alone, late, painted = asyncio.run(both())
    service.jobs.close()
    assert "quick.webp" in alone[0]
    assert "after.webp" in painted[0]
    assert late == View().values()
