"""Files: every mode and defect, and colour profiles."""

from __future__ import annotations

import functools
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
from PIL import Image, ImageCms

from stylemix.errors import PictureError
from stylemix.images import is_picture_name, open_file, picture_endings, read


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """Give smooth colours, which JPEG keeps well, with some noise in the alpha."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [x, y, 0.5 + 0.4 * np.sin(3 * x + 2 * y), 1 - x * y]
    return np.round(255 * np.stack(planes[:channels], -1)).astype(np.uint8)


@functools.cache  # a profile carries the second of its making
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Give sRGB with red and blue exchanged: a valid profile that visibly changes colours."""
    data = bytearray(srgb())
    count = struct.unpack(">I", data[128:132])[0]
    entries = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = (
        data[blue + 4 : blue + 12],
        data[red + 4 : red + 12],
    )
    return bytes(data)


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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture()).save(tmp_path / "a.png", exif=exif)
    a = picture()
    expected = {
        1: a,
        2: a[:, ::-1],
        3: a[::-1, ::-1],
        4: a[::-1],
        5: a.transpose(1, 0, 2),
        6: np.rot90(a, -1),
        7: np.rot90(a, 2).transpose(1, 0, 2),
        8: np.rot90(a),
    }
    got = read(tmp_path / "a.png").pixels.permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(got, expected[orientation])


def test_colors_under_transparency_are_kept(tmp_path: Path) -> None:
    array = picture(channels=4)
    array[:4, :, 3] = 0
    Image.fromarray(array).save(tmp_path / "a.png")
    got = read(tmp_path / "a.png")
    np.testing.assert_array_equal(got.pixels.permute(1, 2, 0).numpy(), array[..., :3])
    np.testing.assert_array_equal(got.alpha.numpy(), array[..., 3])


def test_grey_modes(tmp_path: Path) -> None:
    grey = picture()[..., 0]
    for mode, path in (("L", "l.png"), ("LA", "la.png"), ("1", "one.png")):
        image = Image.fromarray(grey)
        if mode == "LA":
            image.putalpha(Image.fromarray(grey.T.reshape(grey.shape)))
        elif mode == "1":
            image = image.point(lambda v: 255 * (v > 127)).convert("1")
        image.save(tmp_path / path)
        got = read(tmp_path / path)
        expected = grey if mode != "1" else 255 * (grey > 127).astype(np.uint8)
        for channel in got.pixels.numpy():
            np.testing.assert_array_equal(channel, expected)
        assert (got.alpha is not None) == (mode == "LA")


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_transparent_colors_of_png(tmp_path: Path, mode: str) -> None:
    if mode == "P":
        image = Image.new("P", (2, 1))
        image.putpalette([10, 20, 30, 40, 50, 60])
        image.putpixel((1, 0), 1)
        image.save(tmp_path / "a.png", transparency=b"\x80\xff")
        alpha, colors = [128, 255], [[10, 20, 30], [40, 50, 60]]
    else:
        image = Image.new(mode, (2, 1), 7 if mode == "L" else (7, 7, 7))
        image.putpixel((1, 0), 9 if mode == "L" else (9, 9, 9))
        image.save(tmp_path / "a.png", transparency=7 if mode == "L" else (7, 7, 7))
        alpha, colors = [0, 255], [[7] * 3, [9] * 3]
    got = read(tmp_path / "a.png")
    assert got.pixels.permute(1, 2, 0)[0].tolist() == colors
    assert got.alpha[0].tolist() == alpha


def test_sixteen_bits_are_rounded(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 385, 386, 32768, 65406, 65407, 65535]], np.uint16)
    expected = np.round(values / 257).astype(int).tolist()[0]
    for name in ("a.png", "a.tif"):
        Image.fromarray(values).save(tmp_path / name)
        assert read(tmp_path / name).pixels[1, 0].tolist() == expected
    wide = Image.fromarray(values.astype(np.int32))
    assert wide.mode == "I"
    assert read(wide).pixels[2, 0].tolist() == expected


def test_integers_beyond_sixteen_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 70000]], np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(PictureError, match="beyond 16 bits: convert"):
        read(tmp_path / "a.tif")


