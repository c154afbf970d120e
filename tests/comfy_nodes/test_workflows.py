"""Every example workflow, in the real ComfyUI or on the stand-in: the header says which."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from comfy_surface import PACK
from PIL import Image

NAMES = sorted(path.stem for path in (PACK / "example_workflows").glob("*.json"))


def prompt(runner: Any, tools: ModuleType, name: str) -> dict[str, Any]:
    """Give a workflow as a prompt on the tiny model."""
    data = json.loads((PACK / "example_workflows" / f"{name}.json").read_text("utf-8"))
    found = tools.prompts.to_prompt(data, runner.object_info())
    for kind in ("StylemixLoadModel", "StylemixStylize"):
        found = tools.prompts.with_inputs(found, kind, model="stylemix/tiny")
    return dict(found)


@pytest.mark.parametrize("name", NAMES)
def test_workflow_makes_checked_pictures(runner: Any, tools: ModuleType, name: str) -> None:
    if name == "video_batch":
        pytest.importorskip("cv2", reason="steadies frames")
    made = runner.run(prompt(runner, tools, name))
    if name == "video_batch":
        tools.pictures.check_frames(name, made, tools.pictures.clip())
    elif name == "over_frames":
        tools.pictures.check_turning(name, made, runner.photo)
    else:
        tools.pictures.check_stills(name, made, runner.photo)


def test_paintings_weights_and_strength_change_the_picture(runner: Any, tools: ModuleType) -> None:
    change, differ = tools.prompts.with_inputs, tools.pictures.check_differ
    basic = prompt(runner, tools, "basic")
    paintings = tools.make_workflows.PAINTINGS
    (first,) = runner.run(basic)
    (second,) = runner.run(tools.prompts.with_file(basic, *paintings[:2]))
    differ("paintings", first, second)
    differ("strength", first, runner.run(change(basic, "StylemixApplyStyle", strength=0.5))[0])
    differ("colour", first, runner.run(change(basic, "StylemixApplyStyle", preserve_color=True))[0])
    mix = prompt(runner, tools, "mix_two_styles")
    only_a, only_b = (
        runner.run(change(mix, "StylemixMixStyles", weight_a=a, weight_b=1 - a))[0]
        for a in (1.0, 0.0)
    )
    assert tools.pictures.difference(only_a, first) < 0.003
    assert tools.pictures.difference(only_b, second) < 0.003


def test_one_node_makes_what_several_make(runner: Any, tools: ModuleType) -> None:
    one, several = (runner.run(prompt(runner, tools, name))[0] for name in ("stylize", "basic"))
    assert np.array_equal(np.asarray(one), np.asarray(several))


def test_a_saved_style_is_loaded_again(runner: Any, tools: ModuleType) -> None:
    saving = prompt(runner, tools, "saved_style")
    save = next(n for n in saving.values() if n["class_type"] == "StylemixSaveStyle")
    save["inputs"]["name"] = "two of them"
    (made,) = runner.run(saving)
    loading = prompt(runner, tools, "basic")
    apply = next(n for n in loading.values() if n["class_type"] == "StylemixApplyStyle")
    model = next(i for i, n in loading.items() if n["class_type"] == "StylemixLoadModel")
    loading["90"] = {
        "class_type": "StylemixLoadStyle",
        "inputs": {"model": [model, 0], "saved_style": "two of them"},
    }
    apply["inputs"]["style"] = ["90", 0]
    (loaded,) = runner.run(loading)
    assert np.array_equal(np.asarray(made), np.asarray(loaded))


def test_two_batches_are_steadied_as_one(runner: Any, tools: ModuleType) -> None:
    pytest.importorskip("cv2", reason="steadies frames")
    whole = prompt(runner, tools, "video_batch")
    wanted = runner.run(whole)
    halves = prompt(runner, tools, "video_batch")
    first, apply = next(
        (i, n) for i, n in halves.items() if n["class_type"] == "StylemixApplyStyle"
    )
    clip = apply["inputs"]["image"]
    for number, (begin, length) in (("90", (0, 5)), ("91", (5, 7))):
        halves[number] = {
            "class_type": "ImageFromBatch",
            "inputs": {"image": clip, "batch_index": begin, "length": length},
        }
    halves["92"] = {"class_type": "StylemixApplyStyle", "inputs": {**apply["inputs"]}}
    apply["inputs"]["image"] = ["90", 0]
    halves["92"]["inputs"].update(image=["91", 0], before=[first, 1])
    halves["93"] = {"class_type": "PreviewImage", "inputs": {"images": ["92", 0]}}
    made = runner.run(halves)
    assert len(made) == len(wanted) == 12
    for one, other in zip(made, wanted, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_cancel_keeps_the_picture_so_far(runner: Any, tools: ModuleType) -> None:
    def kept() -> set[Path]:
        return set(runner.output.glob("stylemix_cancelled_*.png"))

    before = kept()
    long = tools.prompts.with_inputs(
        prompt(runner, tools, "refine"), "StylemixApplyStyle", refine=1000
    )
    with pytest.raises(tools.server.CancelledError, match="StylemixApplyStyle"):
        runner.run_and_cancel(long)
    (file,) = kept() - before
    with Image.open(file) as picture:
        tools.pictures.check_stills("kept", [picture], runner.photo)


def test_strength_zero_gives_the_photograph(runner: Any, tools: ModuleType) -> None:
    basic = tools.prompts.with_inputs(
        prompt(runner, tools, "basic"), "StylemixApplyStyle", strength=0.0
    )
    (made,) = runner.run(basic)
    (save,) = (n for n in basic.values() if n["class_type"] == "SaveImage")
    (apply,) = (n for n in basic.values() if n["class_type"] == "StylemixApplyStyle")
    save["inputs"]["images"] = apply["inputs"]["image"]
    (photo,) = runner.run(basic)
    # ComfyUI cuts instead of rounding when it saves, which may cost one step.
    assert np.abs(np.asarray(made, int) - np.asarray(photo, int)).max() <= 1


def test_size_sets_the_long_side(runner: Any, tools: ModuleType) -> None:
    basic = prompt(runner, tools, "basic")
    (made,) = runner.run(tools.prompts.with_inputs(basic, "StylemixApplyStyle", size=64))
    assert made.size == (64, 48)


def test_styles_keep_to_their_regions(runner: Any, tools: ModuleType) -> None:
    masked = prompt(runner, tools, "masked_regions")
    (made,) = runner.run(masked)
    only = [
        runner.run(
            tools.prompts.with_file(
                prompt(runner, tools, "basic"), tools.make_workflows.PAINTINGS[0], painting
            )
        )[0]
        for painting in (tools.make_workflows.PAINTINGS[1], tools.make_workflows.PAINTINGS[0])
    ]
    bright = np.asarray(runner.photo)[..., 2] > 0.6 * 255
    a, b, both = (np.asarray(p, float) for p in (*only, made))
    to_a, to_b = np.abs(both - a).mean(2), np.abs(both - b).mean(2)
    assert to_a[bright].mean() < to_b[bright].mean()
    assert to_b[~bright].mean() < to_a[~bright].mean()


def test_cancel_stops_a_batch(runner: Any, tools: ModuleType) -> None:
    long = prompt(runner, tools, "basic")
    runner.run(long)  # so that ComfyUI has the model and the style in its cache
    apply = next(n for n in long.values() if n["class_type"] == "StylemixApplyStyle")
    long["90"] = {
        "class_type": "RepeatImageBatch",
        "inputs": {"image": apply["inputs"]["image"], "amount": 3000},
    }
    apply["inputs"]["image"] = ["90", 0]
    with pytest.raises(tools.server.CancelledError, match="StylemixApplyStyle"):
        runner.run_and_cancel(long)
    assert runner.run(prompt(runner, tools, "basic"))  # the next prompt isn't affected


@pytest.mark.parametrize(
    "kind, inputs, message",
    [
        ("StylemixLoadModel", {"model": "Hugging Face Hub", "hub_name": "nothing"}, "hub_name: "),
        ("StylemixApplyStyle", {"tile": 8}, "tile: expected 0"),
        ("StylemixLoadModel", {"model": "unknown"}, "model"),
        ("StylemixApplyStyle", {"strength": -1.0}, "strength"),
    ],
)
def test_errors_name_the_input(
    runner: Any, tools: ModuleType, kind: str, inputs: dict[str, Any], message: str
) -> None:
    wrong = tools.prompts.with_inputs(prompt(runner, tools, "basic"), kind, **inputs)
    with pytest.raises(tools.server.PromptError, match=message):
        runner.run(wrong)
