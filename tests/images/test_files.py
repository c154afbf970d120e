"""Files: names, careful opening and every defect."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stylemix.errors import PictureError
from stylemix.images import is_picture_name, open_file, picture_endings, read


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """Give smooth colours, which JPEG keeps well, with some noise in the alpha."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [x, y, 0.5 + 0.4 * np.sin(3 * x + 2 * y), 1 - x * y]
    return np.round(255 * np.stack(planes[:channels], -1)).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp", "jpg"])
def test_ordinary_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {"quality": 98, "subsampling": 0}
    Image.fromarray(picture()).save(path, **options if suffix in ("webp", "jpg") else {})
    for given_path in (path, str(path)):
        got = read(given_path)
        assert got.source == path.name and got.alpha is None and got.profile is None
        error = np.abs(got.pixels.permute(1, 2, 0).numpy().astype(int) - picture())
        assert error.max() <= (6 if suffix == "jpg" else 0)


def test_missing_folder_web_empty_and_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("hello")
    for path, remedy in (
        (tmp_path / "missing.jpg", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty.jpg", "is empty"),
        (tmp_path / "text.png", "no picture that can"),
        ("https://example.org/a.jpg", "'https://example.org/a.jpg' is a web address: download"),
        (Path("https://example.org/a.jpg"), "'https://example.org/a.jpg' is a web address"),
        ("s3://bucket/a.jpg", "web address"),
        (tmp_path / "empty.jpg" / "x", "opened"),
        (tmp_path / "a\0b.jpg", "null"),
    ):
        with pytest.raises(PictureError, match=remedy) as caught:
            read(path)
        assert Path(str(path)).name.replace("\0", "\\x00") in str(caught.value)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.eps"])
def test_no_program_is_run_on_a_stranger_s_file(tmp_path: Path, name: str, monkeypatch) -> None:
    """Pillow draws PostScript with Ghostscript where that is there, whatever the file's name."""
    Image.new("RGB", (8, 8)).save(tmp_path / name, "EPS")
    ran = tmp_path / "ran"
    for program in ("gs", "gswin64c", "gswin32c"):
        (tmp_path / program).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    with pytest.raises(PictureError, match="no picture that can be read"):
        read(tmp_path / name)
    assert not ran.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_unreadable_file(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(PictureError, match="rights to read"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_truncated_files(tmp_path: Path, suffix: str, kept: float) -> None:
    array = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(array).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(PictureError, match=f"a.{suffix}'.*(damaged|no picture)"):
        read(path)


@given(suffix=st.sampled_from(["jpg", "png", "webp", "tif", "gif", "bmp"]), data=st.data())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_bytes_give_a_picture_or_a_clear_error(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(picture(12, 10)).save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        got = read(path, max_pixels=100_000)
    except PictureError:
        return
    assert got.pixels.ndim == 3 and len(got.pixels) == 3 and got.pixels.dtype == torch.uint8


def bomb(path: Path, width: int, height: int) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_decompression_bombs_stop_at_the_header(tmp_path: Path) -> None:
    bomb(tmp_path / "a.png", 60_000, 50_000)
    limit = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PictureError, match="3,000,000,000 pixels.*limit of 200,000,000"):
        read(tmp_path / "a.png")
    assert limit == Image.MAX_IMAGE_PIXELS  # Pillow's own limit is as it was
    Image.fromarray(picture()).save(tmp_path / "b.png")
    with pytest.raises(PictureError, match="32 x 24 = 768 pixels.*shrink it first"):
        read(tmp_path / "b.png", max_pixels=767)
    assert read(tmp_path / "b.png", max_pixels=768).pixels.shape == (3, 24, 32)


def test_our_limit_holds_and_not_that_of_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read(tmp_path / "a.png").pixels.shape == (3, 24, 32)
    assert not recwarn.list


@pytest.mark.parametrize(
    "name",
    [
        "a.jpg",
        "A.JPEG",
        "x.jfif",
        "x.jpe",
        "x.png",
        "x.webp",
        "x.gif",
        "x.ppm",
        "x.tiff",
        "IMG_1.HEIC",
    ],
)
def test_names_of_pictures(name: str) -> None:
    assert is_picture_name(name)
    assert is_picture_name(Path("folder.txt") / name)


@pytest.mark.parametrize(
    "name", ["notes.txt", "a.pdf", "jpg", ".jpg", "._a.jpg", "a.jpg.part", "film.mpg", "a.h5", ""]
)
def test_names_of_other_files(name: str) -> None:
    assert not is_picture_name(name)


def test_every_ending_that_pillow_can_write_too_is_read_again(tmp_path: Path) -> None:
    Image.init()
    tried = 0
    for ending in sorted(picture_endings()):
        path = tmp_path / f"x{ending}"
        try:
            Image.new("RGB", (32, 32), (200, 100, 50)).save(path)
        except (OSError, ValueError, KeyError):  # read only, or of other modes
            continue
        tried += 1
        with open_file(str(path), 2_000_000) as image:  # icons are enlarged when they are saved
            assert image.width == image.height >= 32
            image.load()
    assert tried > 10


def test_open_files_are_read_by_what_they_hold() -> None:
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "PNG")
    buffer.seek(0)
    with open_file(buffer, 1000, "it") as image:
        assert image.size == (32, 24)
    for content, problem in ((b"", "it is empty"), (b"hello" * 20, "it is no picture")):
        with (
            pytest.raises(PictureError, match=problem),
            open_file(io.BytesIO(content), 1000, "it"),
        ):
            pass
    with pytest.raises(PictureError, match="it has 32 x 24"), open_file(buffer, 100, "it"):
        pass


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_sides(tmp_path):
    path = tmp_path / "phone.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # upright it stands
    whole = Image.fromarray(picture(600, 800))
    whole.save(path, quality=95, exif=exif)
    for enough, size in ((800, (800, 600)), (401, (800, 600)), (400, (400, 300)), (90, (100, 75))):
        with open_file(str(path), 10**9, long_side=enough) as image:
            assert image.size == (size[0], size[1])
        raster = read(path, long_side=enough)
        assert raster.size == size  # height and width, turned
        small = np.asarray(whole.transpose(Image.Transpose.ROTATE_270).resize(size[::-1]), int)
        assert np.abs(raster.pixels.permute(1, 2, 0).numpy() - small).mean() < 3
    with pytest.raises(PictureError, match="more than the limit"):
        read(path, max_pixels=100_000)
    assert read(path, max_pixels=200_000, long_side=300).size == (400, 300)


def test_other_formats_are_decoded_whole(tmp_path):
    path = tmp_path / "large.png"
    Image.fromarray(picture(60, 80)).save(path)
    assert read(path, long_side=10).size == (60, 80)


@pytest.mark.parametrize("size", [b"33*21*5", b"33", b"nan*21", b"inf*21", b"1e9*1e9"])
@pytest.mark.parametrize("long_side", [None, 16])
def test_sizes_that_are_none_are_refused(
    tmp_path: Path, size: bytes, long_side: int | None
) -> None:
    path = tmp_path / "a.im"
    Image.new("RGB", (33, 21)).save(path)
    path.write_bytes(path.read_bytes().replace(b"33*21", size))
    with pytest.raises(PictureError, match=r"a\.im'"):
        read(path, long_side=long_side)
