from __future__ import annotations

import os
import stat
import time

import pytest
import torch
from safetensors.torch import save_file

from stylemix.errors import DataError
from stylemix.images.atomic import remove_abandoned, replacing


def explain(problem: Exception) -> DataError:
    return DataError(f"not written ({problem}); make room")


def write(path, text):
    with replacing([path], explain) as (part,):
        part.write_text(text)


def test_the_file_is_there_with_the_rights_of_any_new_one(tmp_path):
    write(tmp_path / "a.txt", "first")
    write(tmp_path / "a.txt", "second")
    assert (tmp_path / "a.txt").read_text() == "second"
    (tmp_path / "plain").touch()
    modes = {stat.S_IMODE(f.stat().st_mode) for f in tmp_path.iterdir()}
    assert len(modes) == 1
    assert {f.name for f in tmp_path.iterdir()} == {"a.txt", "plain"}


def test_so_is_a_file_that_safetensors_writes(tmp_path):
    with replacing([tmp_path / "w.safetensors"], explain) as (part,):
        save_file({"a": torch.ones(3)}, part)
    (tmp_path / "plain").touch()
    assert len({stat.S_IMODE(f.stat().st_mode) for f in tmp_path.iterdir()}) == 1


def test_an_error_leaves_the_former_file_and_nothing_else(tmp_path):
    write(tmp_path / "a.txt", "first")
    with (
        pytest.raises(RuntimeError, match="mine"),
        replacing([tmp_path / "a.txt"], explain) as (part,),
    ):
        part.write_text("sec")
        raise RuntimeError("mine")
    assert (tmp_path / "a.txt").read_text() == "first"
    assert [f.name for f in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("target", ["none/a.txt", "folder"])
def test_what_the_system_refuses_is_an_error_of_ours(tmp_path, target):
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(DataError, match=r"^not written .*; make room$") as caught:
        write(tmp_path / target, "text")
    assert isinstance(caught.value.__cause__, OSError)
    assert [f.name for f in tmp_path.iterdir()] == ["folder"]


def test_several_files_change_together(tmp_path):
    targets = [tmp_path / name for name in ("a", "b", "c")]
    with replacing(targets, explain) as parts:
        for part in parts:
            part.write_text("old")
    with pytest.raises(DataError), replacing(targets, explain) as parts:
        parts[0].write_text("new")
        parts[1].write_text("new")
        raise OSError("the disk is full")
    assert [t.read_text() for t in targets] == ["old"] * 3
    assert len(list(tmp_path.iterdir())) == 3


def test_a_long_name_is_no_obstacle(tmp_path):
    name = "\N{SNOWMAN}" * 80
    write(tmp_path / name, "text")
    assert (tmp_path / name).read_text() == "text"


def test_abandoned_files_go_and_young_ones_stay(tmp_path):
    target = tmp_path / "a[1].txt"
    managers, parts = [], []
    for age in (0, 7200):
        managers.append(replacing([target], explain))
        parts += managers[-1].__enter__()
        os.utime(parts[-1], (time.time() - age,) * 2)
    other = tmp_path / ".b.txt.1234.part"
    other.touch()
    os.utime(other, (0, 0))
    remove_abandoned(target)
    assert set(tmp_path.iterdir()) == {parts[0], other}
