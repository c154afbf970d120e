from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from stylemix.demo.examples import MOST, PAIRS, THUMBNAIL, find_folder, prepare
from stylemix.errors import PictureError


def test_without_a_folder_there_are_none(tmp_path):
    assert prepare(None, tmp_path).photos == ()
    assert prepare(tmp_path / "empty", tmp_path).paintings == ()
    assert prepare(None, tmp_path).pairs == ()


def test_pairs_are_the_known_ones_or_else_the_first(files, tmp_path):
    pairs = prepare(Path(files.examples), tmp_path / "a").pairs
    assert [(a.title, b.title) for a, b in pairs] == [
        ("Photos 1", "Paintings 10"),
        ("Photos 2", "Paintings 11"),
    ]
    folder = find_folder()
    if folder is None:
        pytest.skip("this copy of stylemix lies outside its repository")
    pairs = prepare(folder, tmp_path / "b").pairs
    assert len(pairs) == len(PAIRS)
    assert [(Path(a.picture).stem, Path(b.picture).stem) for a, b in pairs] == list(PAIRS)


def test_pictures_are_copied_with_thumbnails(files, tmp_path):
    found = prepare(Path(files.examples), tmp_path)
    assert [e.title for e in found.photos] == ["Photos 1", "Photos 2"]
    assert len(found.paintings) == 3
    for example in found.photos + found.paintings:
        assert Path(example.picture).is_relative_to(tmp_path)
        assert max(Image.open(example.thumbnail).size) <= THUMBNAIL
        source = Path(files.examples) / Path(example.picture).parent.name
        assert (source / Path(example.picture).name).read_bytes() == Path(
            example.picture
        ).read_bytes()


def test_other_files_are_left_out_and_the_number_is_bounded(tmp_path):
    source = tmp_path / "in" / "photos"
    source.mkdir(parents=True)
    for number in range(MOST + 3):
        Image.new("RGB", (4, 4)).save(source / f"{number:02}.png")
    (source / "README.md").write_text("words")
    assert len(prepare(tmp_path / "in", tmp_path / "out").photos) == MOST


def test_a_broken_example_is_named(tmp_path):
    source = tmp_path / "in" / "photos"
    source.mkdir(parents=True)
    (source / "bad.png").write_text("words")
    with pytest.raises(PictureError, match=r"bad\.png"):
        prepare(tmp_path / "in", tmp_path / "out")


def test_the_repository_s_examples_are_found_in_a_checkout():
    folder = find_folder()
    if folder is None:
        pytest.skip("this copy of stylemix lies outside its repository")
    assert (folder / "photos").is_dir()


def test_the_examples_of_the_current_folder_are_found_else_none(tmp_path, monkeypatch):
    """An installation may have been stripped of them."""
    monkeypatch.setattr("stylemix.images.examples._PACKAGE", tmp_path / "a/b")
    monkeypatch.chdir(tmp_path)
    assert find_folder() is None
    (tmp_path / "examples" / "photos").mkdir(parents=True)
    assert find_folder() is None
    (tmp_path / "examples" / "paintings").mkdir()
    assert find_folder() == tmp_path / "examples"


def test_every_picture_that_can_be_read_is_an_example(tmp_path):
    source = tmp_path / "in" / "photos"
    source.mkdir(parents=True)
    for name in ("a.gif", "b.bmp", "c.jfif", "d.tif"):
        Image.new("RGB", (4, 4)).save(source / name)
    (source / "._a.gif").write_bytes(b"what macOS leaves")
    assert [e.title for e in prepare(tmp_path / "in", tmp_path / "out").photos] == list("ABCD")
