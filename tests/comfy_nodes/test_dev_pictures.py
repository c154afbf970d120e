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


def test_inputs_are_prepared(pictures: Any, tools: ModuleType, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "source.png")
    folder = tmp_path / "input"
    folder.mkdir()
    seen = pictures.prepare(folder, tmp_path / "source.png", [tmp_path / "source.png"] * 3, 60)
    assert seen.size == (60, 45)
    assert {p.name for p in folder.iterdir()} == {
        "clip.frames",
        tools.make_workflows.PHOTO,
        *tools.make_workflows.PAINTINGS,
    }
    frames = [Image.open(p) for p in sorted((folder / "clip.frames").iterdir())]
    assert len(frames) == pictures.FRAMES
    assert all(f.width % 2 == f.height % 2 == 0 for f in frames)
    assert pictures.difference(frames[0], frames[-1]) > 0


def test_previews_show_the_result_and_the_paintings_that_were_used(
    pictures: Any, tools: ModuleType, tmp_path: Path
) -> None:
    first, second, _ = tools.make_workflows.PAINTINGS
    Image.new("RGB", (50, 50), (250, 0, 0)).save(tmp_path / first)
    Image.new("RGB", (50, 50), (0, 250, 0)).save(tmp_path / second)
    prompts = {
        "basic": {
            "1": {"class_type": "LoadImage", "inputs": {"image": first}},
            "2": {"class_type": "Apply", "inputs": {"image": ["1", 0]}},
        }
    }
    made = Image.new("RGB", (640, 480), (0, 0, 250))
    pictures.write_previews(tmp_path, tmp_path, prompts, {"basic": [made]})
    found = np.asarray(Image.open(tmp_path / "basic.jpg"), int)
    assert found.shape == (480, 640, 3)
    red, green, blue = (
        (found - color).__abs__().max(2) < 40 for color in ((250, 0, 0), (0, 250, 0), (0, 0, 250))
    )
    assert red.sum() > 2000
    assert not green.any()
    assert blue.mean() > 0.9
    assert red[300:, :200].sum() == red.sum()
