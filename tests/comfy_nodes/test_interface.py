"""The nodes against the older and the newer interface, and the stand-in against the real one."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from comfy_surface import NEW, OLD, Comfy, surface

from stylemix.stylizers import Options

CHECKOUT = os.environ.get("COMFYUI_PATH")
real = pytest.mark.skipif(not CHECKOUT, reason="COMFYUI_PATH names no ComfyUI checkout")

_SIGNATURES = """
import inspect, json, sys
sys.argv = ["main.py", "--cpu"]
import comfy.options
comfy.options.enable_args_parsing()
from comfy_api.latest import io
found = {}
for name in %r:
    kind, _, side = name.partition(".")
    thing = io.Custom("X") if kind == "Custom" else getattr(io, kind)
    thing = getattr(thing, side) if side else thing
    found[name] = list(inspect.signature(thing).parameters)
import comfy.utils, folder_paths
import comfy.model_management as management
found["ProgressBar"] = list(inspect.signature(comfy.utils.ProgressBar).parameters)
found["update"] = list(inspect.signature(comfy.utils.ProgressBar.update_absolute).parameters)
found["add"] = list(inspect.signature(folder_paths.add_model_folder_path).parameters)
found["cancel"] = management.InterruptProcessingException.__name__
found["device"] = list(inspect.signature(management.get_torch_device).parameters)
found["slider"] = io.NumberDisplay.slider.value
print("FOUND" + json.dumps(found))
"""


def nodes(pack: ModuleType) -> list[Any]:
    extension = asyncio.run(pack.comfy_entrypoint())
    return list(asyncio.run(extension.get_node_list()))


def test_a_stand_in_inside_another_has_folders_of_its_own(tmp_path: Path) -> None:
    before = dict(sys.modules)
    with surface(tmp_path / "outer", OLD) as (outer, _):
        with surface(tmp_path / "inner", NEW) as (inner, _):
            assert sys.modules["stylemix_comfy_pack.model_folders"].folder_paths.models_dir == str(
                inner.base / "models"
            )
        assert sys.modules["stylemix_comfy_pack.model_folders"].folder_paths.models_dir == str(
            outer.base / "models"
        )
    assert {n: m for n, m in sys.modules.items() if n.startswith(("stylemix_comfy", "comfy"))} == {
        n: m for n, m in before.items() if n.startswith(("stylemix_comfy", "comfy"))
    }


def test_entry_point_gives_every_node_once(comfy: tuple[Comfy, ModuleType]) -> None:
    ids = [node.define_schema().node_id for node in nodes(comfy[1])]
    assert ids == [
        "StylemixLoadModel",
        "StylemixEncodeStyle",
        "StylemixMixStyles",
        "StylemixApplyStyle",
        "StylemixOptimisePicture",
        "StylemixStylize",
        "StylemixLoadExample",
        "StylemixSaveStyle",
        "StylemixLoadStyle",
    ]


def test_inputs_are_arguments_of_execute_or_options_of_the_library(
    comfy: tuple[Comfy, ModuleType],
) -> None:
    """ComfyUI passes inputs by name: one that nobody takes would be an error at run time."""
    options = {field.name for field in dataclasses.fields(Options)}
    for node in nodes(comfy[1]):
        inputs = {entry.id for entry in node.define_schema().inputs}
        arguments = inspect.signature(node.execute).parameters
        named = {n for n, p in arguments.items() if p.kind is not p.VAR_KEYWORD}
        assert named <= inputs
        assert inputs - named <= (options if len(named) < len(arguments) else set())


def test_everything_has_a_tooltip_and_a_place(comfy: tuple[Comfy, ModuleType]) -> None:
    for node in nodes(comfy[1]):
        schema = node.define_schema()
        assert schema.category == "stylemix"
        assert schema.display_name.endswith("(stylemix)")
        assert schema.description
        assert all(entry.tooltip for entry in schema.inputs)
        assert "style transfer" in schema.description.lower()


def test_newer_interface_gets_advanced_inputs_and_aliases(
    comfy: tuple[Comfy, ModuleType], request: pytest.FixtureRequest
) -> None:
    newer = "newer" in request.node.callspec.id
    for node, wanted in (
        ("LoadModel", ["runtime"]),
        ("MixStyles", ["b_over_frames", "easing"]),
        (
            "ApplyStyle",
            ["size", "tile", "refine_features", "scale", "strength_over_frames", "easing"],
        ),
        ("OptimisePicture", ["size", "tile", "features", "optimizer", "coarse_to_fine"]),
        ("Stylize", []),
    ):
        schema = next(n for n in nodes(comfy[1]) if n.__name__ == node).define_schema()
        advanced = [e.id for e in schema.inputs if getattr(e, "advanced", None)]
        assert advanced == (wanted if newer else [])
        assert ("style transfer" in (getattr(schema, "search_aliases", None) or ())) == newer


def test_older_editors_find_a_node_by_its_name(pack: ModuleType) -> None:
    """Those of 0.3.64 look at names only."""
    names = [node.define_schema().display_name for node in nodes(pack)]
    assert any("style transfer" in name.lower() for name in names)


def test_choices_are_those_of_the_library(comfy: tuple[Comfy, ModuleType]) -> None:
    from stylemix.optimization import FEATURES
    from stylemix.optimization.descent import OPTIMIZERS
    from stylemix.stylizers import Gatys

    apply, optimise = (node.define_schema().inputs for node in nodes(comfy[1])[3:5])
    options = {e.id: (e.options, e.default) for e in (*apply, *optimise) if e.io_type == "COMBO"}
    config = Gatys().config
    assert options == {
        "refine_features": (list(FEATURES), "thin"),
        "easing": (["linear", "smooth"], "linear"),
        "features": (list(FEATURES), config["features"]),
        "optimizer": (list(OPTIMIZERS), config["optimizer"]),
    }
    defaults = {e.id: getattr(e, "default", None) for e in optimise}
    for name in ("steps", "style_weight", "coarse_to_fine"):
        assert defaults[name] == config[name]


def test_known_keeps_what_a_function_takes(pack: ModuleType) -> None:
    known = sys.modules[f"{pack.__name__}.interface"].known
    assert known(lambda a, b=1: None, b=2, c=3) == {"b": 2}


@real
def test_stand_in_has_no_parameter_that_comfyui_lacks() -> None:
    assert CHECKOUT
    version = re.search(r'"(.+)"', Path(CHECKOUT, "comfyui_version.py").read_text("utf-8"))
    assert version
    table = OLD if version[1] == "0.3.64" else NEW
    answer = subprocess.run(
        [os.environ.get("COMFYUI_PYTHON", sys.executable), "-c", _SIGNATURES % list(table)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([CHECKOUT, os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout.rpartition("FOUND")[2])
    for name, parameters in table.items():
        if name == "Custom.Input":  # an Input without a widget, as Image.Input
            assert found[name] == found["Image.Input"]
        assert set(parameters) - {"extra_dict"} <= set(found[name]), name
    assert found["ProgressBar"][:2] == ["total", "node_id"]
    assert found["update"][:4] == ["self", "value", "total", "preview"]
    assert found["add"][:3] == ["folder_name", "full_folder_path", "is_default"]
    assert found["cancel"] == "InterruptProcessingException"
    assert found["slider"] == "slider"


@real
def test_server_serves_help_templates_and_the_choice_of_models(runner: Any) -> None:
    server = runner.server
    for name in (
        "StylemixLoadModel",
        "StylemixEncodeStyle",
        "StylemixMixStyles",
        "StylemixApplyStyle",
        "StylemixOptimisePicture",
        "StylemixStylize",
        "StylemixLoadExample",
        "StylemixSaveStyle",
        "StylemixLoadStyle",
    ):
        assert server.get(f"/extensions/stylemix/docs/{name}.md").startswith(b"# ")
    templates = server.get_json("/workflow_templates")["stylemix"]
    assert {
        "basic",
        "mix_two_styles",
        "masked_regions",
        "video_batch",
        "refine",
        "optimise",
        "stylize",
        "over_frames",
        "saved_style",
    } <= set(templates)
    kind, options = runner.object_info()["StylemixLoadModel"]["input"]["required"]["model"]
    assert kind == "COMBO"
    assert {"stylemix/tiny", "Hugging Face Hub"} <= set(options["options"])
