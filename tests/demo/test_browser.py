"""The page's controls in a real Chromium, without a display."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from browsing import (
    AFTER,
    PATIENCE,
    choose,
    line,
    paint,
    pixels,
    refine,
    set_number,
    upload,
    wait_for_line,
)
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")


def test_upload_stylise_and_strength(visit, files, screenshots):
    page = visit()
    page.screenshot(path=screenshots / "desktop-start.png", full_page=True)
    width = page.locator("#columns").bounding_box()["width"]
    assert width > 1000  # the page doesn't grow with its content
    upload(page, "#photo", files.photo)
    upload(page, "#image-1", files.paintings[0])
    choose(page, "#size", "As the photograph")
    full = paint(page)
    photo = np.asarray(Image.open(files.photo), np.float32)
    assert full.shape == photo.shape == pixels(page, "before").shape
    assert np.abs(pixels(page, "before") - photo).mean() < 8
    assert page.locator("#columns").bounding_box()["width"] == width
    page.screenshot(path=screenshots / "desktop-result.png", full_page=True)
    distances = {1.0: np.abs(full - photo).mean()}
    for strength in (0, 0.4):
        set_number(page, "#strength", strength)
        distances[strength] = np.abs(paint(page) - photo).mean()
    assert distances[0] < 8
    assert distances[0] < distances[0.4] < distances[1.0]
    assert distances[1.0] > 15
    assert page.errors == []
    # Nothing may come from elsewhere: the demo works offline.
    assert len(page.hosts) == 1


def test_examples_and_mixing(visit, screenshots):
    page = visit()
    page.click("#photo-examples button >> nth=1")
    page.wait_for_selector('#photo img[src*="photos-2"]')
    single = paint(page)
    assert page.locator("#weight-1").count() == 0 or not page.locator("#weight-1").is_visible()
    page.click("#more")
    page.wait_for_selector("#painting-2")
    page.click("#painting-examples button >> nth=2")
    page.wait_for_selector('#image-2 img[src*="paintings-12"]')
    mixed = paint(page)
    assert np.abs(mixed - single).mean() > 2
    set_number(page, "#weight-2", 0)
    assert np.abs(paint(page) - single).mean() < 2
    page.click("#more")
    page.click("#more")
    page.wait_for_selector("#painting-4")
    assert not page.locator("#more").is_visible()
    page.screenshot(path=screenshots / "desktop-four-paintings.png", full_page=True)
    assert page.errors == []


def test_regions_are_painted_on_the_photograph(visit, screenshots):
    page = visit()
    page.click("#more")
    page.wait_for_selector("#painting-2")
    page.click("#painting-examples button >> nth=1")
    page.wait_for_selector('#image-2 img[src*="paintings-11"]')
    everywhere = paint(page)
    photo = pixels(page, "before")
    page.click("#regions button")
    canvas = page.locator("#regions-editor canvas").first
    canvas.wait_for()
    page.wait_for_timeout(3000)  # the editor fits the photograph into its frame, animated
    page.click('#regions-editor button[aria-label="Color"]')
    page.click("#regions-editor button.color >> nth=1")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 60  # below the palette
    for _ in range(2):  # the first press only closes the palette
        page.mouse.move(middle[0] - 30, middle[1])
        page.mouse.down()
        page.mouse.move(middle[0] + 30, middle[1], steps=8)
        page.mouse.up()
    page.wait_for_timeout(2000)  # the drawing is sent when the hand rests
    # A preview looks at the drawing too, and leaves it for the picture.
    page.locator("#strength input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    wait_for_line(page, "A quick preview")
    result = paint(page)
    page.screenshot(path=screenshots / "desktop-regions.png", full_page=True)
    changed = np.abs(result - photo).mean(2) > 40
    assert 0.005 < changed.mean() < 0.5
    corners = [np.s_[:40, :40], np.s_[-40:, -40:], np.s_[:40, -40:], np.s_[-40:, :40]]
    for corner in corners:
        assert np.abs(result[corner] - photo[corner]).mean() < 12
    assert np.abs(result - everywhere).mean() > 5
    assert page.errors == []


def test_keep_colours_and_model(visit):
    page = visit()
    choose(page, "#size", "384 px")
    plain = paint(page)
    assert plain.shape == (288, 384, 3)
    page.check("#preserve-color input[type=checkbox]")
    assert np.abs(paint(page) - plain).mean() > 2
    page.uncheck("#preserve-color input[type=checkbox]")
    page.click("#advanced button")
    choose(page, "#model", "other")
    assert np.abs(paint(page) - plain).mean() > 2
    assert "other" in line(page)


def test_a_model_with_a_style_of_its_own_asks_for_no_painting(visit, screenshots):
    page = visit()
    page.click("#advanced button")
    assert page.locator("#own-style").count() == 0 or not page.locator("#own-style").is_visible()
    choose(page, "#model", "Swirling night only")
    page.wait_for_selector("#own-style >> text=needs no painting")
    page.click('#image-1 button[aria-label="Remove Image"]')
    without = paint(page)
    assert "Swirling night only" in line(page)
    page.screenshot(path=screenshots / "desktop-own-style.png", full_page=True)
    page.click("#painting-examples button >> nth=1")
    page.wait_for_selector('#image-1 img[src*="file="]')
    assert np.abs(paint(page) - without).mean() < 1  # a painting changes nothing
    choose(page, "#model", "tiny")
    page.wait_for_selector("#own-style", state="hidden")
    assert np.abs(paint(page) - without).mean() > 10
    assert page.errors == []


def test_palette_and_methods(visit, screenshots):
    page = visit()
    page.click("#advanced button")
    choose(page, "#size", "384 px")
    plain = paint(page)
    page.click("#palette-panel button")
    page.click("#palette-examples button >> nth=2")
    page.wait_for_selector('#palette img[src*="paintings-12"]')
    assert np.abs(paint(page) - plain).mean() > 2
    page.click('#palette button[aria-label="Remove Image"]')
    choose(page, "#model", "Slow and thorough (Gatys)")
    page.wait_for_selector("#model >> text=/Optimize the photograph/")
    refine(page, 25)
    assert np.abs(paint(page) - plain).mean() > 2
    assert "Slow and thorough (Gatys) · 25 steps" in line(page)
    assert page.errors == []


def test_refining_is_watched_and_stopped(visit, screenshots):
    """The picture so far is kept, for the download too."""
    page = visit()
    plain = paint(page)
    refine(page, 100)
    choose(page, "#size", "768 px")
    page.click("#go")
    page.wait_for_selector('#result img[src*="/after-"]')
    assert not page.locator("#cancel").is_visible()
    wait_for_line(page, r"^Step \d+ of 100$")
    page.screenshot(path=screenshots / "desktop-refining.png", full_page=True)
    page.click("#stop")
    wait_for_line(page, "stopped")
    page.wait_for_selector("#cancel")
    assert not page.locator("#stop").is_visible()
    assert page.locator(".sm-bar").count() == 0
    steps = int(
        re.search(r"768 × 576 pixels · tiny · stopped after (\d+) of 100 steps", line(page))[1]
    )
    assert 1 <= steps < 100
    kept = pixels(page)
    assert kept.shape == (576, 768, 3)
    small = np.asarray(Image.fromarray(plain.astype(np.uint8)).resize((768, 576)), np.float32)
    assert np.abs(kept - small).mean() > 2
    with page.expect_download() as download:
        page.click("#png")
    with Image.open(download.value.path()) as image:
        assert np.abs(np.asarray(image.convert("RGB"), np.float32) - kept).mean() < 4
    assert page.errors == []


@pytest.mark.parametrize("kind, ending", [("PNG", "png"), ("JPEG", "jpg")])
def test_the_download_is_named_after_the_pictures(visit, files, tmp_path, kind, ending):
    page = visit()
    upload(page, "#photo", files.photo)
    shown = paint(page)
    page.wait_for_function(f"!document.querySelector('#{kind.lower()}').disabled")
    with page.expect_download() as download:
        page.click(f"#{kind.lower()}")
    download.value.save_as(tmp_path / "got")
    assert download.value.suggested_filename == f"photo1-paintings-10.{ending}"
    with Image.open(tmp_path / "got") as image:
        assert image.format == kind
        assert max(image.size) == 1024
        assert np.abs(np.asarray(image.convert("RGB"), np.float32) - shown).mean() < 4


def test_cancel_and_go_on(visit, tmp_path):
    big = tmp_path / "big.png"
    Image.effect_noise((1600, 1600), 60).convert("RGB").save(big)
    page = visit()
    upload(page, "#photo", str(big))
    kept = page.get_attribute(AFTER, "src")
    choose(page, "#size", "4096 px")
    page.click("#advanced button")
    choose(page, "#tile", "256 px")
    page.click("#go")
    wait_for_line(page, r"^Tile \d+ of \d+$")
    assert page.is_disabled("#go")
    page.click("#cancel")
    wait_for_line(page, "Cancelled")
    assert page.is_disabled("#cancel")
    # The picture before is still there.
    assert page.get_attribute(AFTER, "src") == kept
    choose(page, "#size", "384 px")
    assert paint(page).shape == (384, 384, 3)


def test_work_stops_when_the_page_is_closed(chromium, files, tmp_path):
    from stylemix.demo.server import launch

    big = tmp_path / "big.png"
    Image.effect_noise((1600, 1600), 60).convert("RGB").save(big)
    inside = launch(files.models, port=0, examples=Path(files.examples))
    try:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(inside.url)
        page.wait_for_selector("#result .sm-after")
        upload(page, "#photo", str(big))
        page.click("#advanced button")
        choose(page, "#size", "4096 px")
        choose(page, "#tile", "256 px")
        page.click("#go")
        wait_for_line(page, "^Tile")
        assert inside.service.jobs.open == 1
        page.close()
        deadline = time.monotonic() + PATIENCE / 1000
        while inside.service.jobs.open and time.monotonic() < deadline:
            time.sleep(0.1)
        assert inside.service.jobs.open == 0
        assert list((inside.folder / "cache").rglob("result-*")) == []
    finally:
        inside.close()
    assert not inside.folder.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_s_width(visit, screenshots, scheme):
    page = visit(
        390, 844, color_scheme=scheme, device_scale_factor=2, has_touch=True, is_mobile=True
    )
    # The picture is seen first, and the button is where the thumb is, wherever one has scrolled.
    result = page.locator("#result").bounding_box()
    assert result["y"] + result["height"] < 600
    for top in (0, 500):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.wait_for_timeout(300)
        button = page.locator("#go").bounding_box()
        assert 700 < button["y"] < 844 - button["height"]
    page.screenshot(path=screenshots / f"phone-{scheme}-screen.png")
    page.click("#more")
    page.wait_for_selector("#painting-2")
    page.click("#advanced button")
    paint(page)
    page.screenshot(path=screenshots / f"phone-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in (
        "photo",
        "image-1",
        "image-2",
        "strength",
        "refine",
        "go",
        "cancel",
        "result",
        "jpeg",
        "png",
        "size",
        "tile",
        "model",
        "refine-features",
        "palette-panel",
        "regions",
    ):
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= 390, name
        assert box["height"] >= 30, name
    assert re.search(r"\d+ × \d+ pixels", line(page))
