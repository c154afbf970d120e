"""The page in a real Chromium, without a display."""

from __future__ import annotations

import io
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser tests need: pip install playwright"
)
pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

CHROMIUM = os.environ.get("STYLEMIX_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
if CHROMIUM is None:
    pytest.skip(
        "the browser tests need Chromium: apt-get install chromium", allow_module_level=True
    )
PATIENCE = 120_000
"""Milliseconds that an answer may take where many processes share a processor."""


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory) -> Path:
    folder = os.environ.get("STYLEMIX_SCREENSHOTS")
    if folder is None:
        return tmp_path_factory.mktemp("screenshots")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """Open the page; give it once the examples are loaded."""
    pages = []

    def open_page(width: int = 1280, height: int = 900, **options):
        page = chromium.new_page(viewport={"width": width, "height": height}, **options)
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.errors, page.hosts = [], set()
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                page.hosts.add(request.url.split("/")[2])
                if request.url.startswith("http")
                else None
            ),
        )
        page.goto(server.url)
        page.wait_for_selector("#photo img")
        page.wait_for_selector("#image-1 img")
        return page

    yield open_page
    for page in pages:
        page.close()


def pixels(page, which: str = "after") -> np.ndarray:
    source = page.locator(f'#result img[src*="{which}.webp"]').first.get_attribute("src")
    data = page.request.get(source).body()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def paint(page) -> np.ndarray:
    """Press the button; give the new result."""
    after = page.locator('#result img[src*="after.webp"]')
    old = after.first.get_attribute("src") if after.count() else ""
    page.click("#go")
    page.wait_for_function(
        """old => { const image = document.querySelector('#result img[src*="after.webp"]');
                    return image && image.getAttribute('src') !== old }""",
        arg=old,
    )
    page.wait_for_function("document.querySelector('#cancel').disabled")
    return pixels(page)


def upload(page, where: str, file: str) -> None:
    """Replace the picture in a slot by a file, as a user does."""
    page.click(f'{where} button[aria-label="Remove Image"]')
    page.set_input_files(f"{where} input[type=file]", file)
    page.wait_for_selector(f'{where} img[src*="file="]')  # the upload is done


def set_number(page, where: str, value: float) -> None:
    box = page.locator(f"{where} input[type=number]")
    box.fill(str(value))
    box.press("Tab")


def choose(page, where: str, label: str) -> None:
    page.click(f"{where} input")
    page.click(f'[role=option][aria-label="{label}"]')


def test_upload_stylise_and_strength(visit, files, screenshots):
    page = visit()
    page.screenshot(path=screenshots / "desktop-start.png", full_page=True)
    width = page.locator("#columns").bounding_box()["width"]
    assert width > 1000  # the page doesn't grow with its content
    upload(page, "#photo", files.photo)
    upload(page, "#image-1", files.paintings[0])
    page.click("#advanced button")
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
    page.click("#photo-examples button.thumbnail-item >> nth=1")
    page.wait_for_selector('#photo img[src*="photos-2"]')
    single = paint(page)
    assert page.locator("#weight-1").count() == 0 or not page.locator("#weight-1").is_visible()
    page.click("#more")
    page.wait_for_selector("#painting-2")
    page.click("#painting-examples button.thumbnail-item >> nth=2")
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
    page.click("#painting-examples button.thumbnail-item >> nth=1")
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
    page.click("#advanced button")
    choose(page, "#size", "384 px")
    plain = paint(page)
    assert plain.shape == (288, 384, 3)
    page.check("#preserve-color input[type=checkbox]")
    assert np.abs(paint(page) - plain).mean() > 2
    page.uncheck("#preserve-color input[type=checkbox]")
    choose(page, "#model", "other")
    assert np.abs(paint(page) - plain).mean() > 2
    assert "other" in page.inner_text("#line")


def test_a_model_with_a_style_of_its_own_asks_for_no_painting(visit, screenshots):
    page = visit()
    page.click("#advanced button")
    assert page.locator("#own-style").count() == 0 or not page.locator("#own-style").is_visible()
    choose(page, "#model", "johnson-swirling-night")
    page.wait_for_selector("#own-style >> text=needs no painting")
    page.click('#image-1 button[aria-label="Remove Image"]')
    without = paint(page)
    assert "johnson-swirling-night" in page.inner_text("#line")
    page.screenshot(path=screenshots / "desktop-own-style.png", full_page=True)
    page.click("#painting-examples button.thumbnail-item >> nth=1")
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
    page.click("#palette-examples button.thumbnail-item >> nth=2")
    page.wait_for_selector('#palette img[src*="paintings-12"]')
    assert np.abs(paint(page) - plain).mean() > 2
    page.click('#palette button[aria-label="Remove Image"]')
    choose(page, "#model", "gatys")
    page.wait_for_selector("#model >> text=/Optimize the photograph/")
    set_number(page, "#refine", 5)
    assert np.abs(paint(page) - plain).mean() > 2
    assert "gatys · 5 steps" in page.inner_text("#line")
    assert page.errors == []


