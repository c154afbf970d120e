"""PNG files that browsers show and Pillow refuses: large profiles and texts, wrong checksums."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_LARGEST_TEXT = 1_000_000
"""Bytes of a text, or of all texts together, that are kept; the orientation may stand in one."""
_LARGEST_PROFILE = 64 * 2**20
"""Bytes of a color profile that is unpacked."""


@dataclass(frozen=True)
class Cleaned:
    """A PNG file that Pillow reads.

    Attributes:
        file: its content.
        profile: the color profile that was too large for Pillow, or None.
    """

    file: io.BytesIO
    profile: bytes | None


def cleaned(file: BinaryIO) -> Cleaned | None:
    """Return a PNG file without what only hinders reading it; None where there is nothing such.

    Left out are unimportant ("ancillary") chunks with a wrong checksum, as the PNG specification
    advises (13.2), long texts, and large profiles, which are given apart. What makes up the picture
    stays as it is, damage included.

    Args:
        file: any file, read from its beginning.
    """
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return None
    spans, profile, texts, changed = [(0, 8)], None, 0, False
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        begin = file.tell() - 8
        if not kind[:1].islower():
            file.seek(length + 4, os.SEEK_CUR)
            spans.append((begin, begin + length + 12))
            if kind == b"IEND":
                break
            continue
        body, check = file.read(length), file.read(4)
        good = check == struct.pack(">I", zlib.crc32(kind + body))
        if good and kind == b"iCCP":
            found = _profile(body)
            good = found is not None and len(found) <= _LARGEST_TEXT
            profile = profile if good else found
        elif good and (size := _text_size(kind, body)):
            texts += size
            good = texts <= _LARGEST_TEXT
        if good:
            spans.append((begin, begin + length + 12))
        changed |= not good
    if not changed:
        return None
    kept = io.BytesIO()
    for begin, end in spans:
        file.seek(begin)
        kept.write(file.read(end - begin))
    kept.seek(0)
    return Cleaned(kept, profile)


def color_codes(file: BinaryIO) -> tuple[int, int] | None:
    """Return a PNG file's codes of primaries and curve (H.273); None where it holds none.

    Pillow leaves out the chunk that holds them, cICP of PNG's third edition (11.3.2.6). It stands
    before the pixels.

    Args:
        file: any file, read from its beginning.
    """
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind in (b"IDAT", b"IEND"):
            break
        if kind != b"cICP":
            file.seek(length + 4, os.SEEK_CUR)
            continue
        body, check = file.read(length), file.read(4)
        good = check == struct.pack(">I", zlib.crc32(kind + body)) and length == 4
        # RGB over its full range, which pictures have.
        return (body[0], body[1]) if good and body[2:] == b"\0\1" else None
    return None


def _text_size(kind: bytes, body: bytes) -> int:
    """Return how long the text in a chunk is when it is unpacked; 0 in other chunks."""
    data = body.partition(b"\0")[2]
    if kind == b"zTXt":
        return len(_unpacked(data[1:], _LARGEST_TEXT + 1))
    if kind == b"iTXt":
        packed, text = data[:1] == b"\1", data[2:].split(b"\0", 2)[-1]
        return len(_unpacked(text, _LARGEST_TEXT + 1) if packed else text)
    return len(body) if kind == b"tEXt" else 0


def _profile(body: bytes) -> bytes | None:
    """Return the color profile in a chunk, or None where it can't be unpacked."""
    data = body.partition(b"\0")[2]
    return _unpacked(data[1:], _LARGEST_PROFILE) or None if data[:1] == b"\0" else None


def _unpacked(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""
