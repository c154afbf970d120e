"""TIFF files of every depth, written by tifffile."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from color_profiles import P3

from stylemix.errors import PictureError
from stylemix.images import read
from stylemix.plugins.installing import install_line

RGB = np.random.default_rng(0).random((9, 13, 3))
LEVELS = np.round(RGB * 255).astype(int)


def write(path: Path, values: np.ndarray, **options: Any) -> Path:
    pytest.importorskip("tifffile").imwrite(path, values, **options)
    return path


def of_type(values: np.ndarray, dtype: str) -> np.ndarray:
    return (values if dtype[0] == "f" else values * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "int16", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_colors_of_every_depth(tmp_path: Path, dtype: str, byteorder: Any) -> None:
    path = write(tmp_path / "a.tif", of_type(RGB, dtype), photometric="rgb", byteorder=byteorder)
    got = read(path).pixels.permute(1, 2, 0).numpy().astype(int)
    # Pillow cuts 16-bit colors off to 8 bits, where others round.
    assert np.abs(got - LEVELS).max() <= 1


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "uint32", "int8", "int16", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_greys_of_every_depth(tmp_path: Path, dtype: str, photometric: Any) -> None:
    grey = RGB[..., 0]
    path = write(tmp_path / "a.tif", of_type(grey, dtype), photometric=photometric)
    got = read(path).pixels.double().numpy() * (255 if dtype == "float32" else 1)
    expected = 255 * (grey if photometric == "minisblack" else 1 - grey)
    # int8 has 127 steps, and `of_type` cuts off.
    assert np.abs(got - expected).max() <= (2.6 if dtype == "int8" else 1)


@pytest.mark.parametrize(
    "options",
    [
        {"planarconfig": "separate"},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 16)},
    ],
)
def test_layouts_of_float_colors(tmp_path: Path, options: dict[str, Any]) -> None:
    values = RGB.astype(np.float32)
    if "planarconfig" in options:
        values = values.transpose(2, 0, 1)
    if "predictor" in options:
        pytest.importorskip("imagecodecs")
    got = read(write(tmp_path / "a.tif", values, photometric="rgb", **options))
    assert np.abs(got.pixels.permute(1, 2, 0).numpy().astype(int) - LEVELS).max() <= 1


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_transparency_of_float_colors(tmp_path: Path, kind: str) -> None:
    alpha = np.linspace(0.2, 1, 13)[None, :, None].repeat(9, 0)
    colors = RGB * alpha if kind == "assocalpha" else RGB
    values = np.concatenate([colors, alpha], 2).astype(np.float32)
    got = read(write(tmp_path / "a.tif", values, photometric="rgb", extrasamples=[kind]))
    assert np.abs(got.alpha.numpy() - 255 * alpha[..., 0]).max() <= 1
    assert np.abs(got.pixels.permute(1, 2, 0).numpy().astype(int) - LEVELS).max() <= 1


def test_orientation_and_profile(tmp_path: Path) -> None:
    write(
        tmp_path / "a.tif",
        RGB.astype(np.float32),
        photometric="rgb",
        iccprofile=P3,
        extratags=[(274, "H", 1, 6, True)],
    )
    got = read(tmp_path / "a.tif", keep_space=True)
    assert got.size == (13, 9) and got.profile == P3
    expected = np.rot90(LEVELS, -1)
    assert np.abs(np.asarray(got.to_pil()).astype(int) - expected).max() <= 1


def test_the_first_page_counts(tmp_path: Path) -> None:
    pages = np.stack([RGB, 1 - RGB]).astype(np.float32)
    got = read(write(tmp_path / "a.tif", pages, photometric="rgb"))
    assert np.abs(got.pixels.permute(1, 2, 0).numpy().astype(int) - LEVELS).max() <= 1


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (RGB * 255, "a.tif' holds values from .* to 25.*scale or clip"),
        (np.full_like(RGB, np.nan), "a.tif' holds values from nan"),
        (np.zeros((9, 13, 7)), "a.tif' is no picture"),
    ],
)
def test_what_is_no_picture_says_so(tmp_path: Path, values: np.ndarray, problem: str) -> None:
    planes = {"planarconfig": "contig"} if values.shape[2] == 7 else {"photometric": "rgb"}
    if values.shape[2] == 7:
        planes["photometric"] = "separated"
    path = write(tmp_path / "a.tif", values.astype(np.float32), **planes)
    with pytest.raises(PictureError, match=problem):
        read(path)


def test_large_ones_are_refused_by_their_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", RGB.astype(np.float32), photometric="rgb")
    with pytest.raises(PictureError, match="13 x 9 = 117 pixels, more than the limit of 116"):
        read(path, max_pixels=116)


def test_cut_files_are_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", RGB.astype(np.float32), photometric="rgb")
    data = path.read_bytes()
    for length in (9, len(data) // 2, len(data) - 40):
        path.write_bytes(data[:length])
        with pytest.raises(PictureError, match=r"a\.tif"):
            read(path)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tif", RGB.astype(np.float32), photometric="rgb")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(PictureError, match="the extra tiff: .*8 or 16 bits") as caught:
        read(path)
    assert install_line("tiff") in str(caught.value)