def test_floating_point_files(tmp_path: Path) -> None:
    values = np.array([[0.0, 0.123, 1.0]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    got = read(tmp_path / "a.tif").pixels
    assert torch.equal(got, torch.from_numpy(values)[None].repeat(3, 1, 1))
    Image.fromarray(values * 200).save(tmp_path / "b.tif")
    with pytest.raises(PictureError, match="divide by 255"):
        read(tmp_path / "b.tif")


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_first_frame_of_an_animation(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **options)
    assert read(tmp_path / f"a.{suffix}").pixels[:, 4, 4].tolist() == [255, 0, 0]


def test_one_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png").pixels.flatten().tolist() == [1, 2, 3]


def test_rgb_profile_is_carried_or_applied(tmp_path: Path) -> None:
    icc = swapped_profile()
    Image.fromarray(picture()).save(tmp_path / "a.png", icc_profile=icc)
    content = read(tmp_path / "a.png")
    assert content.profile == icc
    np.testing.assert_array_equal(content.pixels.permute(1, 2, 0).numpy(), picture())
    style = read(tmp_path / "a.png", to_srgb=True)
    assert style.profile is None
    error = style.pixels.permute(1, 2, 0).numpy().astype(int) - picture()[..., ::-1]
    assert np.abs(error).max() <= 2


def test_alpha_survives_the_conversion_to_srgb(tmp_path: Path) -> None:
    array = picture(channels=4)
    Image.fromarray(array).save(tmp_path / "a.png", icc_profile=swapped_profile())
    got = read(tmp_path / "a.png", to_srgb=True)
    np.testing.assert_array_equal(got.alpha.numpy(), array[..., 3])
    error = got.pixels.permute(1, 2, 0).numpy().astype(int) - array[..., 2::-1]
    assert np.abs(error).max() <= 2


def cmyk_profile() -> bytes:
    """Build a small CMYK profile: paper is mid-grey, Lab (50, 0, 0), and any ink black."""
    # lut16: 4 inputs, 3 outputs, 2 grid points, identity curves, Lab (v2 encoding).
    lab = struct.pack(">3H", 0x7F80, 0x8000, 0x8000) + struct.pack(">3H", 0, 0x8000, 0x8000) * 15
    table = (
        b"mft2"
        + bytes(4)
        + bytes([4, 3, 2, 0])
        + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
        + struct.pack(">2H", 2, 2)
        + struct.pack(">2H", 0, 65535) * 4
        + lab
        + struct.pack(">2H", 0, 65535) * 3
    )
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    body, entries = b"", b""
    for tag, data in ((b"A2B0", table), (b"desc", text), (b"wtpt", white)):
        body += bytes(-len(body) % 4)
        entries += tag + struct.pack(">2I", 128 + 4 + 36 + len(body), len(data))
        body += data
    size = 128 + 4 + 36 + len(body)
    header = struct.pack(
        ">I4sI4s4s4s12s4s", size, b"lcms", 0x02100000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp"
    )
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", 3) + entries + body


def test_cmyk_goes_through_its_profile(tmp_path: Path) -> None:
    inks = Image.new("CMYK", (16, 16), (128, 0, 0, 0))
    inks.save(tmp_path / "plain.tif")
    assert read(tmp_path / "plain.tif").pixels[:, 0, 0].tolist() == [127, 255, 255]
    inks.save(tmp_path / "managed.tif", icc_profile=cmyk_profile())
    got = read(tmp_path / "managed.tif")
    # Half-way from L* = 50 to 0 is sRGB 59. (No ink at all is white for every engine.)
    assert got.profile is None
    assert (got.pixels.int() - 59).abs().max() <= 2


def test_cmyk_jpeg(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=98)
    got = read(tmp_path / "a.jpg").pixels[:, 8, 8].int()
    assert (got - torch.tensor([255, 0, 0])).abs().max() <= 4


@pytest.mark.parametrize(
    "icc", [b"nonsense", b"\0" * 200, srgb()[:150], srgb()[:16] + b"GRAY" + srgb()[20:]]
)
def test_profiles_that_cannot_be_used_are_ignored(icc: bytes, tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png", icc_profile=icc)
    got = read(tmp_path / "a.png", to_srgb=True)
    assert got.profile is None
    np.testing.assert_array_equal(got.pixels.permute(1, 2, 0).numpy(), picture())


def test_a_pil_image_is_not_changed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "PNG", exif=exif)
    image = Image.open(buffer)
    assert read(image).pixels.shape == (3, 32, 24)
    assert image.size == (32, 24) and image.getexif()[0x0112] == 6


def test_missing_folder_web_empty_and_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("hello")
    for path, remedy in (
        (tmp_path / "missing.jpg", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty.jpg", "is empty"),
        (tmp_path / "text.png", "no picture that can"),
        ("https://example.org/a.jpg", "download"),
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
    "name", ["a.jpg", "A.JPEG", "x.jfif", "x.jpe", "x.png", "x.webp", "x.gif", "x.ppm", "x.tiff"]
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
