"""Every mode and depth, transparency and orientation."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from color_profiles import P3, cmyk_profile, grey_profile
from PIL import Image, ImageCms

from stylemix.errors import PictureError
from stylemix.images import read


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """Give smooth colours, which JPEG keeps well, with some noise in the alpha."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [x, y, 0.5 + 0.4 * np.sin(3 * x + 2 * y), 1 - x * y]
    return np.round(255 * np.stack(planes[:channels], -1)).astype(np.uint8)


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


def test_grey_modes(tmp_path: Path) -> None:
    grey = picture()[..., 0]
    for mode, path in (("L", "l.png"), ("LA", "la.png"), ("1", "one.png")):
        image = Image.fromarray(grey)
        if mode == "LA":
            image.putalpha(Image.fromarray(grey.T.reshape(grey.shape)))
        elif mode == "1":
            image = image.point(lambda v: 255 * (v > 127)).convert("1")
        image.save(tmp_path / path)
        got = read(tmp_path / path, keep_space=True)
        expected = grey if mode != "1" else 255 * (grey > 127).astype(np.uint8)
        for channel in range(3):
            np.testing.assert_array_equal(np.asarray(got.to_pil())[..., channel], expected)
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
    got = np.asarray(read(tmp_path / "a.png", keep_space=True).to_pil())
    assert got[0, :, :3].tolist() == colors
    assert got[0, :, 3].tolist() == alpha


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


@pytest.mark.parametrize("icc", [b"nonsense", b"\0" * 200, P3[:150], P3[:16] + b"GRAY" + P3[20:]])
def test_profiles_that_cannot_be_used_are_ignored(icc: bytes, tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png", icc_profile=icc)
    got = read(tmp_path / "a.png")
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


def test_the_transparent_grey_of_sixteen_bits(tmp_path: Path) -> None:
    values = np.array([[0, 7, 8, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png", transparency=7)
    got = read(tmp_path / "a.png")
    assert got.alpha[0].tolist() == [255, 0, 255, 255]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_the_transparent_color_of_sixteen_bits(tmp_path: Path) -> None:
    rows = np.array([[[0x1234, 0x5678, 0x9ABC], [0x1200, 0x5600, 0x8000]]], ">u2")
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0))
        + chunk(b"tRNS", rows[0, 0].tobytes())
        + chunk(b"IDAT", zlib.compress(b"\0" + rows.tobytes()))
        + chunk(b"IEND", b"")
    )
    assert read(tmp_path / "a.png").alpha[0].tolist() == [0, 255]


def tiff(path: Path, values: np.ndarray, tags: dict[int, int]) -> None:
    """Write greys as they are, with tags such as 262 = 0 for WhiteIsZero."""
    Image.fromarray(values).save(path, tiffinfo=tags)
    data = bytearray(path.read_bytes())
    # Pillow writes BlackIsZero whatever it is told.
    (first,) = struct.unpack("<I", data[4:8])
    for i in range(struct.unpack("<H", data[first : first + 2])[0]):
        entry = first + 2 + 12 * i
        tag = struct.unpack("<H", data[entry : entry + 2])[0]
        if tag in tags:
            data[entry + 8 : entry + 10] = struct.pack("<H", tags[tag])
    path.write_bytes(data)


def test_white_is_zero_in_every_depth(tmp_path: Path) -> None:
    levels = np.array([[0, 1, 2, 5]])
    for values, expected in (
        ((levels * 13107).astype(np.uint16), [255, 204, 153, 0]),
        ((levels / 5).astype(np.float32), [1.0, 0.8, 0.6, 0.0]),
    ):
        tiff(tmp_path / "a.tif", values, {262: 0})
        got = read(tmp_path / "a.tif").pixels[0, 0].double()
        torch.testing.assert_close(got, torch.tensor(expected).double())
        tiff(tmp_path / "b.tif", values, {262: 1})
        assert read(tmp_path / "b.tif").pixels[0, 0].argmax() == 3


def test_the_depth_of_a_tiff_is_its_own(tmp_path: Path) -> None:
    # 32 bits unsigned: two thirds of 2**32 - 1 are two thirds of white.
    values = np.array([[0, 2863311530, 4294967295]], np.uint32)
    tiff(tmp_path / "a.tif", values.view(np.int32), {339: 1})
    assert read(tmp_path / "a.tif").pixels[0, 0].tolist() == [0, 170, 255]


def test_lab_pictures_have_their_colors(tmp_path: Path) -> None:
    lab = ImageCms.profileToProfile(
        Image.fromarray(picture()),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    lab.save(tmp_path / "a.tif")
    got = read(tmp_path / "a.tif").pixels.permute(1, 2, 0).numpy().astype(int)
    assert np.abs(got - picture()).mean() < 2  # a step of a* or b* is worth more than one of 255


def test_greys_go_through_their_profile(tmp_path: Path) -> None:
    # A linear half is sRGB 188.
    Image.new("L", (8, 8), 128).save(tmp_path / "a.png", icc_profile=grey_profile(1.0))
    got = read(tmp_path / "a.png", keep_space=True)
    assert (got.pixels.int() - 188).abs().max() <= 1 and got.profile is None


def test_closed_images_say_so(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as left:
        pass
    with open(tmp_path / "a.png", "rb") as file:
        without_file = Image.open(file)
    gone = Image.fromarray(picture())
    gone.close()
    for image in (left, without_file, gone):
        with pytest.raises(PictureError, match="closed before it could be read: give it while"):
            read(image)
    with Image.open(tmp_path / "a.png") as image:
        image.load()
    assert read(image).size == (24, 32)  # all that is needed was read
