"""Pictures that the page keeps, in a real Chromium: history, sheets, and the paintings' slots."""

from __future__ import annotations

import numpy as np
import pytest
from browsing import AFTER, line, new_picture, paint, pixels, upload, wait_for_line
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")


def source(page, where: str) -> str:
    return page.get_attribute(f"{where} .image-frame img", "src") or ""


def test_pictures_are_kept_over_a_reload_and_used_again(visit):
    page = visit()
    assert page.locator("#yours button").count() == 0
    one = paint(page)
    page.click("#photo-examples button >> nth=1")
    page.wait_for_selector('#photo img[src*="photos-2"]')
    two = paint(page)
    assert page.locator("#yours button").count() == 2
    page.reload()
    page.wait_for_selector("#yours button")
    assert page.locator("#yours button").count() == 2
    page.wait_for_selector("#result .sm-after")
    # The last one is there again; the one before is a click away.
    assert np.abs(pixels(page) - two).max() == 0
    old = page.get_attribute(AFTER, "src")
    page.click("#yours button >> nth=1")
    new_picture(page, old)
    assert np.abs(pixels(page) - one).max() == 0
    assert page.is_enabled("#png")
    page.click("#reuse")
    page.wait_for_selector('#photo img[src*="photos-1-paintings-10"]')
    again = paint(page)
    # What lay before is the picture itself.
    assert np.abs(pixels(page, "before") - one).mean() < 4
    assert np.abs(again - one).mean() > 1
    assert page.errors == []


def test_a_sheet_of_strengths(visit):
    page = visit()
    page.click("#variants")
    page.wait_for_selector("#result .sm-sheet")
    titles = page.locator(".sm-sheet button").all_inner_texts()
    assert [t.strip() for t in titles] == ["Strength 0.5", "Strength 0.75", "Strength 1"]
    assert page.is_enabled("#go")
    assert page.locator("#yours button").count() == 3
    shots = []
    for number in range(3):
        if number:
            page.click("#variants")
            page.wait_for_selector("#result .sm-sheet")
        page.click(f".sm-sheet button >> nth={number}")
        page.wait_for_selector("#result .sm-compare")
        shots.append(np.abs(pixels(page) - pixels(page, "before")).mean())
    assert shots[0] < shots[1] < shots[2]
    assert " · tiny · " in line(page)


def test_a_sheet_of_paintings(visit):
    page = visit()
    page.click("#more")
    page.click("#painting-examples button >> nth=1")
    page.wait_for_selector('#image-2 img[src*="paintings-11"]')
    page.click("#variants")
    page.wait_for_selector("#result .sm-sheet")
    titles = page.locator(".sm-sheet button").all_inner_texts()
    assert [t.strip() for t in titles] == ["Painting 1", "Painting 2", "All together"]


def test_slots_are_closed_and_what_was_in_them_no_longer_counts(visit):
    page = visit()
    alone = paint(page)
    page.click("#more")
    page.click("#painting-examples button >> nth=2")
    page.wait_for_selector('#image-2 img[src*="paintings-12"]')
    assert np.abs(paint(page) - alone).mean() > 2
    page.click("#close-2")
    page.wait_for_selector("#painting-2", state="detached")
    assert np.abs(paint(page) - alone).mean() < 1
    # The first one can't be closed, and the second comes back empty.
    assert page.locator("#close-1").count() == 0
    page.click("#more")
    page.wait_for_selector("#painting-2")
    assert page.locator("#image-2 .image-frame img").count() == 0


def test_an_example_never_replaces_an_upload(visit, files):
    page = visit()
    upload(page, "#image-1", files.paintings[0])
    page.click("#painting-examples button >> nth=1")
    page.wait_for_selector('#image-2 img[src*="paintings-11"]')
    assert "painting0.png" in source(page, "#image-1")
    # An example gives way to another one.
    page.click("#painting-examples button >> nth=2")
    page.wait_for_selector('#image-2 img[src*="paintings-12"]')
    for slot in (2, 3, 4):
        if slot > 2:
            page.click("#more")
            page.wait_for_selector(f"#painting-{slot}")
        upload(page, f"#image-{slot}", files.paintings[slot - 1])
    page.click("#painting-examples button >> nth=0")
    wait_for_line(page, "All four paintings are your own")
    names = [f"painting{k}.png" for k in range(4)]
    assert all(name in source(page, f"#image-{k}") for k, name in enumerate(names, 1))


def test_a_photograph_of_one_s_own_stays_a_click_away(visit, files):
    page = visit()
    upload(page, "#photo", files.photo)
    page.wait_for_selector('#photo-examples button[aria-label="Your photograph 1"]')
    page.click("#photo-examples button >> nth=2")
    page.wait_for_selector('#photo img[src*="photos-2"]')
    page.click('#photo-examples button[aria-label="Your photograph 1"]')
    page.wait_for_selector('#photo img[src*="photo1.png"]')


@pytest.mark.parametrize("where", ["#photo", "#image-1"])
def test_a_kind_of_picture_that_browsers_lack_is_shown(visit, tmp_path, where):
    file = tmp_path / "from the scanner.tiff"
    ramp = np.linspace(0, 255, 96, dtype=np.uint8)[None, :, None]
    Image.fromarray(np.broadcast_to(ramp, (72, 96, 3))).save(file)
    page = visit()
    upload(page, where, str(file))
    page.wait_for_function(
        """where => { const image = document.querySelector(where + ' .image-frame img');
                      return image && image.complete && image.naturalWidth === 96 }""",
        arg=where,
    )
    shown = paint(page)
    if where == "#photo":
        assert shown.shape == (768, 1024, 3)
        before = pixels(page, "before")[384].mean(1)
        assert np.abs(before - np.linspace(0, 255, 1024)).max() < 6
        # Chosen from the row of photographs again, it is shown again.
        page.click("#photo-examples button >> nth=1")
        page.wait_for_selector('#photo img[src*="photos-"]')
        page.click('#photo-examples button[aria-label="Your photograph 1"]')
        page.wait_for_selector(
            '#photo img[src*="from%20the%20scanner.jpg"], #photo img[src*="from the scanner.jpg"]'
        )
    assert page.errors == []
