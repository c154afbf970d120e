"""A camera in a real Chromium, which plays a picture that moves."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from browsing import paint
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")


def shown(page) -> np.ndarray:
    source = page.get_attribute("#live-picture img", "src")
    data = base64.b64decode(source.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def frames(page, count: int) -> int:
    """Wait until as many painted pictures have come; give how many the browser sent meanwhile."""
    sent = []
    page.on("request", lambda r: sent.append(r.url) if "/stream/" in r.url else None)
    for _ in range(count):
        source = page.get_attribute("#live-picture img", "src")
        page.wait_for_function(
            "old => document.querySelector('#live-picture img').getAttribute('src') !== old",
            arg=source,
        )
    return len(sent)


def test_the_camera_is_painted_while_the_rest_goes_on(visit, screenshots):
    page = visit()
    page.click("#camera-tab-button")
    page.click('#camera button[aria-label*="webcam" i], #camera button:has-text("webcam")')
    page.locator('#camera button:has-text("Record")').click()
    page.wait_for_selector("#live-picture img")
    first = shown(page)
    assert max(first.shape) == 384
    frames(page, 5)
    assert np.abs(shown(page) - first).max() > 10  # it moves
    rate = re.match(r"([\d.]+) frames per second", page.inner_text("#live-line p"))
    assert float(rate[1]) > 0
    page.screenshot(path=screenshots / "camera.png")
    # Another painting, and none: what is wrong is told, and the camera goes on.
    page.click("#live-examples button >> nth=2")
    page.wait_for_selector('#live-painting img[src*="paintings-12"]')
    frames(page, 2)
    # Somebody else has a picture painted meanwhile.
    other = visit()
    paint(other)
    frames(page, 2)
    assert page.errors == []
