"""Keyboard, screen readers and contrast, in a real Chromium."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from browsing import AFTER, new_picture
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright",
    reason="the checks of accessibility need: pip install axe-playwright-python",
)


def findings(page, where: str | None = None) -> list[str]:
    """Give what is serious or worse, a line each."""
    context = {"include": [[where]]} if where else None
    found = axe.Axe().run(page, context)
    return [
        f"{rule['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for rule in found.response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, scheme):
    page = visit(1366, 900, color_scheme=scheme)
    page.wait_for_selector("#estimate >> text=/pixels/")
    page.click("#more")
    page.wait_for_selector("#painting-2")
    page.click("#advanced button")
    page.wait_for_timeout(500)
    assert findings(page) == []
    page.click("#camera-tab-button")
    page.wait_for_selector("#live-size")
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_tab_for_videos(visit, scheme, tmp_path):
    clips = pytest.importorskip("video_clips", reason="videos need PyAV")
    clip = clips.write_clip(tmp_path / "a.mp4", clips.panning(), pixels="yuv420p")
    page = visit(1366, 900, color_scheme=scheme)
    page.click("#video-tab-button")
    page.wait_for_selector("#video-go", state="visible")
    assert findings(page) == []
    page.set_input_files("#clip input[type=file]", str(clip))
    page.wait_for_selector('#video-picture img[src*="frame.webp"]')
    page.click("#video-advanced button")
    page.wait_for_timeout(500)
    assert findings(page) == []
    page.click("#video-go")
    page.wait_for_selector("#your-videos button")
    assert findings(page) == []


def test_sliders_are_dark_in_the_dark(visit):
    """The part of a track that isn't filled was white."""
    page = visit(color_scheme="dark")
    slider = page.locator("#strength input[type=range]")
    slider.scroll_into_view_if_needed()
    image = Image.open(io.BytesIO(slider.screenshot())).convert("L")
    row = np.asarray(image, float)[image.height // 2]
    assert row[: len(row) // 3].mean() > 60  # filled
    assert 50 < np.median(row[-len(row) // 4 :]) < 140


def test_axe_finds_nothing_serious_in_a_sheet(visit):
    page = visit()
    page.click("#variants")
    page.wait_for_selector("#result .sm-sheet")
    page.wait_for_selector("#yours button")
    assert findings(page, "#output") == []


def test_examples_are_one_stop_each_and_have_names(visit):
    page = visit()
    names = page.locator("#photo-examples button").evaluate_all(
        "all => all.map(b => b.getAttribute('aria-label'))"
    )
    assert names == ["Photos 1", "Photos 2"]
    first = page.locator("#painting-examples button >> nth=0")
    first.focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Paintings 11"
    page.keyboard.press("End")
    assert focused(page) == "Paintings 12"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Paintings 10"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector('#image-1 img[src*="paintings-11"]')
    # The next stop lies behind all of the thumbnails.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#painting-examples')") is None


def test_the_whole_way_by_keyboard(visit):
    """From the top to a painted picture, in few enough steps, each of them seen."""
    page = visit()
    old = page.get_attribute(AFTER, "src")
    stops = []
    for _ in range(45):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
                       const named = e.closest('[id]');
                       return [e.id || (named ? named.id : ''), s.outlineStyle, s.outlineWidth,
                               e.type || ''] }"""
        )
        stops.append(stop)
        if stop[0] == "go":
            break
    assert stops[-1][0] == "go", stops
    for name, style, width, kind in stops:
        if kind in ("radio", "range") and name in ("refine", "result"):
            continue  # their label and their divider show it
        assert style != "none" and float(re.sub("px", "", width)) >= 2, (name, style, width)
    page.keyboard.press("Enter")
    new_picture(page, old)


def test_the_divider_moves_by_keyboard(visit):
    page = visit()
    page.locator("#result input[type=range]").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    at = page.evaluate("document.querySelector('.sm-compare').style.getPropertyValue('--at')")
    assert at == "20%"


def focused(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")
