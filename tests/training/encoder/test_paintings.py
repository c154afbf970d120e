from __future__ import annotations

import io
import logging
import tarfile

import pytest
import torch
from PIL import Image
from pretraining_cases import strokes, write_paintings

from stylemix.errors import DataError
from stylemix.training.encoder.paintings import read_paintings


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def test_every_painting_gets_the_same_short_side(tmp_path, caplog):
    for number, (width, height) in enumerate([(90, 60), (40, 70), (32, 32), (20, 30)]):
        for kind in ("dots", "across"):
            save(tmp_path / kind / f"{number}.png", strokes(kind, number, width, height))
    with caplog.at_level(logging.WARNING):
        found = read_paintings([tmp_path], 32)
    assert [min(p.shape[1:]) for p in found.pictures] == [32] * 8
    assert [tuple(p.shape[1:]) for p in found.pictures[:4]] == [
        (32, 48),
        (56, 32),
        (32, 32),
        (48, 32),
    ]
    assert all(p.dtype == torch.uint8 for p in found.pictures)
    # What equalising can't take back is said: two paintings had to be enlarged.
    assert "2 paintings are smaller than data.side = 32" in caplog.text
    assert "the smallest is 20" in caplog.text


def test_labels_are_the_names_of_folders(tmp_path):
    write_paintings(tmp_path / "all" / "deep", each=2)
    found = read_paintings([tmp_path / "all"], 32)
    assert found.styles == ("across", "dots", "upright")
    assert found.names == [
        "across/0.png",
        "across/1.png",
        "dots/0.png",
        "dots/1.png",
        "upright/0.png",
        "upright/1.png",
    ]
    assert found.labels == [0, 0, 1, 1, 2, 2]
    by_pattern = read_paintings([f"{tmp_path}/all/deep/*/0.png", f"{tmp_path}/all/**/1.png"], 32)
    assert by_pattern.names == found.names


def test_a_tar_shard_gives_what_the_folder_gives(tmp_path):
    write_paintings(tmp_path / "style", each=2)
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        archive.add(tmp_path / "style", "style")
    folder, shard = (read_paintings([tmp_path / p], 32) for p in ("style", "s.tar"))
    assert (folder.names, folder.labels, folder.styles) == (shard.names, shard.labels, shard.styles)
    assert all(torch.equal(a, b) for a, b in zip(folder.pictures, shard.pictures, strict=True))


def test_what_cannot_be_used_is_left_out_by_name(tmp_path, caplog):
    write_paintings(tmp_path / "a", each=3)
    save(tmp_path / "a" / "loose.png", strokes("dots", 1))
    save(tmp_path / "b" / "dots" / "0.png", strokes("dots", 7))
    (tmp_path / "a" / "dots" / "2.png").write_bytes(b"no picture")
    save(tmp_path / "a" / "rare" / "x.png", strokes("dots", 2))
    with caplog.at_level(logging.WARNING):
        found = read_paintings([tmp_path / "a", tmp_path / "b"], 32, smallest_style=2)
    assert found.styles == ("across", "dots", "upright")
    assert len(found.names) == len(set(found.names)) == 8
    for said in (
        "loose.png: they lie in no folder",
        "b/dots/0.png: another painting",
        "rare (1): these styles have fewer than 2",
        "a/dots/2.png",
    ):
        assert said in caplog.text, said


def test_names_are_checked_before_reading_and_after(tmp_path):
    write_paintings(tmp_path, each=2)
    for kind in ("dots", "across"):
        (tmp_path / kind / "1.png").write_bytes(b"")
    with pytest.raises(DataError, match="3 folders with pictures, and 1 with at least 2"):
        read_paintings([tmp_path], 32)


def test_one_style_is_none(tmp_path):
    save(tmp_path / "one" / "x.png", Image.new("RGB", (8, 8)))
    with pytest.raises(DataError, match="two at least"):
        read_paintings([tmp_path], 8)
    save(tmp_path / "flat" / "x.png", Image.new("RGB", (8, 8)))
    with pytest.raises(DataError, match="two at least"):
        read_paintings([tmp_path / "flat"], 8)
    with pytest.raises(DataError, match=r"data\.style a folder"):
        read_paintings([], 8)


def test_limit_is_spread_over_the_styles(tmp_path):
    write_paintings(tmp_path, each=8)
    found = read_paintings([tmp_path], 32, smallest_style=8, limit=9)
    assert [found.labels.count(i) for i in range(3)] == [3, 3, 3]


def test_pictures_of_a_shard_are_read_whole(tmp_path):
    content = io.BytesIO()
    strokes("dots", 1).save(content, "PNG")
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name in ("dots/1.png", "dots/2.png", "across/1.png", "across/2.png", "top.png"):
            info = tarfile.TarInfo(name)
            info.size = len(content.getvalue())
            archive.addfile(info, io.BytesIO(content.getvalue()))
    found = read_paintings([tmp_path / "s.tar"], 48)
    assert found.names == ["across/1.png", "across/2.png", "dots/1.png", "dots/2.png"]
