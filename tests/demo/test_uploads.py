from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from stylemix.demo.limits import Limits
from stylemix.demo.uploads import MAX_LAYERS, Drawings, Uploads, read_layers
from stylemix.errors import PictureError


@pytest.fixture
def folder(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    Image.new("RGBA", (3, 2), (228, 87, 46, 255)).save(cache / "ours.png")
    Image.new("RGB", (3, 2)).save(tmp_path / "secret.png")
    return cache


def test_files_in_the_folder_are_found(folder):
    path = str(folder / "ours.png")
    assert Uploads(folder).path({"path": path}, "x") == path
    assert Uploads(folder).path(None, "x") is None


@pytest.mark.parametrize(
    "name",
    [
        "{tmp}/secret.png",
        "{cache}/../secret.png",
        "{cache}/link.png",
        "/etc/passwd",
        "",
        "{cache}",
        "http://example.org/a.png",
        "{cache}/missing.png",
        "{cache}/ours.png\0.png",
        "file://{cache}/ours.png",
        "{cache}-evil/ours.png",
    ],
)
def test_nothing_else_is(folder, name):
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    evil = folder.parent / "cache-evil"
    evil.mkdir()
    Image.new("RGB", (1, 1)).save(evil / "ours.png")
    name = name.format(cache=folder, tmp=folder.parent)
    with pytest.raises(PictureError, match="painting 2") as caught:
        Uploads(folder).path({"path": name}, "painting 2")
    assert str(folder.parent) not in str(caught.value)


@pytest.mark.parametrize(
    "payload", ["text", 7, [], {"url": "data:image/png;base64,AA"}, {"path": 3}, {"path": None}]
)
def test_other_records_are_refused(folder, payload):
    with pytest.raises(PictureError):
        Uploads(folder).path(payload, "painting 1")


def png(color) -> bytes:
    data = io.BytesIO()
    Image.new("RGBA", (2, 2), color).save(data, "PNG")
    return data.getvalue()


def test_a_drawing_is_given_in_order_and_more_than_once():
    drawings = Drawings()
    drawings.put("a", "layer", 1, b"upper")
    drawings.put("a", "layer", 0, b"lower")
    drawings.put("a", "composite", 0, b"not needed")
    for _ in range(2):  # an estimate looks at it before the picture is painted
        assert drawings.get("a") == [b"lower", b"upper"]
    assert drawings.get("b") == []


def test_drawings_are_bounded():
    drawings = Drawings(most=3)
    for number in range(10):
        drawings.put(str(number), "layer", 0, b"x")
    assert len(drawings) == 3
    assert drawings.get("9") == [b"x"]
    assert drawings.get("0") == []
    drawings.put("b", "layer", 2**40, b"x")
    drawings.put("b", "layer", MAX_LAYERS, b"x")
    drawings.put("b", "layer", -1, b"x")
    assert drawings.get("b") == []


def test_layers_come_from_drawings_and_files(folder):
    drawings = Drawings()
    drawings.put("key", "layer", 0, png((1, 2, 3, 4)))
    by_key = read_layers({"id": "key"}, Uploads(folder), drawings, Limits())
    assert np.asarray(by_key[0])[0, 0].tolist() == [1, 2, 3, 4]
    files = {"layers": [{"path": str(folder / "ours.png")}], "id": None}
    by_file = read_layers(files, Uploads(folder), drawings, Limits())
    assert by_file[0].mode == "RGBA"
    assert by_file[0].size == (3, 2)


@pytest.mark.parametrize(
    "payload", [None, {}, {"layers": None}, {"layers": []}, {"id": "unknown"}, "text"]
)
def test_no_drawing_is_no_layer(folder, payload):
    assert read_layers(payload, Uploads(folder), Drawings(), Limits()) == []


def test_bad_layers_are_refused(folder):
    drawings = Drawings()
    drawings.put("k", "layer", 0, b"no picture")
    with pytest.raises(PictureError, match="drawing"):
        read_layers({"id": "k"}, Uploads(folder), drawings, Limits())
    with pytest.raises(PictureError, match="drawing"):
        read_layers({"layers": [{"path": "/etc/passwd"}]}, Uploads(folder), drawings, Limits())
