from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import picture
from PIL import Image

from stylemix.demo.results import PREVIEW, THUMBNAIL, name_of, preview, write
from stylemix.images import to_pil


def test_the_png_is_exact_and_previews_are_of_its_size(files, tmp_path):
    image = to_pil(picture(5, 72, 96)[0])
    result = write(image, files.photo, tmp_path)
    np.testing.assert_array_equal(np.asarray(Image.open(result.png)), np.asarray(image))
    assert Image.open(result.before).size == Image.open(result.after).size == (96, 72)
    for path, wanted in ((result.before, Image.open(files.photo)), (result.after, image)):
        difference = np.asarray(Image.open(path).convert("RGB"), int) - np.asarray(wanted, int)
        assert np.abs(difference).mean() < 6


def test_there_is_a_jpeg_and_a_small_picture(files, tmp_path):
    image = to_pil(picture(5, 600, 800)[0])
    result = write(image, files.photo, tmp_path, "cat-waves")
    assert (Path(result.png).name, Path(result.jpeg).name) == ("cat-waves.png", "cat-waves.jpg")
    with Image.open(result.jpeg) as jpeg:
        assert (jpeg.format, jpeg.size) == ("JPEG", (800, 600))
        assert np.abs(np.asarray(jpeg, int) - np.asarray(image, int)).mean() < 3
    assert max(Image.open(result.thumbnail).size) == THUMBNAIL


@pytest.mark.parametrize(
    "photo, paintings, name",
    [
        ("/x/temple.jpg", ["/y/swirling-night.jpg"], "temple-swirling-night"),
        ("IMG 0001 (2).JPG", ["a.png", "b.png"], "img-0001-2-a-b"),
        ("写真.jpg", [], "stylemix"),
        ("../..", ["x" * 300], "x" * 40),
    ],
)
def test_names_come_from_the_files_and_are_harmless(photo, paintings, name):
    assert name_of(photo, paintings) == name


def test_large_results_are_shown_small(files, tmp_path):
    result = write(Image.new("RGB", (2 * PREVIEW, PREVIEW), "red"), files.photo, tmp_path)
    assert Image.open(result.png).size == (2 * PREVIEW, PREVIEW)
    assert (
        Image.open(result.before).size == Image.open(result.after).size == (PREVIEW, PREVIEW // 2)
    )


def test_transparency_and_profile_survive(tmp_path, files):
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGBA", (8, 6), (10, 20, 30, 40))
    image.info["icc_profile"] = icc
    result = write(image, files.photo, tmp_path)
    with Image.open(result.png) as png:
        assert png.mode == "RGBA"
        assert png.info["icc_profile"] == icc
    assert Image.open(result.after).mode == "RGBA"


def test_every_result_has_a_folder_that_cant_be_guessed(files, tmp_path):
    image = Image.new("RGB", (4, 4))
    folders = {Path(write(image, files.photo, tmp_path).png).parent.name for _ in range(3)}
    assert len(folders) == 3
    assert all(len(name) >= 32 for name in folders)


@pytest.mark.parametrize("side, size", [(48, (48, 36)), (500, (96, 72))])
def test_preview_shrinks_but_never_enlarges(files, tmp_path, side, size):
    target = tmp_path / "deep" / "p.webp"
    preview(files.photo, target, side)
    assert Image.open(target).size == size
