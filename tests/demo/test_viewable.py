"""Copies of uploads of kinds that browsers don't show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.demo.viewable import viewable
from stylemix.errors import PictureError


@pytest.fixture
def service(tmp_path) -> Iterator[Service]:
    cache = tmp_path / "cache"
    cache.mkdir()
    limits = Limits(max_decoded=30_000)
    made = Service({"film": "film"}, limits, Uploads(tmp_path), cache)
    yield made
    made.jobs.close()


def upload(folder: Path, name: str, mode: str = "RGB", **options: object) -> str:
    colors = np.random.default_rng(0).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    image = Image.fromarray(colors).resize((100, 80), Image.Resampling.BICUBIC).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    (folder / "1a2b").mkdir(exist_ok=True)
    image.save(folder / "1a2b" / name, **options)
    return str(folder / "1a2b" / name)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.bmp"])
def test_what_browsers_show_stays_as_it_is(service, tmp_path, name):
    path = upload(tmp_path, name)
    assert viewable(path, "the photograph", service) == path
    assert list(service.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["IMG_1.tif", "IMG_1.ppm"])
def test_other_kinds_become_a_jpeg_of_the_same_name_and_size(service, tmp_path, name):
    path = upload(tmp_path, name)
    seen = viewable(path, "the photograph", service)
    assert Path(seen).name == "IMG_1.jpg"
    assert Path(seen).is_relative_to(service.folder)
    with Image.open(path) as given, Image.open(seen) as made:
        assert made.format == "JPEG"
        difference = np.asarray(given, float) - np.asarray(made, float)
    assert np.abs(difference).mean() < 2
    written = Path(seen).stat().st_mtime_ns
    assert viewable(path, "the photograph", service) == seen
    assert Path(seen).stat().st_mtime_ns == written


def test_a_heic_of_a_phone_is_upright(service, tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[274] = 6  # turned by a quarter
    path = upload(tmp_path, "IMG_1.heic", exif=exif)
    with Image.open(viewable(path, "the photograph", service)) as made:
        assert (made.format, made.size) in [("JPEG", (80, 100)), ("JPEG", (100, 80))]
        assert made.getexif().get(274, 1) == 1


def test_what_is_transparent_stays_so(service, tmp_path):
    path = upload(tmp_path, "cut out.tiff", "RGBA")
    seen = viewable(path, "painting 1", service)
    assert Path(seen).name == "cut out.png"
    with Image.open(path) as given, Image.open(seen) as made:
        assert np.array_equal(np.asarray(given)[..., 3], np.asarray(made)[..., 3])


def test_what_is_refused_is_called_as_on_the_page(service, tmp_path):
    broken = Path(upload(tmp_path, "broken.tif"))
    broken.write_bytes(broken.read_bytes()[:200])
    with pytest.raises(PictureError, match=r"^the photograph "):
        viewable(str(broken), "the photograph", service)
    large = str(tmp_path / "large.tif")
    Image.new("RGB", (400, 400)).save(large)
    with pytest.raises(PictureError, match=r"^painting 2 has 400 x 400 pixels .* more than"):
        viewable(large, "painting 2", service)
