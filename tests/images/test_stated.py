"""Color spaces that files state without a profile: EXIF, cICP of PNG, CICP codes of HEIC."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from color_profiles import P3, SRGB, converted, lab
from PIL import ExifTags, Image

from stylemix.images import read, save
from stylemix.images.stated import profile_of_codes

# To XYZ of white D65: of Adobe RGB (1998) 4.3.5.3, and to sRGB of IEC 61966-2-1.
ADOBE_TO_XYZ = [
    [0.57667, 0.18556, 0.18823],
    [0.29734, 0.62736, 0.07529],
    [0.02703, 0.07069, 0.99134],
]
XYZ_TO_SRGB = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]

PALE = np.random.default_rng(0).integers(90, 170, (12, 16, 3)).astype(np.uint8)


def adobe_to_srgb(values: np.ndarray) -> np.ndarray:
    """Convert by the two specifications' own numbers."""
    linear = (values / 255) ** (563 / 256) @ np.array(ADOBE_TO_XYZ).T @ np.array(XYZ_TO_SRGB).T
    assert linear.min() > 0.0031308
    return 255 * (1.055 * linear ** (1 / 2.4) - 0.055)


def exif(space: int | None, rule: Any = None) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = 1  # without a tag of its own it isn't written
    about = found.get_ifd(ExifTags.IFD.Exif)
    if space is not None:
        about[ExifTags.Base.ColorSpace] = space
    if rule is not None:
        about[ExifTags.IFD.Interop] = {1: rule, 2: b"0100"}
    return found


