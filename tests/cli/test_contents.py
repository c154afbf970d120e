from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylemix.cli import contents
from stylemix.errors import PictureError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def pairs(plan: contents.Plan, folder: Path) -> dict[str, str]:
    return {j.content.relative_to(folder).as_posix(): j.target.as_posix() for j in plan.jobs}


def test_a_file_goes_to_a_file(tmp_path):
    touch(tmp_path, "a.jpg")
    plan = contents.plan(str(tmp_path / "a.jpg"), str(tmp_path / "out.png"))
    assert plan.jobs == [contents.Job(tmp_path / "a.jpg", tmp_path / "out.png")]
    assert not plan.many


def test_a_folder_s_pictures_go_to_a_folder_and_the_rest_is_named(tmp_path):
    touch(tmp_path, "b.PNG", "a.jpg", "c.bmp", "notes.txt", ".hidden.jpg", "inner/d.jpg", "e.pdf")
    plan = contents.plan(str(tmp_path), "to/here")
    assert plan.many
    assert pairs(plan, tmp_path) == {
        "a.jpg": "to/here/a.jpg",
        "b.PNG": "to/here/b.PNG",
        "c.bmp": "to/here/c.png",
    }
    assert plan.left_out == ["e.pdf", "inner", "notes.txt"]


def test_a_pattern_takes_what_it_matches(tmp_path):
    touch(tmp_path, "a.jpg", "b.png", "in/c.jpg", "in/deep/d.jpg", "in/e.txt")
    assert list(pairs(contents.plan(f"{tmp_path}/*.jpg", "o"), tmp_path)) == ["a.jpg"]
    deep = contents.plan(f"{tmp_path}/**/*.jpg", "o")
    assert list(pairs(deep, tmp_path)) == ["a.jpg", "in/c.jpg", "in/deep/d.jpg"]
    every = contents.plan(f"{tmp_path}/in/*", "o")
    assert list(pairs(every, tmp_path)) == ["in/c.jpg", "in/e.txt"]
    assert every.left_out == [str(tmp_path / "in" / "deep")]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    touch(tmp_path, "a[1].jpg")
    assert not contents.plan(str(tmp_path / "a[1].jpg"), str(tmp_path / "o.png")).many


def test_nothing_found_is_an_error(tmp_path):
    touch(tmp_path, "folder/notes.txt")
    with pytest.raises(PictureError, match="quotes"):
        contents.plan(f"{tmp_path}/*.jpg", "o")
    with pytest.raises(PictureError, match=r"no picture files \(it holds notes.txt\)"):
        contents.plan(str(tmp_path / "folder"), "o")


@pytest.mark.parametrize(
    "out, message",
    [
        ("out.gif", "ends in .gif, which isn't written: use one of .jpg"),
        ("out", "has no ending"),
        ("nowhere/out.png", "doesn't exist"),
        (".", "quotes"),
    ],
)
def test_a_single_out_must_be_a_picture_file(tmp_path, monkeypatch, out, message):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.jpg")
    with pytest.raises(PictureError, match=message):
        contents.plan("a.jpg", out)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_an_unwritable_folder_is_refused_before_any_work(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    with pytest.raises(PictureError, match="may not write"):
        contents.plan("a.jpg", str(folder / "o.png"))


def test_many_need_a_folder(tmp_path):
    touch(tmp_path, "in/a.jpg", "out")
    with pytest.raises(PictureError, match="is a file"):
        contents.plan(str(tmp_path / "in"), str(tmp_path / "out"))


def test_make_folder(tmp_path):
    contents.make_folder(str(tmp_path / "a" / "b"))
    contents.make_folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    touch(tmp_path, "file")
    with pytest.raises(PictureError, match="can't be made"):
        contents.make_folder(str(tmp_path / "file" / "b"))


def test_what_is_read_is_never_overwritten(tmp_path):
    touch(tmp_path, "a.png", "style.png", "folder/a.png")
    os.link(tmp_path / "a.png", tmp_path / "hard.png")
    (tmp_path / "soft.png").symlink_to(tmp_path / "style.png")
    (tmp_path / "again").symlink_to(tmp_path / "folder")
    a, style = str(tmp_path / "a.png"), str(tmp_path / "style.png")
    for out in (
        a,
        style,
        str(tmp_path / "hard.png"),
        str(tmp_path / "soft.png"),
        str(tmp_path / "folder" / ".." / "a.png"),
    ):
        with pytest.raises(PictureError, match="overwritten"):
            contents.plan(a, out, [style])
    for out in ("folder", "again"):
        with pytest.raises(PictureError, match="overwritten"):
            contents.plan(str(tmp_path / "folder"), str(tmp_path / out))
    with pytest.raises(PictureError, match="overwritten"):  # one result onto the style
        contents.plan(str(tmp_path / "folder"), str(tmp_path), [a])


def test_two_results_of_one_name_are_refused(tmp_path):
    touch(tmp_path, "x/a.jpg", "y/a.jpg", "z/b.bmp", "z/b.png")
    for content in (f"{tmp_path}/*/a.jpg", str(tmp_path / "z")):
        with pytest.raises(PictureError, match="both be written"):
            contents.plan(content, "o")


@given(
    stem=st.text("abc.é -_", min_size=1).filter(lambda s: s.strip(".")),
    ending=st.sampled_from([".jpg", ".JPEG", ".png", ".webp", ".tif", ".tiff"]),
)
def test_names_that_can_be_written_stay(stem, ending):
    assert contents.result_name(stem + ending) == stem + ending


@given(st.sampled_from(sorted(Image.registered_extensions())))
def test_every_result_can_be_written(ending):
    result = contents.result_name("a.b" + ending)
    assert Path(result).suffix.lower() in contents.FORMATS
    assert Path(result).stem == "a.b"


def test_files_beside_pictures_are_checked(tmp_path):
    touch(tmp_path, "a.png")
    contents.check_file(str(tmp_path / "new.json"), [str(tmp_path / "a.png")])
    with pytest.raises(PictureError, match="overwritten"):
        contents.check_file(str(tmp_path / "a.png"), [str(tmp_path / "a.png")])
    with pytest.raises(PictureError, match="doesn't exist"):
        contents.check_file(str(tmp_path / "nowhere" / "new.json"), [])


def test_pictures_in_a_folder(tmp_path):
    touch(tmp_path, "b.png", "a.jpg", "notes.txt", "empty/notes.txt")
    assert contents.pictures_in(str(tmp_path)) == [str(tmp_path / n) for n in ("a.jpg", "b.png")]
    with pytest.raises(PictureError, match="no picture files"):
        contents.pictures_in(str(tmp_path / "empty"))
    with pytest.raises(PictureError, match="no folder"):
        contents.pictures_in(str(tmp_path / "a.jpg"))


def test_left_out_names_are_cut_short():
    said = contents.describe_left_out([f"{n}.txt" for n in range(8)])
    assert "0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 3 more" in said
