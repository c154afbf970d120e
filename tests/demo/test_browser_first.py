"""What is seen first in a real Chromium: a finished picture, and everything in its place."""

from __future__ import annotations

import numpy as np
import pytest
from browsing import AFTER, line, new_picture, paint, pixels, upload, wait_for_line
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")


def test_a_finished_picture_is_there_with_the_divider_near_the_left(visit):
    page = visit(1366, 768)
    before, after = pixels(page, "before"), pixels(page)
    assert before.shape == after.shape
    assert np.abs(after - before).mean() > 10
    assert page.locator("#result input[type=range]").input_value() == "15"
    frame = page.locator("#result .sm-compare").bounding_box()
    divider = page.locator("#result .sm-divider").bounding_box()
    share = (divider["x"] + divider["width"] / 2 - frame["x"]) / frame["width"]
    assert share == pytest.approx(0.15, abs=0.01)
    assert page.errors == []


@pytest.mark.parametrize("width, height", [(1366, 768), (1920, 1080)])
def test_what_matters_is_above_the_fold(visit, screenshots, width, height):
    page = visit(width, height)
    page.wait_for_selector("#estimate >> text=/pixels/")
    for name in ("go", "cancel", "variants", "strength", "size", "refine", "estimate", "more"):
        box = page.locator(f"#{name}").bounding_box()
        assert box["y"] + box["height"] <= height, name
    page.screenshot(path=screenshots / f"first-{width}.png")


def test_nothing_jumps_when_a_picture_arrives(visit, files, tmp_path):
    page = visit()
    tall = tmp_path / "tall.png"
    Image.effect_noise((60, 160), 60).convert("RGB").save(tall)

    def places() -> list[float]:
        names = ("result", "strength", "go", "pairs")
        return [page.locator(f"#{name}").bounding_box()["y"] for name in names[:3]]

    first = places()
    paint(page)
    assert places() == pytest.approx(first, abs=2)
    upload(page, "#photo", str(tall))
    after = paint(page)
    assert after.shape[0] > after.shape[1]
    assert places() == pytest.approx(first, abs=2)


def test_the_result_stays_in_sight(visit):
    page = visit(1366, 768)
    page.click("#regions button")
    page.click("#advanced button")
    page.wait_for_function("document.documentElement.scrollHeight > 1300")
    page.evaluate("window.scrollTo(0, 500)")
    page.wait_for_function("window.scrollY > 400")
    box = page.locator("#result").bounding_box()
    assert 0 <= box["y"] < 60
    assert box["y"] + box["height"] < 768


def test_nothing_lies_over_the_full_screen(visit):
    page = visit()
    page.click("#result .sm-full")
    page.wait_for_function("document.fullscreenElement !== null")
    page.wait_for_timeout(500)
    covered = page.evaluate(
        """() => { const shown = document.fullscreenElement, found = [];
                   for (let x = 5; x < innerWidth; x += 40)
                     for (let y = 5; y < innerHeight; y += 40) {
                       const top = document.elementFromPoint(x, y);
                       if (top && !shown.contains(top)) found.push(top.outerHTML.slice(0, 80));
                     }
                   return found.filter(html => !html.startsWith('<html')) }"""
    )
    assert covered == []
    page.keyboard.press("Escape")


def test_an_example_shows_its_finished_picture_at_one_click(visit):
    page = visit()
    old = page.get_attribute(AFTER, "src")
    pair = page.locator("#pairs button >> nth=1")
    assert pair.get_attribute("aria-label") == "Photos 2 as Paintings 11"
    pair.click()
    new_picture(page, old)
    page.wait_for_selector('#photo img[src*="photos-2"]')
    page.wait_for_selector('#image-1 img[src*="paintings-11"]')
    shown = pixels(page)
    assert np.abs(shown - pixels(page, "before")).mean() > 10
    # The finished picture is what the button paints.
    page.click("#size input")
    page.click('[role=option][aria-label="768 px"]')
    assert np.abs(paint(page) - shown).mean() < 1


def test_an_example_leaves_uploads_alone(visit, files):
    page = visit()
    upload(page, "#photo", files.photo)
    old = page.get_attribute(AFTER, "src")
    page.click("#pairs button >> nth=1")
    new_picture(page, old)
    wait_for_line(page, "Your own pictures stay")
    assert "photo1.png" in page.get_attribute("#photo .image-frame img", "src")


def test_models_have_names_and_those_for_comparison_come_when_asked(visit):
    page = visit()
    page.click("#advanced button")

    def offered() -> list[str]:
        page.click("#model input")
        options = page.locator("[role=option]").evaluate_all(
            "all => all.map(o => o.getAttribute('aria-label'))"
        )
        page.click('[role=option][aria-label="tiny"]')
        page.wait_for_selector("[role=option]", state="detached")
        return options

    few = offered()
    assert few[:3] == ["tiny", "other", "Any painting"]
    assert "Slow and thorough (Gatys)" in few
    assert "Concatenation" not in few
    page.check("#compared input")
    page.wait_for_timeout(500)
    many = offered()
    assert "Concatenation" in many
    assert set(few) < set(many)
    page.click("#model input")
    page.click('[role=option][aria-label="Concatenation"]')
    paint(page)
    assert " · Concatenation · " in line(page)


def test_refine_is_off_or_one_of_three(visit):
    page = visit()
    labels = page.locator("#refine label").all_inner_texts()
    assert [text.strip() for text in labels] == ["Off", "25", "50", "100"]
