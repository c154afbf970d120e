from __future__ import annotations

import asyncio
import base64
import io
import re
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

import stylemix
from stylemix.demo.limits import Limits
from stylemix.demo.live import Live, picture_of
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.errors import ConfigError, PictureError


def record(image: Image.Image) -> dict:
    data = io.BytesIO()
    image.save(data, "PNG")
    return {"url": "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()}


def decoded(html: str) -> Image.Image:
    data = re.search(r'src="data:image/jpeg;base64,([^"]+)"', html)[1]
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def live(files, tmp_path):
    shutil.copy(files.paintings[0], tmp_path / "painting.png")
    service = Service({"tiny": files.models[0]}, Limits(), Uploads(tmp_path), tmp_path)
    yield Live(service), {"path": str(tmp_path / "painting.png")}
    service.jobs.close()


def test_a_picture_is_what_stylize_makes_of_it(live, files):
    made, painting = live
    camera = Image.open(files.photo).convert("RGB").resize((512, 384))
    html, line = asyncio.run(made.frame("a", record(camera), painting, 0.8, 256))
    found = np.asarray(decoded(html), int)
    camera.thumbnail((256, 256), Image.Resampling.BILINEAR)
    wanted = stylemix.stylize(camera, painting["path"], model=files.models[0], strength=0.8)
    assert found.shape == (192, 256, 3)
    assert np.abs(found - np.asarray(wanted, int)).mean() < 4
    assert re.search(r"[\d.]+ frames per second · \d+ ms each", line)


def test_the_painting_is_encoded_once(live, files, monkeypatch):
    made, painting = live
    model = stylemix.load(files.models[0])
    encoded = []
    plain = type(model).encode
    monkeypatch.setattr(
        type(model), "encode", lambda self, style: encoded.append(1) or plain(self, style)
    )
    camera = record(Image.new("RGB", (64, 48), "teal"))
    for _ in range(3):
        asyncio.run(made.frame("a", camera, painting, 1.0, 256))
    assert len(encoded) == 1


def test_one_is_painted_at_a_time(live, monkeypatch):
    made, painting = live
    busy, most = 0, 0
    lock = threading.Lock()
    plain = made._paint

    def counted(*given):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        try:
            return plain(*given)
        finally:
            with lock:
                busy -= 1

    monkeypatch.setattr(made, "_paint", counted)
    camera = record(Image.new("RGB", (64, 48), "teal"))

    async def both():
        await asyncio.gather(*(made.frame(s, camera, painting, 1.0, 256) for s in ("a", "b", "c")))

    asyncio.run(both())
    assert most == 1


def test_the_rate_is_that_of_the_intervals(live):
    made, _ = live
    now = 100.0
    for _ in range(60):
        now += 0.25
        rate = made._rate("a", now, 0.01)
    assert rate == pytest.approx(4, rel=0.02)
    # After a pause it begins anew, and others have rates of their own.
    assert made._rate("a", now + 60, 0.01) < 0.1
    assert made._rate("b", now + 60, 0.5) == pytest.approx(2)


@pytest.mark.parametrize(
    "camera",
    [
        None,
        {},
        {"url": "http://example.org/a.png"},
        {"url": "data:text/html;base64,AAAA"},
        {"url": "data:image/png;base64,!!"},
        {"url": "data:image/png;base64,AAAA"},
        record(Image.new("1", (2001, 2000))),
    ],
)
def test_what_is_no_camera_s_picture_is_refused(camera):
    with pytest.raises(PictureError):
        picture_of(camera)


def test_wrong_controls_are_refused(live):
    made, painting = live
    camera = record(Image.new("RGB", (8, 8)))
    with pytest.raises(PictureError, match="no painting yet"):
        asyncio.run(made.frame("a", camera, None, 1.0, 256))
    with pytest.raises(PictureError, match="the painting"):
        asyncio.run(made.frame("a", camera, {"path": "/etc/passwd"}, 1.0, 256))
    with pytest.raises(ConfigError, match="size"):
        asyncio.run(made.frame("a", camera, painting, 1.0, 4096))
    with pytest.raises(ConfigError, match="strength"):
        asyncio.run(made.frame("a", camera, painting, "high", 256))


def test_a_server_of_slow_methods_only_says_so(live):
    made, painting = live
    made._service.models = {"gatys": "gatys"}
    with pytest.raises(ConfigError, match="one pass"):
        asyncio.run(made.frame("a", record(Image.new("RGB", (8, 8))), painting, 1.0, 256))
