"""Saving is all or nothing, in every format and mode."""

from __future__ import annotations

import functools
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import file_size_limit
from PIL import Image, ImageCms

from stylemix.errors import ConfigError, PictureError
from stylemix.images import read, save


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """Give smooth colours, which JPEG keeps well, with some noise in the alpha."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [x, y, 0.5 + 0.4 * np.sin(3 * x + 2 * y), 1 - x * y]
    return np.round(255 * np.stack(planes[:channels], -1)).astype(np.uint8)


@functools.cache  # a profile carries the second of its making
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "webp", "PNG"])
def test_saving_keeps_alpha_and_profile(tmp_path: Path, suffix: str) -> None:
    array = picture(channels=4)
    array[:6, :, 3] = 0
    image = Image.fromarray(array)
    image.info["icc_profile"] = srgb()
    save(image, tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as got:
        assert got.info["icc_profile"] == srgb()
        saved = np.asarray(got)
    np.testing.assert_array_equal(saved[..., 3], array[..., 3])
    error = np.abs(saved[..., :3].astype(int) - array[..., :3])
    assert error.mean() <= (3 if suffix == "webp" else 0)


def test_jpeg_is_flattened_on_white_without_subsampling(tmp_path: Path) -> None:
    array = np.zeros((16, 16, 4), np.uint8)
    array[:, 8:] = (200, 0, 0, 255)
    array[:8, :8] = (200, 0, 0, 128)
    image = Image.fromarray(array)
    image.info["icc_profile"] = srgb()
    save(image, str(tmp_path / "a.jpg"))
    with Image.open(tmp_path / "a.jpg") as saved:
        assert [layer[1:3] for layer in saved.layer] == [(1, 1)] * 3
        assert saved.info["icc_profile"] == srgb()
        pixels = np.asarray(saved).astype(int)
    for (row, column), expected in {
        (12, 3): (255, 255, 255),
        (12, 12): (200, 0, 0),
        (3, 3): (227, 127, 127),
    }.items():
        assert np.abs(pixels[row, column] - expected).max() <= 6


def test_quality_changes_the_file(tmp_path: Path) -> None:
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    save(noisy, tmp_path / "a.jpg", quality=30)
    save(noisy, tmp_path / "b.jpg", quality=95)
    assert (tmp_path / "a.jpg").stat().st_size < 0.6 * (tmp_path / "b.jpg").stat().st_size
    for quality in (0, 101, 9.5, True):
        with pytest.raises(ConfigError, match="1 to 100"):
            save(noisy, tmp_path / "c.jpg", quality=quality)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "RGB", "RGBA", "YCbCr"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_every_mode_is_saved(tmp_path: Path, mode: str, suffix: str) -> None:
    save(Image.new("RGB", (8, 8), "white").convert(mode), tmp_path / f"a{suffix}")
    assert read(tmp_path / f"a{suffix}").pixels.min() >= 253


def test_wrong_targets_leave_nothing_behind(tmp_path: Path) -> None:
    image = Image.fromarray(picture())
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    for path, remedy in (
        (tmp_path / "a.xyz", "use one of .jpg"),
        (tmp_path / "a", "has no ending: use one of .jpg"),
        (tmp_path / "a.gif", r"ends in \.gif, which isn't written: use one of"),
        (tmp_path, "add a file name"),
        (tmp_path / "folder.png", "is a folder"),
        (tmp_path / "none" / "a.png", "create it first"),
        (tmp_path / "file" / "a.png", "create it first"),
        (tmp_path / ("x" * 300 + ".png"), "can't be written.*file name"),
    ):
        with pytest.raises(PictureError, match=remedy):
            save(image, path)
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(PictureError, match="to_pil"):
        save(torch.zeros(3, 2, 2), tmp_path / "a.png")  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes all")
def test_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PictureError, match="may not write there"):
            save(Image.fromarray(picture()), tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o700)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_folder_where_nothing_can_be_created() -> None:
    with pytest.raises(PictureError, match=r"/proc/a\.png' can't be written"):
        save(Image.fromarray(picture()), "/proc/a.png")


def test_too_long_for_the_format(tmp_path: Path) -> None:
    for name, width in (("a.webp", 16384), ("a.jpg", 65501)):
        with pytest.raises(PictureError, match=f"picture is {width} x 1: save it as .png"):
            save(Image.new("L", (width, 1)), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="needs file size limits")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_full_disk_keeps_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"old")
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8))
    with file_size_limit(4096), pytest.raises(PictureError, match="can't be written"):
        save(noisy, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="POSIX rights and links")
def test_rights_and_links(tmp_path: Path) -> None:
    image = Image.fromarray(picture())
    (tmp_path / "plain").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "sub" / "real.png")
    save(image, tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink()
    assert read(tmp_path / "sub" / "real.png").pixels.shape == (3, 24, 32)
    rights = [stat.S_IMODE((tmp_path / n).stat().st_mode) for n in ("plain", "sub/real.png")]
    assert rights[0] == rights[1]
