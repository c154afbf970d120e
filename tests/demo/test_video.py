"""The tab for videos in a real Chromium."""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from browsing import choose, new_picture, set_number, wait_for_line
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
pytest.importorskip("cv2", reason="videos need OpenCV")
import gradio
from video_clips import packets, read_clip, texture, write_clip

import stylemix
from stylemix.demo import video
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.plugins.installing import install_line

CLEAR = '#clip button[aria-label="Clear"]'
FRAME = '#video-picture img[src*="frame.webp"]'
"""The first frame, painted."""


def moving(count: int) -> list[np.ndarray]:
    """Move a window over a texture and back, as often as it takes."""
    large = texture(200, 240)
    return [
        large[t : t + 120, 2 * t : 2 * t + 160] for t in (abs(n % 60 - 30) for n in range(count))
    ]


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    plain = {"pixels": "yuv420p", "options": {"crf": "18", "preset": "ultrafast"}}
    few = moving(12)
    playlist = folder / "playlist.mp4"
    playlist.write_text(f"ffconcat version 1.0\nfile {folder / 'short.mp4'}\n")
    (folder / "text.mp4").write_text("no video")
    return {
        "short": write_clip(folder / "short.mp4", few, sound="aac", **plain),
        "long": write_clip(folder / "long.mp4", moving(1400), **plain),
        "lasting": write_clip(folder / "lasting.mp4", few[:3], [0, 1000, 70_000], **plain),
        "text": folder / "text.mp4",
        "playlist": playlist,
    }


@pytest.fixture
def tab(visit):
    """Open the page at the tab for videos."""

    def opened(*given, **options):
        page = visit(*given, **options)
        page.click("#video-tab-button")
        page.wait_for_selector("#video-go", state="visible")
        return page

    return opened


def give(page, clip: Path) -> None:
    """Replace the clip, as a user does."""
    if page.locator(CLEAR).count():
        clear(page)
    page.set_input_files("#clip input[type=file]", str(clip))


def clear(page) -> None:
    """Take the clip away."""
    # While a refused clip's player is replaced, Gradio shows the button of the old and the new.
    page.locator(CLEAR).first.click()


def said(page, pattern: str) -> str:
    """Wait until the tab's line matches."""
    return wait_for_line(page, pattern, "#video-line p")


def picture(page, where: str) -> np.ndarray:
    source = page.locator(where).get_attribute("src")
    data = page.request.get(page.url.split("?")[0] + source).body()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def changed(page, change) -> np.ndarray:
    """Make a change; give the first frame that follows it."""
    old = page.get_attribute(FRAME, "src")
    change()
    new_picture(page, old, FRAME)
    return picture(page, FRAME)


def played(page) -> tuple[list[int], float]:
    """Play the result in the browser; give its size and the time that it came to."""
    page.wait_for_function("document.querySelector('#video-picture video').readyState >= 2")
    page.evaluate(
        """async () => { const video = document.querySelector('#video-picture video');
                         video.muted = true; video.playbackRate = 4; await video.play() }"""
    )
    page.wait_for_function("document.querySelector('#video-picture video').currentTime > 0.1")
    return page.evaluate(
        """() => { const video = document.querySelector('#video-picture video');
                   return [[video.videoWidth, video.videoHeight], video.duration] }"""
    )


