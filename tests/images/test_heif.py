"""HEIC: read with pillow-heif, and named where that is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from color_profiles import P3
from PIL import Image

from stylemix.errors import PictureError
from stylemix.images import is_picture_name, read
from stylemix.images.heif import is_heif
from stylemix.plugins.installing import install_line


def heic(path: Path, **options: object) -> np.ndarray:
    """Write a smooth picture as HEIC."""
    pillow_heif = pytest.importorskip("pillow_heif")
    y, x = np.mgrid[0 : 1 : 48 * 1j, 0 : 1 : 64 * 1j]
    colors = np.round(255 * np.stack([x, y, 1 - x], -1)).astype(np.uint8)
    try:
        pillow_heif.from_pillow(Image.fromarray(colors)).save(path, quality=95, **options)
    except Exception as problem:
        pytest.skip(f"this build of pillow-heif can't write HEIC ({problem})")
    return colors


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.jpg"])
def test_heic_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    colors = heic(tmp_path / "a.heic")
    (tmp_path / "a.heic").rename(tmp_path / name)
    got = read(tmp_path / name).pixels.permute(1, 2, 0).numpy().astype(int)
    assert np.abs(got - colors).mean() < 3


def test_the_profile_of_a_phone_is_kept(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    colors = heic(tmp_path / "plain.heic")
    image = Image.fromarray(colors)
    image.info["icc_profile"] = P3
    pillow_heif.from_pillow(image).save(tmp_path / "a.heic", quality=95)
    got = read(tmp_path / "a.heic", keep_space=True)
    assert got.profile == P3 and got.to_pil().info["icc_profile"] == P3


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"a\.heic' is a HEIC.*the extra heic: ") as caught:
        read(tmp_path / "a.heic")
    assert install_line("heic") in str(caught.value)
    assert is_picture_name("a.heic")  # a folder's photographs aren't passed over in silence


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    heic(tmp_path / "a.heic")
    data = (tmp_path / "a.heic").read_bytes()
    for length in (40, len(data) // 3):
        (tmp_path / "a.heic").write_bytes(data[:length])
        with pytest.raises(PictureError, match=r"a\.heic"):
            read(tmp_path / "a.heic")


def test_avif_is_another_format() -> None:
    assert is_heif(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert is_heif(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic")
    assert not is_heif(b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf")
    assert not is_heif(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf")
    assert not is_heif(b"\xff\xd8\xff\xe0")
