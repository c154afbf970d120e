"""Small data sets of every layout, and what the tests of stylemix.dataset share."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from helpers import picture
from PIL import Image
from torch.utils.data import Dataset

from stylemix.dataset.storage import Entry, Storage
from stylemix.images import to_pil
from stylemix.transforms import RandomStyle

TINY: dict[str, Any] = {"workers": 0, "runtime": "torch", "device": "cpu", "shard_size": 2}
"""Arguments of stylize_dataset for tests: in this process, two samples a unit."""


def image(seed: int, height: int = 32, width: int = 32) -> Image.Image:
    """Give a small picture."""
    return to_pil(picture(seed, height, width)[0])


def body(seed: int, height: int = 32, width: int = 32, kind: str = "PNG") -> bytes:
    """Give the file of a small picture."""
    out = io.BytesIO()
    image(seed, height, width).save(out, kind)
    return out.getvalue()


def make_tree(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pets() -> dict[str, bytes]:
    """Give a tree of two classes, five pictures of two sizes, and a file beside one."""
    return {
        "cat/a.JPEG": body(0, 32, 40, "JPEG"),
        "cat/b.png": body(1),
        "cat/b.txt": b"a cat",
        "dog/a.jpg": body(2, 32, 40, "JPEG"),
        "dog/c.v2.png": body(3),
        "dog/d.png": body(4),
    }


def make_shard(path: Path, members: Sequence[tuple[str, bytes]]) -> Path:
    """Write a tar shard."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def members(path: Path) -> dict[str, bytes]:
    """Give the files in a tar shard; no name comes twice."""
    with tarfile.open(path) as archive:
        found = [(m.name, archive.extractfile(m).read()) for m in archive if m.isfile()]
    assert len(dict(found)) == len(found)
    return dict(found)


def make_parquet(path: Path, count: int, *, groups: int = 2) -> Path:
    """Write a file as Hugging Face's datasets does: pictures, class numbers, texts, times."""
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table(
        {
            "image": pa.array([{"bytes": body(i), "path": f"{i}.png"} for i in range(count)], kind),
            "species": pa.array([i % 2 for i in range(count)], pa.int64()),
            "caption": [f"number {i}" for i in range(count)],
            "taken": [datetime.datetime(2020, 1, 1 + i) for i in range(count)],
        }
    )
    features = {
        "image": {"_type": "Image"},
        "species": {"names": ["cat", "dog/wolf"], "_type": "ClassLabel"},
        "caption": {"dtype": "string", "_type": "Value"},
        "taken": {"dtype": "timestamp[us]", "_type": "Value"},
    }
    about = json.dumps({"info": {"features": features}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table.replace_schema_metadata({b"huggingface": about}), path, row_group_size=groups
    )
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder."""
    return {
        f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()
    }


def lines(path: Path) -> list[dict[str, Any]]:
    """Give the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def opened(content: bytes) -> Image.Image:
    """Give the picture in a file."""
    found = Image.open(io.BytesIO(content))
    found.load()
    return found


def difference(one: Image.Image, other: Image.Image) -> float:
    """Give the mean difference of two pictures of one size, in levels of 255."""
    import numpy as np

    assert one.size == other.size
    a, b = (torch.from_numpy(np.array(p.convert("RGB"))).float() for p in (one, other))
    return float((a - b).abs().mean())


def walked(storage: Storage) -> list[Entry]:
    """Give the files of a storage."""
    return list(storage.walk())


class Photos(Dataset):
    """Six photographs, transformed; a module that spawned workers find by its name holds it."""

    def __init__(self, transform: RandomStyle) -> None:
        self.transform = transform

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.transform((picture(index, 16, 16)[0] * 255).byte())