def downloaded(page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click("#video-download")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_clip_is_painted_played_and_downloaded(tab, clips, files, tmp_path, screenshots):
    page = tab(1366, 768)
    give(page, clips["short"])
    page.wait_for_selector(FRAME)
    said(page, "^The first frame")
    first = picture(page, FRAME)
    before = picture(page, '#video-picture img[src*="before.webp"]')
    assert first.shape == (120, 160, 3)
    assert np.abs(before - moving(1)[0]).mean() < 8
    assert np.abs(first - before).mean() > 15
    assert "12 frames of 160 × 120 pixels" in page.inner_text("#video-estimate")
    page.screenshot(path=screenshots / "video-first.png")
    # It follows the controls.
    same = changed(page, lambda: set_number(page, "#video-strength", 0))
    assert np.abs(same - before).mean() < 6
    changed(page, lambda: set_number(page, "#video-strength", 1))
    other = changed(page, lambda: page.click("#video-examples button >> nth=1"))
    assert np.abs(other - first).mean() > 2
    colored = changed(page, lambda: page.check("#video-color input[type=checkbox]"))
    assert np.abs(colored - other).mean() > 2
    again = changed(page, lambda: page.uncheck("#video-color input[type=checkbox]"))
    assert np.abs(again - other).mean() < 1

    page.click("#video-go")
    page.wait_for_selector("#video-picture video")
    assert re.fullmatch(r"160 × 120 pixels · tiny · 12 frames · [\d.]+ s", said(page, "12 frames"))
    size, length = played(page)
    assert size == [160, 120] and length == pytest.approx(0.48, abs=0.1)
    page.screenshot(path=screenshots / "video-done.png")
    got = downloaded(page, tmp_path)
    assert got.name == "short-paintings-11.mp4"
    wanted = stylemix.stylize_video(
        clips["short"], f"{files.examples}/paintings/paintings-11.png", tmp_path / "same.mp4",
        model=files.models[0],
    )  # fmt: skip
    # The server has another number of threads; H.264 makes more of single levels that differ.
    for one, same in zip(read_clip(got)[0], read_clip(wanted.path)[0], strict=True):
        assert np.abs(one.astype(float) - same).mean() < 6
    assert packets(got, "audio") == packets(clips["short"], "audio")
    # Another first frame covers the video, which is a click away.
    set_number(page, "#video-strength", 0.5)
    page.wait_for_selector(FRAME)
    page.click("#your-videos button")
    page.wait_for_selector("#video-picture video")
    assert page.errors == []
    assert len(page.hosts) == 1


def test_cancel_keeps_what_was_done(tab, clips, tmp_path, screenshots):
    page = tab()
    give(page, clips["long"])
    page.wait_for_selector(FRAME)
    set_number(page, "#video-steady", 0)
    page.click("#video-go")
    said(page, r"^Frame \d+ of 1400, (about|less)")
    page.wait_for_selector('#video-picture img[src*="/after-"]')
    page.screenshot(path=screenshots / "video-painting.png")
    page.click("#video-cancel")
    page.wait_for_selector("#video-picture video")
    told = re.search(r"stopped after (\d+) of 1400", said(page, "stopped after"))
    got = downloaded(page, tmp_path)
    assert got.name == "long-paintings-10.partial.mp4"
    assert len(read_clip(got)[0]) == int(told[1]) < 1400
    size, _ = played(page)
    assert size == [160, 120]
    assert page.is_enabled("#video-go") and page.is_disabled("#video-cancel")
    assert page.errors == []


def test_pictures_wait_for_a_video_and_are_cancelled_apart(tab, clips):
    page = tab()
    give(page, clips["long"])
    page.wait_for_selector(FRAME)
    page.click("#video-go")
    said(page, r"^Frame \d+ of 1400")
    page.get_by_role("tab", name="Photograph").click()
    page.click("#go")
    wait_for_line(page, "^Waiting: one is before$")
    page.click("#cancel")
    wait_for_line(page, "Cancelled")
    page.click("#go")
    page.wait_for_function("document.querySelector('#go').disabled")
    page.click("#video-tab-button")
    said(page, r"^Frame \d+ of 1400")  # it went on
    page.click("#video-cancel")
    page.get_by_role("tab", name="Photograph").click()
    wait_for_line(page, "pixels · tiny")


def test_a_page_that_is_closed_frees_the_queue(tab, clips, visit):
    page = tab()
    give(page, clips["long"])
    page.wait_for_selector(FRAME)
    page.click("#video-go")
    said(page, r"^Frame \d+ of 1400")
    page.close()
    other = visit()
    other.click("#go")
    wait_for_line(other, r"pixels · tiny · [\d.]+ s")


def test_a_bad_clip_is_refused_in_words_and_a_good_one_taken(tab, clips):
    page = tab()
    for kind, words in (
        ("text", "The clip is no video that can be read"),
        ("playlist", "The clip is no video that can be read"),
        ("lasting", "The clip lasts 71 s, more than the limit of 60 s: cut it first."),
    ):
        give(page, clips[kind])
        told = said(page, f"^{words}")
        assert not re.search(r"/tmp|/cache|stylemix-demo", told)
        clear(page)
        said(page, "^Choose a clip")
    page.click("#video-go")
    said(page, "^There is no clip yet")
    assert page.is_enabled("#video-go")
    give(page, clips["short"])
    page.wait_for_selector(FRAME)


def test_a_painting_of_one_s_own_and_sizes(tab, clips, files):
    page = tab()
    page.click('#video-painting button[aria-label="Remove Image"]')
    give(page, clips["short"])
    said(page, "^There is no painting yet")
    page.set_input_files("#video-painting input[type=file]", files.paintings[0])
    page.wait_for_selector(FRAME)
    page.click("#video-advanced button")
    other = changed(page, lambda: choose(page, "#video-model", "other"))
    assert other.shape == (120, 160, 3)
    said(page, "^The first frame")
    page.wait_for_timeout(300)
    choose(page, "#video-size", "256 px")
    said(page, "^The first frame")
    assert "160 × 120" in page.inner_text("#video-estimate")  # never enlarged


def test_everything_fits_on_the_screen(tab, clips, screenshots):
    page = tab(1366, 768)
    assert page.locator("#tabs [role=tab]").all_inner_texts() == ["Photograph", "Video", "Camera"]
    for name in ("video-go", "video-cancel", "video-strength", "video-size", "video-download"):
        box = page.locator(f"#{name}").bounding_box()
        assert box["y"] + box["height"] <= 768, name
    phone = tab(390, 844, color_scheme="dark")
    give(phone, clips["short"])
    phone.wait_for_selector(FRAME)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.screenshot(path=screenshots / "video-phone.png", full_page=True)
    places = [
        phone.locator(f"#{name}").bounding_box()["y"]
        for name in ("clip", "video-painting", "video-picture", "video-line", "video-strength")
    ]
    assert places == sorted(places)


def test_without_pyav_the_tab_says_how_to_install_it(files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    service = Service({"tiny": files.models[0]}, Limits(), Uploads(tmp_path), tmp_path)
    with gradio.Blocks() as page:
        video.lay_out(page, service, ())
    service.jobs.close()
    (only,) = page.config["components"]
    assert only["props"]["elem_id"] == "video-missing"
    told = html.unescape(only["props"]["value"])
    assert "Videos need PyAV" in told
    assert install_line("video") in told
