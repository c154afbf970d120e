"""ComfyUI for the tests of the nodes: the real one where COMFYUI_PATH says, else a stand-in."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from helpers import picture, tiny_model
from PIL import Image

from stylemix import Stylizer
from stylemix.checkpoint import load, save

sys.path.insert(0, str(Path(__file__).parent))

from comfy_local import LocalComfy
from comfy_pictures import OPTIMISED, STYLED
from comfy_surface import NEW, OLD, PACK, Comfy, load_package, surface

CHECKOUT = os.environ.get("COMFYUI_PATH")
PYTHON = os.environ.get("COMFYUI_PYTHON", sys.executable)


def pytest_report_header() -> str:
    """Say which ComfyUI the nodes meet."""
    if CHECKOUT:
        return f"comfy nodes: the real ComfyUI of {CHECKOUT}"
    return (
        "comfy nodes: no COMFYUI_PATH, so a stand-in for the interface that they use; set it "
        "to a checkout to test against the real server"
    )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say it where the header is not shown."""
    terminalreporter.write_line(pytest_report_header())


def vivid_model() -> Any:
    """Give a tiny model on whose pictures the style has an effect that can be seen."""
    model = tiny_model(width=8)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "injections" in name and name.endswith("weight"):
                parameter.mul_(20)
    return model


def to_pil(tensor: torch.Tensor) -> Image.Image:
    """Give a picture [1, 3, H, W] as a PIL image."""
    return Image.fromarray((tensor[0].permute(1, 2, 0) * 255).round().byte().numpy())


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a checkpoint folder named ``tiny``."""
    folder: Path = save(vivid_model(), tmp_path_factory.mktemp("models") / "tiny")
    return folder


@pytest.fixture(scope="session")
def tools() -> Iterator[ModuleType]:
    """Give the pack's developer tools."""
    name = "stylemix_comfy_tools"
    package = load_package(name, PACK / "dev")
    for part in ("make_examples", "make_workflows", "pictures", "prompts", "server"):
        __import__(f"{name}.{part}")
    yield package
    for loaded in [n for n in sys.modules if n.split(".")[0] == name]:
        del sys.modules[loaded]


@pytest.fixture(params=["0.3.64", "newer"])
def comfy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Comfy, ModuleType]]:
    """Give the stand-in and the pack imported against it, in the older and the newer form."""
    with surface(tmp_path, OLD if request.param == "0.3.64" else NEW) as found:
        yield found


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[ModuleType]:
    """Give the pack imported against the stand-in."""
    with surface(tmp_path, OLD) as (_, package):
        yield package


@pytest.fixture(scope="session")
def model(checkpoint: Path) -> Stylizer:
    """Give the tiny model."""
    return load(checkpoint)


@pytest.fixture
def nodes(pack: ModuleType) -> Any:
    """Give the nodes' module, imported against the stand-in."""
    return sys.modules[f"{pack.__name__}.nodes"]


@pytest.fixture
def encode(nodes: Any, model: Stylizer) -> Any:
    """Give the Encode Style node as a function of the painting."""
    return lambda painting: nodes.EncodeStyle.execute(model, painting)[0]


@pytest.fixture
def mix(nodes: Any) -> Any:
    """Give the Mix Styles node as a function."""
    return lambda a, b, wa=1.0, wb=1.0, **masks: nodes.MixStyles.execute(a, b, wa, wb, **masks)[0]


@pytest.fixture
def apply(nodes: Any) -> Any:
    """Give the Apply Style node as a function of the image, the style and other options."""
    return lambda content, style, **options: nodes.ApplyStyle.execute(
        content, style, **{**STYLED, **options}
    )[0]


@pytest.fixture
def optimise(nodes: Any) -> Any:
    """Give the Optimise Picture node as a function of the image, the style and other options."""
    return lambda content, style, **options: nodes.OptimisePicture.execute(
        content, style, **{**OPTIMISED, **options}
    )[0]


class RealComfy:
    """A real server as a runner."""

    def __init__(self, server: Any, tools: ModuleType) -> None:
        self.server = server
        self.tools = tools.server
        self.models, self.inputs, self.run = server.models, server.inputs, server.run
        self.output = server.base / "output"
        self.version = server.get_json("/system_stats")["system"]["comfyui_version"]

    def object_info(self) -> Any:
        """Give the nodes that the server knows."""
        return self.server.get_json("/object_info")

    def run_and_cancel(self, prompt: dict[str, Any]) -> None:
        """Run a prompt and cancel it while it works."""
        number = self.server.queue(prompt)
        while not self.server.get_json("/queue")["queue_running"]:
            time.sleep(0.05)
        time.sleep(1)  # ComfyUI forgets a cancellation that comes before the first node
        self.server.post("/interrupt", {})
        self.server.wait(number, 60)


@pytest.fixture(scope="session")
def runner(
    tmp_path_factory: pytest.TempPathFactory, tools: ModuleType, checkpoint: Path
) -> Iterator[Any]:
    """Give what runs workflows, with the examples' pictures in its input folder."""
    photo = tmp_path_factory.mktemp("pictures") / "photo.png"
    to_pil(picture(0, 72, 96)).save(photo)
    if CHECKOUT:
        with tools.server.ComfyServer(CHECKOUT, PYTHON) as server:
            real = RealComfy(server, tools)
            shutil.copytree(checkpoint, real.models / "tiny")
            real.photo = tools.pictures.prepare(real.inputs, photo)
            yield real
    else:
        with surface(tmp_path_factory.mktemp("comfy"), OLD) as (comfy, package):
            inputs = comfy.base / "input"
            inputs.mkdir()
            seen = tools.pictures.prepare(inputs, photo)
            local = LocalComfy(comfy, package, tools.server)
            shutil.copytree(checkpoint, local.models / "tiny")
            local.photo = seen
            yield local
