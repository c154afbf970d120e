"""Input pictures for the example workflows, and what their results must fulfil."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .make_workflows import CLIP, PAINTINGS, PHOTO
from .prompts import Prompt

FRAMES = 6
_ENCODE = """
import sys, av, numpy as np
from PIL import Image
with av.open(sys.argv[1], "w") as box:
    stream = None
    for path in sys.argv[2:]:
        image = Image.open(path).convert("RGB")
        if stream is None:
            stream = box.add_stream("libx264", rate=12)
            stream.width, stream.height, stream.pix_fmt = *image.size, "yuv420p"
        box.mux(stream.encode(av.VideoFrame.from_ndarray(np.array(image))))
    box.mux(stream.encode())
"""


def prepare(folder: Path, photo: Path, paintings: Sequence[Path], side: int) -> Image.Image:
    """Put the pictures that the workflows name into ComfyUI's input folder.

    Beside them, ``clip.frames`` gets the frames of a short pan over the photograph.

    Args:
        folder: the input folder.
        photo: the photograph.
        paintings: three of them.
        side: long side of the photograph there, in pixels.

    Returns:
        The photograph as the workflows see it.
    """
    with Image.open(photo) as image:
        shrunk = image.convert("RGB")
        shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    shrunk.save(folder / PHOTO, quality=95)
    for name, path in zip(PAINTINGS, paintings, strict=True):
        with Image.open(path) as image:
            image.convert("RGB").save(folder / name, quality=95)
    frames = folder / "clip.frames"
    frames.mkdir()
    # Video codecs want even sides.
    width, height = shrunk.width * 3 // 8 * 2, shrunk.height * 3 // 8 * 2
    for number in range(FRAMES):
        left = (shrunk.width - width) * number // (FRAMES - 1)
        shrunk.crop((left, 0, left + width, height)).save(frames / f"{number:03}.png")
    with Image.open(folder / PHOTO) as image:
        return image.convert("RGB")


def encode_clip(folder: Path, python: str) -> None:
    """Make ``clip.mp4`` of the frames, with the interpreter that has ComfyUI's ``av``."""
    frames = [str(path) for path in sorted((folder / "clip.frames").glob("*.png"))]
    subprocess.run([python, "-c", _ENCODE, str(folder / CLIP), *frames], check=True)


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
    inputs: Path,
    prompts: Mapping[str, Prompt],
    results: Mapping[str, Sequence[Image.Image]],
) -> None:
    """Write each workflow's picture for ComfyUI's template browser.

    Args:
        folder: where the workflow files lie.
        inputs: ComfyUI's input folder.
        prompts: by workflow.
        results: the pictures that each made.
    """
    for name, prompt in prompts.items():
        used = [node["inputs"].get("image") for node in prompt.values()]
        paintings = [Image.open(inputs / file) for file in PAINTINGS if file in used]
        preview(results[name][0], paintings).save(folder / f"{name}.jpg", quality=88)
