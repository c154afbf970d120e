"""What becomes of good files: bytes flipped, cut, repeated, inflated, blind or by their format."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from random import Random

NUMBERS = (b"-1", b"0", b"1e999", b"nan", b"inf", b"99999999999999999999", b"1" * 5000, b"0.5")
VALUES = (*NUMBERS, b'""', b'"\xc3\xa9"', b"[]", b"{}", b"true", b"null", b'"../../x"', b"[[1]]")


def mutate(data: bytes, draw: Random, others: Sequence[bytes] = ()) -> bytes:
    """Return a file with one to four faults.

    Args:
        data: a good file.
        draw: draws everything.
        others: more good files, parts of which may be put in.
    """
    ways: list[Callable[[bytes, Random], bytes]] = [*BLIND, *BLIND]
    ways += [way for mark, found in FORMATS for way in found if mark(data)] * 4
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        if others and draw.random() < 0.05:
            other = draw.choice(others)
            data = data[: _place(data, draw)] + other[_place(other, draw) :]
        else:
            data = draw.choice(ways)(data, draw)
    return data


def _place(data: bytes, draw: Random) -> int:
    """Choose a place, half of the time in the first bytes, where headers are."""
    most = len(data) if draw.random() < 0.5 else min(len(data), 64)
    return draw.randrange(most + 1)


def _part(data: bytes, draw: Random) -> slice:
    start = _place(data, draw)
    return slice(start, start + draw.choice((1, 2, 4, 8, 16, 64, 256, 1024)))


def flip(data: bytes, draw: Random) -> bytes:
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        if found:
            found[min(_place(data, draw), len(found) - 1)] ^= 1 << draw.randrange(8)
    return bytes(found)


def cut(data: bytes, draw: Random) -> bytes:
    place = _place(data, draw)
    return data[:place] if draw.random() < 0.8 else data[place:]


def drop(data: bytes, draw: Random) -> bytes:
    part = _part(data, draw)
    return data[: part.start] + data[part.stop :]


def repeat(data: bytes, draw: Random) -> bytes:
    part = _part(data, draw)
    times = draw.choice((1, 2, 50))
    return data[: part.stop] + data[part] * times + data[part.stop :]


def overwrite(data: bytes, draw: Random) -> bytes:
    part = _part(data, draw)
    length = len(data[part])
    new = draw.choice((draw.randbytes(length), bytes(length), b"\xff" * length))
    return data[: part.start] + new + data[part.stop :]


def inflate(data: bytes, draw: Random) -> bytes:
    """Write a number as sizes have it, of 1, 2, 4 or 8 bytes."""
    place, size = _place(data, draw), draw.choice((1, 2, 4, 8))
    value = draw.choice((0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 10_000, 2**31 - 1, 2**32 - 1, 2**63))
    order = draw.choice(("little", "big"))
    number = (value % 256**size).to_bytes(size, order)
    return data[:place] + number + data[place + size :]


BLIND = (flip, cut, drop, repeat, overwrite, inflate)


def _png(data: bytes, draw: Random) -> bytes:
    """Change a chunk and give it a good checksum; or repeat, drop or move one."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return data
    number = draw.randrange(len(chunks))
    kind, body = chunks[number]
    way = draw.randrange(5)
    if way == 0:
        chunks.insert(draw.randrange(len(chunks) + 1), (kind, body))
    elif way == 1:
        del chunks[number]
    elif way == 2:
        chunks[number] = (draw.choice([k for k, _ in chunks]), body)
    else:
        chunks[number] = (kind, draw.choice(BLIND)(body, draw))
    made = data[:8]
    for kind, body in chunks:
        made += struct.pack(">I", len(body)) + kind + body
        made += struct.pack(">I", zlib.crc32(kind + body))
    return made


def _tiff(data: bytes, draw: Random) -> bytes:
    """Change a tag's number, type, count or value in the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 10:
        return data
    (at,) = struct.unpack(order + "I", data[4:8])
    if at + 2 > len(data):
        return data
    (count,) = struct.unpack(order + "H", data[at : at + 2])
    entry = at + 2 + 12 * draw.randrange(max(1, min(count, 40)))
    field, size = draw.choice(((0, 2), (2, 2), (4, 4), (8, 4), (8, 2)))
    values = (0, 1, 2, 3, 4, 5, 8, 12, 16, 32, 64, 256, 257, 258, 273, 277, 0xFFFF, 2**32 - 1)
    value = draw.choice((*values, draw.getrandbits(16)))
    new = struct.pack(order + ("I" if size == 4 else "H"), value % 256**size)
    return data[: entry + field] + new + data[entry + field + size :]


def _jpeg(data: bytes, draw: Random) -> bytes:
    """Repeat, drop or change a segment, its length kept true."""
    segments, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        segments.append((data[at : at + 2], data[at + 4 : at + 2 + length]))
        at += 2 + length
    if not segments:
        return data
    number, way = draw.randrange(len(segments)), draw.randrange(4)
    mark, body = segments[number]
    if way == 0:
        segments[number : number + 1] = [(mark, body)] * draw.choice((2, 3, 200))
    elif way == 1:
        del segments[number]
    else:
        segments[number] = (mark, draw.choice(BLIND)(body, draw)[:65533])
    made = b"".join(m + struct.pack(">H", len(b) + 2) + b for m, b in segments)
    return data[:2] + made + data[at:]


def _safetensors(data: bytes, draw: Random) -> bytes:
    """Change the header, whose length stays true."""
    if len(data) < 8:
        return data
    (length,) = struct.unpack("<Q", data[:8])
    header = draw.choice((_text, _text, *BLIND))(data[8 : 8 + length], draw)
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def _text(data: bytes, draw: Random) -> bytes:
    """Change a value, a word or a line of JSON or TOML."""
    way = draw.randrange(7)
    if way < 3:
        places = list(re.finditer(rb'-?\d[\d.e+-]*|"[^"\n]*"|true|false|null', data))
        if places:
            found = draw.choice(places)
            value = draw.choice(VALUES)
            if draw.random() < 0.3:
                value = draw.choice(places).group()
            return data[: found.start()] + value + data[found.end() :]
    if way == 3:
        nested = draw.choice((b"[", b'{"a":', b"[[", b"{a=")) * draw.choice((3, 200, 100_000))
        place = _place(data, draw)
        return data[:place] + nested + data[place:]
    lines = data.splitlines(keepends=True) or [b""]
    number = draw.randrange(len(lines))
    if way == 4:
        lines.insert(draw.randrange(len(lines) + 1), lines[number])
    elif way == 5:
        del lines[number]
    else:
        lines[number] = draw.choice(BLIND)(lines[number], draw)
    return b"".join(lines)


def _is_text(data: bytes) -> bool:
    head = data[:200]
    return bool(head) and all(32 <= byte < 127 or byte in b"\r\n\t" for byte in head)


def _is_safetensors(data: bytes) -> bool:
    return len(data) > 10 and data[8:9] == b"{" and b"dtype" in data[:4000]


FORMATS: tuple[tuple[Callable[[bytes], bool], tuple[Callable[..., bytes], ...]], ...] = (
    (lambda data: data.startswith(b"\x89PNG"), (_png,)),
    (lambda data: data[:4] in (b"II*\0", b"MM\0*"), (_tiff,)),
    (lambda data: data.startswith(b"\xff\xd8"), (_jpeg,)),
    (_is_safetensors, (_safetensors,)),
    (_is_text, (_text,)),
)