def test_refining_is_watched_and_stopped(visit, screenshots):
    """The picture so far is kept, for the download too."""
    page = visit()
    plain = paint(page)
    set_number(page, "#refine", 100)
    page.click("#advanced button")
    choose(page, "#size", "768 px")
    page.click("#go")
    page.wait_for_selector('#result img[src*="/after-"]')
    assert not page.locator("#cancel").is_visible()
    assert re.fullmatch(r"Step \d+ of 100", page.inner_text("#line"))
    page.screenshot(path=screenshots / "desktop-refining.png", full_page=True)
    page.click("#stop")
    page.wait_for_function("/stopped/.test(document.querySelector('#line').innerText)")
    page.wait_for_selector("#cancel")
    assert not page.locator("#stop").is_visible()
    assert page.locator("#bar .sm-bar").count() == 0
    steps = int(
        re.search(
            r"768 × 576 pixels · tiny · stopped after (\d+) of 100 steps", page.inner_text("#line")
        )[1]
    )
    assert 1 <= steps < 100
    kept = pixels(page)
    assert kept.shape == (576, 768, 3)
    small = np.asarray(Image.fromarray(plain.astype(np.uint8)).resize((768, 576)), np.float32)
    assert np.abs(kept - small).mean() > 2
    with page.expect_download() as download:
        page.click("#download")
    with Image.open(download.value.path()) as image:
        assert np.abs(np.asarray(image.convert("RGB"), np.float32) - kept).mean() < 4
    assert page.errors == []


def test_download(visit, tmp_path):
    page = visit()
    paint(page)
    page.wait_for_function("!document.querySelector('#download').disabled")
    assert page.inner_text("#download") == "Download as PNG"
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "got.png")
    assert download.value.suggested_filename == "stylemix.png"
    with Image.open(tmp_path / "got.png") as image:
        assert image.format == "PNG"
        assert max(image.size) == 1024


def test_cancel_and_go_on(visit, tmp_path):
    big = tmp_path / "big.png"
    Image.effect_noise((1600, 1600), 60).convert("RGB").save(big)
    page = visit()
    upload(page, "#photo", str(big))
    page.click("#advanced button")
    choose(page, "#size", "4096 px")
    choose(page, "#tile", "256 px")
    page.click("#go")
    page.wait_for_function("!document.querySelector('#cancel').disabled")
    page.wait_for_function("/\\d+\\/\\d+ steps/.test(document.querySelector('#result').innerText)")
    page.click("#cancel")
    page.wait_for_function("document.querySelector('#cancel').disabled")
    assert page.locator('#result img[src*="after.webp"]').count() == 0
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
        page.wait_for_selector("#image-1 img")
        upload(page, "#photo", str(big))
        page.click("#advanced button")
        choose(page, "#size", "4096 px")
        choose(page, "#tile", "256 px")
        page.click("#go")
        page.wait_for_function("/steps/.test(document.querySelector('#result').innerText)")
        assert inside.service.jobs.open == 1
        page.close()
        deadline = time.monotonic() + PATIENCE / 1000
        while inside.service.jobs.open and time.monotonic() < deadline:
            time.sleep(0.1)
        assert inside.service.jobs.open == 0
        assert list(inside.folder.rglob("stylemix.png")) == []
    finally:
        inside.close()
    assert not inside.folder.exists()


def test_errors_are_shown(visit, tmp_path):
    page = visit()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.click('#photo button[aria-label="Remove Image"]')
    page.click("#go")
    page.wait_for_selector('text="There is no photograph yet: upload one, or choose an example."')


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_s_width(visit, screenshots, scheme):
    page = visit(
        390, 844, color_scheme=scheme, device_scale_factor=2, has_touch=True, is_mobile=True
    )
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
        "download",
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
    # The button comes before the result, where the thumb is.
    assert page.locator("#go").bounding_box()["y"] < page.locator("#result").bounding_box()["y"]
    assert re.search(r"\d+ × \d+ pixels", page.inner_text("#line"))
    page.locator("#go").scroll_into_view_if_needed()
    page.screenshot(path=screenshots / f"phone-{scheme}-screen.png")
