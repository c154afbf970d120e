from __future__ import annotations

import pytest
import torch
from dataset_cases import body, make_tree

from stylemix.dataset import paintings as module
from stylemix.dataset.model import choose_model
from stylemix.dataset.paintings import FOLDER, Paintings, Styles
from stylemix.dataset.sources import open_source
from stylemix.dataset.storage import Local
from stylemix.errors import DataError
from stylemix.runtime.leaves import flatten


def listed(folder, most=2):
    source, entries = open_source(folder, "PAINTINGS")
    scan = source.scan(entries, most)
    return Paintings(source, tuple(scan.pieces), scan.fingerprint)


@pytest.fixture
def found(model):
    return choose_model(model, "cpu", "torch", None)[0].load()


def test_kept_styles_are_those_of_the_paintings(found, tmp_path):
    folder = make_tree(tmp_path / "p", {f"{i}/{i}.png": body(i, 40, 50 + i) for i in range(5)})
    paintings, out = listed(folder), Local(str(tmp_path / "out"))
    assert len(paintings) == 5 and len(paintings.pieces) == 3
    for block in (2, 0, 1):
        paintings.encode(block, found, out)
    styles = Styles(paintings, found, out)
    for number in (4, 0, 1, 3, 2):
        name, style = styles[number]
        assert name == f"{number}/{number}.png"
        expected = found.encode(str(folder / name))
        assert style.fingerprint == expected.fingerprint
        assert list(style.prepared) == list(expected.prepared)
        for one, other in zip(flatten(style.prepared), flatten(expected.prepared), strict=True):
            assert torch.equal(one, other)


def test_a_block_is_the_same_file_each_time(found, tmp_path, paintings):
    listing = listed(paintings)
    bodies = []
    for name in "ab":
        out = Local(str(tmp_path / name))
        listing.encode(0, found, out)
        bodies.append(out.read(f"{FOLDER}/000000.safetensors"))
    assert bodies[0] == bodies[1]


def test_memory_is_bounded(found, tmp_path, paintings, monkeypatch):
    listing, out = listed(paintings, 1), Local(str(tmp_path))
    for block in range(3):
        listing.encode(block, found, out)
    monkeypatch.setattr(module, "KEPT_BYTES", 1)
    styles = Styles(listing, found, out)
    read = []
    original = out.read
    monkeypatch.setattr(out, "read", lambda name: read.append(name) or original(name))
    for number in (0, 0, 1, 2, 0):
        assert styles[number][0] == f"{'xyz'[number]}.png"
    assert len(read) == 4  # the second is in memory, the last no longer


@pytest.mark.parametrize("content", [b"", b"none", body(0)[:-40]])
def test_a_damaged_painting(found, tmp_path, content):
    folder = make_tree(tmp_path / "p", {"a.png": body(0), "b.png": content})
    with pytest.raises(DataError, match=r"the painting b.png can't be used: .*; replace it or"):
        listed(folder).encode(0, found, Local(str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()
