"""The checks of the example workflows' pictures can fail, and their previews show what was used."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

PHOTO = Image.new("RGB", (40, 30), (10, 20, 30))
OTHER = Image.new("RGB", (40, 30), (90, 20, 30))


@pytest.fixture
def pictures(tools: ModuleType) -> Any:
    return tools.pictures


def test_difference_is_the_mean_over_the_values(pictures: Any) -> None:
    assert pictures.difference(PHOTO, PHOTO) == 0
    assert pictures.difference(PHOTO, OTHER) == pytest.approx(80 / 255 / 3)


@pytest.mark.parametrize(
    "made, message",
    [
        ([], "expected one picture, got 0"),
        ([PHOTO], "is the photograph"),
        ([OTHER.resize((30, 40))], r"\(30, 40\) instead of \(40, 30\)"),
    ],
)
def test_wrong_stills_are_found(pictures: Any, made: list[Any], message: str) -> None:
    pictures.check_stills("basic", [OTHER], PHOTO)
    with pytest.raises(AssertionError, match=f"^basic: .*{message}"):
        pictures.check_stills("basic", made, PHOTO)


def test_wrong_frames_are_found(pictures: Any) -> None:
    third = Image.new("RGB", (40, 30), (90, 20, 99))
    pictures.check_frames("video", [OTHER, third], [PHOTO, PHOTO])
    for made, message in (
        ([OTHER], "1 frames instead of 2"),
        ([OTHER, PHOTO], "frame 1 is unchanged"),
        ([OTHER, OTHER], "frames 0 and 1 are equal"),
    ):
        with pytest.raises(AssertionError, match=message):
            pictures.check_frames("video", made, [PHOTO, PHOTO])
    with pytest.raises(AssertionError, match="makes no difference"):
        pictures.check_differ("two", OTHER, OTHER)


def test_turning_pictures_are_checked(pictures: Any) -> None:
    photo = Image.new("RGB", (4, 3), (0, 0, 0))
    frames = [Image.new("RGB", (4, 3), (v, v, v)) for v in (0, 40, 80, 90, 100)]
    pictures.check_turning("turn", frames, photo)
    for made, message in (
        (frames[1:], "first frame isn't the photograph"),
        ([frames[0], frames[3], frames[1], frames[3], frames[4]], "doesn't turn evenly"),
        ([frames[0]] * 5, "the middle frame is the photograph"),
        ([*frames[:3], frames[2], frames[2]], "second half changes nothing"),
    ):
        with pytest.raises(AssertionError, match=f"^turn: .*{message}"):
            pictures.check_turning("turn", made, photo)


def test_inputs_are_prepared(pictures: Any, tools: ModuleType, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "source.png")
    folder = tmp_path / "input"
    folder.mkdir()
    seen = pictures.prepare(folder, tmp_path / "source.png")
    with Image.open(folder / tools.make_workflows.PHOTO) as written:
        assert np.array_equal(np.asarray(written), noise)
    assert np.array_equal(np.asarray(seen), noise)
    assert pictures.prepare(folder, tmp_path / "source.png", 60).size == (60, 45)
    assert [p.name for p in folder.iterdir()] == ["example.png"]


def test_the_packs_examples_are_what_their_maker_writes(
    tools: ModuleType, pictures: Any, tmp_path: Path
) -> None:
    tools.make_examples.write(tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {p.name for p in tools.make_examples.FOLDER.iterdir()}
    assert {*tools.make_workflows.PAINTINGS, tools.make_workflows.CLIP} <= names
    for name in names:
        with (
            Image.open(tmp_path / name) as new,
            Image.open(tools.make_examples.FOLDER / name) as old,
        ):
            assert (new.size, new.format) == (old.size, old.format)
            # Encoders of other versions may write other bytes.
            assert pictures.difference(new, old) < 0.01
    frames = pictures.clip()
    assert len(frames) == tools.make_examples.FRAMES
    assert all(f.width % 2 == f.height % 2 == 0 for f in frames)  # which video codecs want
    assert pictures.difference(frames[0], frames[-1]) > 0.02


def test_previews_show_the_result_and_the_paintings_that_were_used(
    pictures: Any, tools: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = tools.make_workflows.PAINTINGS
    (tmp_path / "examples").mkdir()
    Image.new("RGB", (50, 50), (250, 0, 0)).save(tmp_path / "examples" / first)
    Image.new("RGB", (50, 50), (0, 250, 0)).save(tmp_path / "examples" / second)
    monkeypatch.setattr(pictures, "PACK", tmp_path)
    prompts = {
        "basic": {
            "1": {"class_type": "Load", "inputs": {"example": first}},
            "2": {"class_type": "Apply", "inputs": {"image": ["1", 0]}},
        }
    }
    made = Image.new("RGB", (640, 480), (0, 0, 250))
    pictures.write_previews(tmp_path, prompts, {"basic": [made]})
    found = np.asarray(Image.open(tmp_path / "basic.jpg"), int)
    assert found.shape == (480, 640, 3)
    red, green, blue = (
        (found - color).__abs__().max(2) < 40 for color in ((250, 0, 0), (0, 250, 0), (0, 0, 250))
    )
    assert red.sum() > 2000
    assert not green.any()
    assert blue.mean() > 0.9
    small = np.asarray(
        pictures.preview(made.resize((320, 180)), [Image.new("RGB", (400, 400))]), int
    )
    covered = (small != (0, 0, 250)).any(2)
    assert 0.01 < covered.mean() < 0.12
    assert red[300:, :200].sum() == red.sum()
