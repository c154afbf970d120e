"""PNG files that browsers show: large profiles and texts, wrong checksums."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from color_profiles import P3
from PIL import Image, PngImagePlugin

from stylemix.errors import PictureError
from stylemix.images import read, save
from stylemix.images.png import SIGNATURE, cleaned

COLORS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, behind: bytes = b"") -> bytes:
    """Give a picture with further chunks before and behind its pixels."""
    head = struct.pack(">IIBBBBB", 30, 20, 8, 2, 0, 0, 0)
    rows = np.concatenate([np.zeros((20, 1), np.uint8), COLORS.reshape(20, 90)], 1)
    return (
        SIGNATURE
        + chunk(b"IHDR", head)
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + behind
        + chunk(b"IEND", b"")
    )


def wrong(data: bytes) -> bytes:
    """Spoil a chunk's checksum."""
    return data[:-1] + bytes([data[-1] ^ 1])


def same(path: Path) -> bool:
    return np.array_equal(read(path).pixels.permute(1, 2, 0).numpy(), COLORS)


def large_profile() -> bytes:
    profile = P3 + np.random.default_rng(1).bytes(3_000_000)
    return struct.pack(">I", len(profile)) + profile[4:]


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize(
    "text",
    [
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"y" * 2_000_000)),
        chunk(b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(b"y" * 2_000_000)),
        chunk(b"tEXt", b"Comment\0" + b"y" * 2_000_000),
        b"".join(
            chunk(b"zTXt", b"C%d\0\0" % i + zlib.compress(b"y" * 900_000)) for i in range(100)
        ),
    ],
    ids=["packed", "international", "plain", "many"],
)
def test_long_texts_do_no_harm(tmp_path: Path, text: bytes, place: str) -> None:
    (tmp_path / "a.png").write_bytes(png(text) if place == "before" else png(behind=text))
    assert same(tmp_path / "a.png")


def test_a_large_profile_is_used_and_written(tmp_path: Path) -> None:
    icc = large_profile()
    Image.fromarray(COLORS).save(tmp_path / "a.png", icc_profile=icc)
    Image.fromarray(COLORS).save(tmp_path / "a.jpg", icc_profile=icc, quality=100, subsampling=0)
    for name in ("a.png", "a.jpg"):
        got = read(tmp_path / name, keep_space=True)
        assert got.profile == icc
        save(got.to_pil(), tmp_path / "out.png")
        again = read(tmp_path / "out.png", keep_space=True)
        assert again.profile == icc
        np.testing.assert_array_equal(again.pixels.numpy(), got.pixels.numpy())
        # Colors are converted by it.
        assert not np.array_equal(got.pixels.permute(1, 2, 0).numpy(), COLORS)


@pytest.mark.parametrize(
    "extra",
    [
        wrong(chunk(b"tEXt", b"Comment\0hello")),
        wrong(chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1))),
        wrong(chunk(b"tIME", bytes([7, 230, 1, 2, 3, 4, 5]))),
        wrong(chunk(b"iCCP", b"icc\0\0" + zlib.compress(P3))),
        chunk(b"iCCP", b"icc\0\7" + zlib.compress(P3)),
        chunk(b"iCCP", b"icc\0\0nonsense"),
    ],
)
def test_faults_in_unimportant_chunks_do_no_harm(tmp_path: Path, extra: bytes) -> None:
    for data in (png(extra), png(behind=extra)):
        (tmp_path / "a.png").write_bytes(data)
        assert same(tmp_path / "a.png")


def test_faults_in_important_chunks_are_refused(tmp_path: Path) -> None:
    data = png(wrong(chunk(b"tEXt", b"Comment\0hello")))
    head = wrong(data[8:33])
    (tmp_path / "a.png").write_bytes(data[:8] + head + data[33:])
    with pytest.raises(PictureError, match=r"a\.png"):
        read(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(PictureError, match=r"a\.png.*damaged"):
        read(tmp_path / "a.png")


def test_orientation_in_a_text_is_kept_beside_long_ones(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "y" * 2_000_000, zip=True)
    Image.fromarray(COLORS).save(tmp_path / "a.png", exif=exif, pnginfo=info)
    assert read(tmp_path / "a.png").size == (30, 20)


def test_sound_files_are_left_alone() -> None:
    assert cleaned(io.BytesIO(png(chunk(b"tEXt", b"Comment\0hello")))) is None
    assert cleaned(io.BytesIO(b"no picture at all")) is None
    assert cleaned(io.BytesIO(SIGNATURE)) is None


def test_a_packed_gigabyte_is_never_unpacked() -> None:
    pack = zlib.compressobj(9)
    body = b"".join(pack.compress(bytes(10_000_000)) for _ in range(100)) + pack.flush()
    data = png(chunk(b"zTXt", b"Comment\0\0" + body), chunk(b"iCCP", b"icc\0\0" + body))
    began = time.process_time()
    found = cleaned(io.BytesIO(data))
    assert found is not None and len(found.profile or b"") <= 64 * 2**20
    assert time.process_time() - began < 5
