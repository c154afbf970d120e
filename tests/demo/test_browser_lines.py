"""What the page tells in a real Chromium: refusals, the queue, and how long it takes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from browsing import (
    AFTER,
    QUICK,
    choose,
    line,
    new_picture,
    paint,
    pixels,
    set_number,
    upload,
    wait_for_line,
)
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")


@pytest.fixture
def slow(tmp_path) -> str:
    path = tmp_path / "slow.png"
    Image.effect_noise((1600, 1600), 60).convert("RGB").save(path)
    return str(path)


def begin_slowly(page, slow: str) -> None:
    """Begin a picture of many tiles."""
    upload(page, "#photo", slow)
    choose(page, "#size", "4096 px")
    page.click("#advanced button")
    choose(page, "#tile", "256 px")
    page.click("#go")


def test_a_refusal_stands_in_the_line_and_the_picture_stays(visit):
    page = visit()
    kept = page.get_attribute(AFTER, "src")
    page.click('#photo button[aria-label="Remove Image"]')
    page.click("#go")
    wait_for_line(page, "There is no photograph yet: upload one, or choose an example\\.")
    assert page.locator("#line [role=alert]").count() == 1
    assert page.get_attribute(AFTER, "src") == kept
    assert page.is_disabled("#cancel")
    assert page.is_enabled("#go")
    assert page.get_by_text("Error", exact=True).count() == 0
    # And it is painted as if nothing had been.
    page.click("#photo-examples button >> nth=0")
    page.wait_for_selector("#photo .image-frame img")
    assert np.abs(paint(page) - pixels(page, "before")).mean() > 2


def test_an_error_in_the_work_ends_it_and_is_told(visit, tmp_path):
    """A JPEG whose end is missing is noticed when it is decoded only."""
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    Image.effect_noise((400, 300), 60).convert("RGB").save(whole)
    cut.write_bytes(whole.read_bytes()[:4000])
    page = visit()
    page.click('#photo button[aria-label="Remove Image"]')
    page.set_input_files("#photo input[type=file]", str(cut))
    told = [wait_for_line(page, "damaged or cut short")]
    # Another line between, so that the next one is known to be new.
    page.click("#pairs button >> nth=1")
    wait_for_line(page, "^A finished example")
    kept = page.get_attribute(AFTER, "src")
    page.click("#go")
    told.append(wait_for_line(page, "damaged or cut short"))
    for text in told:
        assert text.startswith("The photograph is damaged or cut short"), told
        assert "get the file again" in text
        assert "/tmp" not in text and ".jpg" not in text
    page.wait_for_function("!document.querySelector('#go').disabled")
    assert page.is_disabled("#cancel")
    assert page.get_attribute(AFTER, "src") == kept


def test_too_much_work_is_refused_before_it_begins(visit):
    page = visit()
    choose(page, "#size", "4096 px")
    page.click("#refine label:has(input[value='100'])")
    page.click("#go")
    text = wait_for_line(page, "would take too long")
    assert re.search(r"100 steps on [\d.]+ megapixels .*choose a smaller size", text)


def test_a_photograph_of_any_phone_is_painted(visit, tmp_path):
    phone = tmp_path / "phone.jpg"
    rows = np.linspace(0, 255, 6936, dtype=np.uint8)[None, :, None]
    Image.fromarray(np.broadcast_to(rows, (5204, 6936, 3))).save(phone, quality=60)
    page = visit()
    upload(page, "#photo", str(phone))
    page.wait_for_selector("#estimate >> text=1024 × 768 pixels")
    shown = paint(page)
    assert shown.shape == (768, 1024, 3)
    before = pixels(page, "before")[384].mean(1)
    assert np.abs(before - np.linspace(0, 255, 1024)).max() < 6


def test_the_time_is_told_before_and_the_button_waits(visit, slow):
    page = visit()
    page.wait_for_selector("#estimate >> text=/1024 × 768 pixels, (about|less than)/")
    choose(page, "#size", "512 px")
    page.wait_for_selector("#estimate >> text=/512 × 384 pixels/")
    kept = page.get_attribute(AFTER, "src")
    begin_slowly(page, slow)
    wait_for_line(page, r"^Tile \d+ of \d+$")
    assert page.is_disabled("#go")
    assert page.is_disabled("#variants")
    assert page.get_attribute(AFTER, "src") == kept
    bar = page.locator("#line .sm-bar i").get_attribute("style")
    done, total = map(int, re.findall(r"\d+", line(page)))
    assert total > 100
    assert abs(int(re.search(r"(\d+)%", bar)[1]) - 100 * done / total) < 10
    page.click("#cancel")
    wait_for_line(page, "Cancelled")
    assert page.is_enabled("#go")
    choose(page, "#size", "384 px")
    paint(page)
    assert re.fullmatch(r"384 × 384 pixels · tiny · \d+ tiles · [\d.]+ s", line(page))


def test_the_place_in_the_queue_is_told_in_words(visit, slow):
    first, second = visit(), visit()
    begin_slowly(first, slow)
    wait_for_line(first, "^Tile")
    second.click("#go")
    wait_for_line(second, "^Waiting: one is before$")
    first.click("#cancel")
    second.wait_for_function("!document.querySelector('#go').disabled")
    assert " · tiny · " in line(second)


def test_strength_is_followed_by_a_quick_preview(visit):
    page = visit()
    page.wait_for_selector(AFTER)
    page.locator("#strength input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    wait_for_line(page, "A quick preview of 384 pixels")
    full = pixels(page, "quick")
    assert full.shape == (288, 384, 3)
    photo = pixels(page, "before")
    old = page.get_attribute(QUICK, "src")
    set_number(page, "#strength", 0)
    new_picture(page, old, QUICK)
    assert np.abs(pixels(page, "quick") - photo).mean() < 3 < np.abs(full - photo).mean()
