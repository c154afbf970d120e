"""Input pictures for the example workflows, and what their results must fulfil."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from .make_workflows import CLIP, PAINTINGS, PHOTO
from .prompts import Prompt

PACK = Path(__file__).resolve().parent.parent
_NEAR = 2.5 / 255


def prepare(folder: Path, photo: Path, side: int | None = None) -> Image.Image:
    """Put the photograph that the workflows name into ComfyUI's input folder.

    Args:
        folder: the input folder.
        photo: the photograph.
        side: its long side there at most, in pixels.

    Returns:
        The photograph as the workflows see it.
    """
    with Image.open(photo) as image:
        shrunk = image.convert("RGB")
    if side is not None:
        shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    shrunk.save(folder / PHOTO)
    return shrunk


def clip() -> list[Image.Image]:
    """Return the frames of the pack's clip."""
    with Image.open(PACK / "examples" / CLIP) as file:
        return [frame.convert("RGB") for frame in ImageSequence.Iterator(file)]


def difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean absolute difference of two pictures of one size, from 0 to 1."""
    a, b = (np.asarray(p.convert("RGB"), dtype=np.float32) / 255 for p in (first, second))
    return float(np.abs(a - b).mean())


def check_stills(name: str, made: Sequence[Image.Image], photo: Image.Image) -> None:
    """Check that a workflow made one picture of the photograph's size, and another one than it.

    Raises:
        AssertionError: saying what is wrong.
    """
    assert len(made) == 1, f"{name}: expected one picture, got {len(made)}"
    assert made[0].size == photo.size, f"{name}: {made[0].size} instead of {photo.size}"
    far = difference(made[0], photo)
    assert far > 0.02, f"{name}: the result is the photograph (difference {far:.4f})"


def check_frames(name: str, made: Sequence[Image.Image], frames: Sequence[Image.Image]) -> None:
    """Check that a workflow changed every frame of the clip, each into another picture.

    Raises:
        AssertionError: saying what is wrong.
    """
    assert len(made) == len(frames), f"{name}: {len(made)} frames instead of {len(frames)}"
    for number, (new, old) in enumerate(zip(made, frames, strict=True)):
        assert new.size == old.size, f"{name}: frame {number} is {new.size} instead of {old.size}"
        far = difference(new, old)
        assert far > 0.02, f"{name}: frame {number} is unchanged (difference {far:.4f})"
    for number, (one, two) in enumerate(itertools.pairwise(made)):
        assert difference(one, two) > 0, f"{name}: frames {number} and {number + 1} are equal"


def check_turning(name: str, made: Sequence[Image.Image], photo: Image.Image) -> None:
    """Check that the frames begin with the photograph and go ever farther away from it.

    Raises:
        AssertionError: saying what is wrong.
    """
    far = [difference(frame, photo) for frame in made]
    assert len(far) > 2, f"{name}: {len(far)} frames"
    assert far[0] <= _NEAR, f"{name}: the first frame isn't the photograph ({far[0]:.4f})"
    middle = len(far) // 2
    assert sorted(far[: middle + 1]) == far[: middle + 1], f"{name}: it doesn't turn evenly: {far}"
    assert far[middle] > 0.02, f"{name}: the middle frame is the photograph"
    late = difference(made[middle], made[-1])
    assert late > 0.005, f"{name}: the second half changes nothing ({late:.5f})"


def check_differ(name: str, first: Image.Image, second: Image.Image) -> None:
    """Check that two results differ, as other styles must make them.

    Raises:
        AssertionError: saying by how little.
    """
    far = difference(first, second)
    assert far > 0.005, f"{name}: the style makes no difference ({far:.5f})"


def preview(made: Image.Image, paintings: Sequence[Image.Image], side: int = 640) -> Image.Image:
    """Return the thumbnail of a workflow: its result, with the paintings in a corner."""
    sheet = made.convert("RGB")
    sheet.thumbnail((side, side), Image.Resampling.LANCZOS)
    side = max(sheet.size)  # of a small clip it is less than what was asked for
    edge, left = side // 80, side // 40
    for painting in paintings:
        inset = painting.convert("RGB")
        inset.thumbnail((side // 5, side // 5), Image.Resampling.LANCZOS)
        top = sheet.height - inset.height - side // 40
        frame = Image.new("RGB", (inset.width + 2 * edge, inset.height + 2 * edge), "white")
        frame.paste(inset, (edge, edge))
        sheet.paste(frame, (left, top - 2 * edge))
        left += frame.width + edge
    return sheet


def write_previews(
    folder: Path,
    prompts: Mapping[str, Prompt],
    results: Mapping[str, Sequence[Image.Image]],
) -> None:
    """Write each workflow's picture for ComfyUI's template browser.

    Args:
        folder: where the workflow files lie.
        prompts: by workflow.
        results: the pictures that each made.
    """
    for name, prompt in prompts.items():
        used = [node["inputs"].get("example") for node in prompt.values()]
        files = [PACK / "examples" / file for file in PAINTINGS if file in used]
        made = results[name]
        preview(made[len(made) // 2], [Image.open(file) for file in files]).save(
            folder / f"{name}.jpg", quality=88
        )
