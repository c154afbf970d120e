"""Runs every example workflow in a real ComfyUI and checks the pictures.

Usage:
    COMFYUI_PATH=/path/to/ComfyUI python comfy_nodes/run_workflows.py [options]

The checkout is left as it was: models, inputs and outputs lie in a temporary folder. The
interpreter of COMFYUI_PYTHON (default: the one that runs this) must have ComfyUI's requirements
and stylemix's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

from dev.make_workflows import PAINTINGS, PHOTO, VIDEOS
from dev.pictures import (
    check_differ,
    check_frames,
    check_stills,
    check_turning,
    clip,
    prepare,
    write_previews,
)
from dev.prompts import Prompt, to_prompt, with_file, with_inputs
from dev.server import PACK, ComfyServer
from PIL import Image


def main() -> int:
    """Run the workflows; gives the exit status."""
    options = _options()
    checkout = os.environ.get("COMFYUI_PATH")
    if not checkout:
        sys.stderr.write("set the environment variable COMFYUI_PATH to a ComfyUI checkout\n")
        return 2
    python = os.environ.get("COMFYUI_PYTHON", sys.executable)
    with ComfyServer(checkout, python, () if options.gpu else ("--cpu",)) as server:
        system = server.get_json("/system_stats")["system"]
        _say(f"ComfyUI {system['comfyui_version']} runs at {server.url}")
        example = Path(checkout) / "input" / PHOTO
        photo = prepare(server.inputs, options.photo or example, options.side)
        model = "film"
        if options.model:
            shutil.copytree(options.model, server.models / options.model.name)
            model = f"stylemix/{options.model.name}"
        prompts = _prompts(server, model)
        results = run_all(server, prompts, photo)
        if options.previews:
            write_previews(PACK / "example_workflows", prompts, results)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        for name, pictures in results.items():
            for number, picture in enumerate(pictures):
                picture.save(options.output / f"{name}_{number}.png")
        _say(f"pictures: {options.output}")
    _say(f"{len(prompts)} workflows passed")
    return 0


def run_all(
    server: ComfyServer, prompts: dict[str, Prompt], photo: Image.Image
) -> dict[str, list[Image.Image]]:
    """Run and check every workflow; gives the pictures by workflow."""
    results = {}
    for name, prompt in prompts.items():
        made = results[name] = server.run(prompt)
        if name == "video_batch":
            check_frames(name, made, clip())
        elif name == "over_frames":
            check_turning(name, made, photo)
        else:
            check_stills(name, made, photo)
        _say(f"{name}: {len(made)} picture(s) of {made[0].width} x {made[0].height}, checked")
    # Two of them make one and the same picture in one node and in several.
    stills = [name for name in results if name not in (*VIDEOS, "stylize")]
    for number, first in enumerate(stills):
        for second in stills[number + 1 :]:
            check_differ(f"{first}, {second}", results[first][0], results[second][0])
    basic = results["basic"][0]
    weak = server.run(with_inputs(prompts["basic"], "StylemixApplyStyle", strength=0.5))
    check_differ("strength 1 and 0.5", basic, weak[0])
    other = server.run(with_file(prompts["basic"], PAINTINGS[0], PAINTINGS[1]))
    check_differ("two paintings", basic, other[0])
    return results


def _prompts(server: ComfyServer, model: str) -> dict[str, Prompt]:
    known = server.get_json("/object_info")
    found = {}
    for path in sorted((PACK / "example_workflows").glob("*.json")):
        prompt = to_prompt(json.loads(path.read_text("utf-8")), known)
        for kind in ("StylemixLoadModel", "StylemixStylize"):
            prompt = with_inputs(prompt, kind, model=model)
        found[path.stem] = prompt
    return found


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--photo", type=Path, help="the photograph; default: ComfyUI's own example.png"
    )
    parser.add_argument("--side", type=int, help="long side of the photograph at most, in pixels")
    parser.add_argument(
        "--model", type=Path, help="a checkpoint folder instead of the embedded model"
    )
    parser.add_argument(
        "--previews",
        action="store_true",
        help="write the template browser's pictures into example_workflows",
    )
    parser.add_argument("--output", type=Path, help="folder to write the pictures to")
    parser.add_argument("--gpu", action="store_true", help="let ComfyUI use the GPU")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
