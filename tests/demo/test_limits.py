from __future__ import annotations

import pytest
from PIL import Image

from stylemix.demo.limits import Limits, check_picture, check_result, check_work, named
from stylemix.errors import ConfigError, PictureError


def test_a_good_picture_gives_its_size(tmp_path):
    path = tmp_path / "p.png"
    Image.new("RGB", (31, 17)).save(path)
    assert check_picture(str(path), "painting 1", Limits()) == (31, 17)


def test_too_many_bytes(tmp_path):
    path = tmp_path / "secret-name.png"
    path.write_bytes(b"x" * 2000)
    with pytest.raises(PictureError, match="painting 2") as caught:
        check_picture(str(path), "painting 2", Limits(max_file_bytes=1999))
    assert "secret-name" not in str(caught.value)


def test_too_many_pixels_are_refused_by_the_header(tmp_path):
    """A bomb: a few bytes that promise 100 megapixels; nothing may decode them."""
    path = tmp_path / "bomb.png"
    Image.new("1", (10_000, 10_000)).save(path)
    cut = path.read_bytes()[:60]
    path.write_bytes(cut)
    with pytest.raises(PictureError, match=r"100\.0 megapixels"):
        check_picture(str(path), "the photograph", Limits(max_decoded=24_000_000))


def test_a_large_jpeg_passes_as_it_is_decoded_at_a_fraction(tmp_path):
    path = tmp_path / "phone.jpg"
    Image.new("L", (900, 700)).save(path)
    limits = Limits(max_decoded=100_000, max_stored=700_000)
    assert check_picture(str(path), "the photograph", limits) == (900, 700)
    with pytest.raises(PictureError, match=r"0\.6 megapixels"):
        check_picture(str(path), "the photograph", Limits(max_stored=600_000))


def test_a_photograph_that_lies_on_its_side_is_measured_upright(tmp_path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(path, exif=exif)
    assert check_picture(str(path), "the photograph", Limits()) == (20, 40)


def test_damaged_exif_hinders_nothing(tmp_path):
    path = tmp_path / "p.png"
    Image.new("RGB", (31, 17)).save(path, exif=b"Exif\0\0no TIFF header")
    assert check_picture(str(path), "the photograph", Limits()) == (31, 17)


@pytest.mark.parametrize("content", [b"", b"no picture", b"<svg xmlns='x'/>"])
def test_no_picture(tmp_path, content):
    path = tmp_path / "p.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match="the photograph") as caught:
        check_picture(str(path), "the photograph", Limits())
    assert str(tmp_path) not in str(caught.value)


def test_a_missing_file_asks_for_a_new_upload(tmp_path):
    with pytest.raises(PictureError, match="upload it again"):
        check_picture(str(tmp_path / "gone.png"), "the photograph", Limits())


def test_pixels_at_the_limit_pass():
    check_result(10, 10, Limits(max_pixels=100))
    with pytest.raises(PictureError, match="the result"):
        check_result(10, 11, Limits(max_pixels=100))


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "9"])
def test_limits_are_whole_numbers_above_zero(value):
    with pytest.raises(ConfigError, match="queue"):
        Limits(queue=value)


def test_named_hides_the_path():
    assert named(ValueError("'/a/b.png' is bad"), "/a/b.png", "painting 3") == "painting 3 is bad"


def test_an_optimisation_is_bounded_by_pixels_steps_and_network():
    limits = Limits(max_work=3000)
    check_work(100, 30, "thin", limits)
    check_work(100, 4, "vgg16", limits)
    check_work(10**9, 0, "thin", limits)
    with pytest.raises(ConfigError, match="31 steps on 0.0 megapixels .* at most 30 steps$"):
        check_work(100, 31, "thin", limits)
    with pytest.raises(ConfigError, match='at most 4 steps .*"thin" allows more'):
        check_work(100, 5, "vgg16", limits)