@pytest.mark.parametrize("kind", ["png", "webp", "jpg"])
def test_adobe_rgb_of_cameras(tmp_path: Path, kind: str) -> None:
    options = {"png": {}, "webp": {"lossless": True}, "jpg": {"quality": 100, "subsampling": 0}}
    path = tmp_path / f"a.{kind}"
    Image.fromarray(PALE).save(path, exif=exif(0xFFFF, "R03"), **options[kind])
    with Image.open(path) as image:
        stored = np.asarray(image)
    got = read(path, keep_space=True)
    pixels = got.pixels.permute(1, 2, 0).numpy()
    assert np.abs(pixels - adobe_to_srgb(stored)).max() <= 1
    # Colors do change; and the result is in the photograph's space, and says so to everybody.
    assert np.abs(pixels.astype(int) - stored).max() > 8
    save(got.to_pil(), tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as out:
        assert np.array_equal(np.asarray(out), stored)
        np.testing.assert_allclose(
            lab(converted(out, out.info["icc_profile"], SRGB)),
            lab(Image.fromarray(pixels)),
            atol=2,
        )


@pytest.mark.parametrize(
    "told",
    [
        exif(1, "R98"),
        exif(1, "R03"),
        exif(0xFFFF),
        exif(0xFFFF, "R98"),
        exif(None, "R03"),
        exif(0xFFFF, 3),
    ],
)
def test_other_exif_changes_nothing(told: Image.Exif) -> None:
    image = Image.fromarray(PALE)
    image.info["exif"] = told.tobytes()
    got = read(image, keep_space=True)
    assert got.profile is None and np.array_equal(got.pixels.permute(1, 2, 0), PALE)


@pytest.mark.filterwarnings("ignore")  # Pillow's own
def test_damaged_exif_says_nothing(tmp_path: Path) -> None:
    good = exif(0xFFFF, "R03").tobytes()
    for number in range(len(good)):
        for data in (good[:number], good[:number] + b"\xff" + good[number + 1 :]):
            image = Image.fromarray(PALE)
            image.info["exif"] = data
            assert read(image).size == (12, 16)
            image.save(tmp_path / "a.png", exif=data)
            assert read(tmp_path / "a.png").size == (12, 16)


def test_a_profile_comes_before_exif() -> None:
    image = Image.fromarray(PALE)
    image.info |= {"exif": exif(0xFFFF, "R03").tobytes(), "icc_profile": P3}
    assert read(image, keep_space=True).profile == P3


def png(codes: bytes, *, first: bytes = b"", **options: Any) -> bytes:
    """Give a PNG file with a cICP chunk behind the header."""
    file = io.BytesIO()
    Image.fromarray(PALE).save(file, "PNG", **options)
    data = file.getvalue()
    chunk = struct.pack(">I", len(codes)) + b"cICP" + codes
    chunk += struct.pack(">I", zlib.crc32(b"cICP" + codes))
    return data[:33] + first + chunk + data[33:]


def read_bytes(tmp_path: Path, data: bytes) -> Any:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    return read(path, keep_space=True)


@pytest.mark.parametrize("options", [{}, {"icc_profile": SRGB}])
def test_codes_of_png_are_a_space(tmp_path: Path, options: dict[str, Any]) -> None:
    got = read_bytes(tmp_path, png(bytes([12, 13, 0, 1]), **options))
    expected = np.asarray(converted(Image.fromarray(PALE), P3, SRGB)).astype(int)
    assert np.abs(got.pixels.permute(1, 2, 0).numpy() - expected).max() <= 1
    assert np.abs(expected - PALE).max() > 4
    assert np.array_equal(np.asarray(got.to_pil()), PALE)


@pytest.mark.parametrize(
    "codes", [[1, 13, 0, 1], [1, 1, 0, 1], [2, 2, 0, 1], [12, 13, 1, 1], [12, 13, 0, 0], [12], []]
)
def test_codes_of_srgb_and_unknown_ones_change_nothing(tmp_path: Path, codes: list[int]) -> None:
    got = read_bytes(tmp_path, png(bytes(codes)))
    assert np.array_equal(got.pixels.permute(1, 2, 0), PALE)
    data = bytearray(png(bytes([12, 13, 0, 1])))
    data[41] ^= 1  # of primaries, so that the checksum is wrong
    assert np.array_equal(read_bytes(tmp_path, bytes(data)).pixels.permute(1, 2, 0), PALE)


@pytest.mark.parametrize("transfer, name", [(16, "PQ"), (18, "HLG")])
def test_high_dynamic_range_is_warned_of(tmp_path: Path, transfer: int, name: str) -> None:
    codes = bytes([9, transfer, 0, 1])
    with pytest.warns(UserWarning, match=rf"a\.png' is of high dynamic range \({name}\).*SDR"):
        got = read_bytes(tmp_path, png(codes))
    assert np.array_equal(got.pixels.permute(1, 2, 0), PALE)
    # A profile beside it tells programs that don't know the codes what to do.
    assert read_bytes(tmp_path, png(codes, icc_profile=P3)).profile == P3


def test_linear_light_and_wide_primaries(tmp_path: Path) -> None:
    linear = read_bytes(tmp_path, png(bytes([1, 8, 0, 1]))).pixels.permute(1, 2, 0).numpy()
    value = PALE / 255
    assert np.abs(linear - 255 * (1.055 * value ** (1 / 2.4) - 0.055)).max() <= 1
    wide = read_bytes(tmp_path, png(bytes([9, 13, 0, 1])))
    grey = np.full((4, 4, 3), 128, np.uint8)
    assert (wide.pixels.permute(1, 2, 0).numpy() != PALE).any()
    icc = profile_of_codes(9, 13, "it")
    assert icc is not None
    neutral = np.asarray(converted(Image.fromarray(grey), icc, SRGB)).astype(int)
    assert np.abs(neutral - 128).max() <= 1


def test_codes_of_heic_are_a_space(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    path = tmp_path / "a.heic"
    flat = np.full((64, 64, 3), (200, 90, 60), np.uint8)
    codes = {"color_primaries": 12, "transfer_characteristics": 13, "full_range_flag": 1}
    Image.fromarray(flat).save(path, quality=100, chroma=444, matrix_coefficients=6, **codes)
    got = read(path, keep_space=True)
    expected = np.asarray(converted(Image.fromarray(flat), P3, SRGB))[32, 32].astype(int)
    assert np.abs(got.pixels[:, 32, 32].numpy() - expected).max() <= 3
    assert np.abs(expected - flat[0, 0]).max() > 10
