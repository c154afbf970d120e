"""Pictures and VGG-16 packed small, in parts for a slow or narrow way to a lent machine.

Part of :mod:`gpu`; see docs/training-gpu.md.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import tarfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from safetensors.torch import save_file

import stylemix
from stylemix.backbones import feature_net

KINDS = {"content": (288, 62), "style": (320, 72)}
"""Short side in pixels, and WebP's quality."""
LONGEST = 1.4
"""Long side of a packed picture, in short sides; more is cut off on both sides."""
MIB = 2**20
SIZES = "sizes.json"
"""File that says how large each file of a part is once it has arrived whole."""
VGG = "vgg16.safetensors"
DEEPEST = 21
"""Number of the convolution of relu4_3, the last that losses look through."""


def pack_pictures(folder: Path, kind: str) -> list[bytes]:
    """Return a folder's pictures as WebP, small, in an order that any part is a sample of."""
    side, quality = KINDS[kind]
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".png", ".webp"))
    random.Random(1).shuffle(paths)

    def encoded(path: Path) -> bytes:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        scale = side / min(image.size)
        if scale < 1:
            size = (round(image.width * scale), round(image.height * scale))
            image = image.resize(size, Image.Resampling.LANCZOS)
        longest = round(LONGEST * min(image.size))
        left, top = ((max(0, s - longest)) // 2 for s in image.size)
        image = image.crop(
            (left, top, left + min(longest, image.width), top + min(longest, image.height))
        )
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=4)
        return buffer.getvalue()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(encoded, paths))


def parts_of(
    pictures: Mapping[str, list[bytes]], first: int, others: int
) -> Iterator[dict[str, list[bytes]]]:
    """Divide pictures into parts of at most so many bytes, each with both kinds alike.

    Args:
        pictures: of each kind.
        first: bytes of the first part.
        others: bytes of each further one.
    """
    # A tar member takes a header and a padding of up to a block of 512 bytes each.
    left = {k: [(p, len(p) + 1024) for p in pictures[k]] for k in pictures}
    total = sum(size for each in left.values() for _, size in each)
    room = first
    while any(left.values()):
        share = min(1.0, room / max(1, total))
        part: dict[str, list[bytes]] = {}
        for kind, rest in left.items():
            budget, taken = share * sum(size for _, size in rest), 0
            while taken < len(rest) and (budget := budget - rest[taken][1]) > -1:
                taken += 1
            taken = taken if share < 1 else len(rest)
            part[kind] = [p for p, _ in rest[:taken]]
            total -= sum(size for _, size in rest[:taken])
            del rest[:taken]
        if not any(part.values()):
            raise SystemExit(f"a picture is larger than a part of {room} bytes; raise --mib")
        yield part
        room = others


def pack(args: argparse.Namespace) -> None:
    """Write VGG-16 behind its deepest used layer, and parts ``a``, ``b``, ..."""
    args.data.mkdir(parents=True, exist_ok=True)
    if not args.thin:
        net = feature_net("vgg16", args.vgg).state_dict()
        kept = {k: v.half() for k, v in net.items() if _number(k) <= DEEPEST}
        save_file(kept, args.data / VGG)
    code = Path(stylemix.__file__).parents[1]
    used = sum(p.stat().st_size for p in (*code.rglob("*"), args.data / VGG) if p.is_file())
    pictures = {k: pack_pictures(getattr(args, k), k) for k in KINDS}
    room = int(args.mib * MIB) - 64 * 1024  # ends of the archives
    for number, part in enumerate(parts_of(pictures, max(MIB // 8, room - used), room)):
        folder = args.data / chr(ord("a") + number)
        folder.mkdir(exist_ok=True)
        sizes = {}
        for kind, members in part.items():
            path = folder / f"{kind}.tar"
            with tarfile.open(path, "w") as archive:
                for index, content in enumerate(members):
                    info = tarfile.TarInfo(f"{folder.name}{index:05d}.webp")
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
            sizes[path.name] = path.stat().st_size
        (folder / SIZES).write_text(json.dumps(sizes))
        print(folder, {k: len(v) for k, v in part.items()}, sum(sizes.values()) // 1024, "KiB")


def _number(name: str) -> int:
    """Return the number of the layer in a name such as ``features.21.weight``."""
    return next((int(part) for part in name.split(".") if part.isdigit()), 0)


def arrived(part: Path) -> bool:
    """Tell whether a part has arrived whole."""
    try:
        sizes = json.loads((part / SIZES).read_text())
        return all((part / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False
