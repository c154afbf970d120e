"""The small part of ComfyUI's Python interface that the nodes use, for tests without ComfyUI.

Parameters are those of ComfyUI 0.3.64, or of the newer interface; `test_interface.py` holds them
against a real checkout where there is one.
"""

from __future__ import annotations

import enum
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch

PACK = Path(__file__).resolve().parents[2] / "comfy_nodes"

_INPUT = ("id", "display_name", "optional", "tooltip", "lazy", "extra_dict")
_WIDGET = ("id", "display_name", "optional", "tooltip", "lazy", "default", "socketless")
OLD: dict[str, tuple[str, ...]] = {
    "Schema": (
        "node_id",
        "display_name",
        "category",
        "inputs",
        "outputs",
        "hidden",
        "description",
        "is_input_list",
        "is_output_node",
        "is_deprecated",
        "is_experimental",
        "is_api_node",
        "not_idempotent",
        "enable_expand",
    ),
    "Image.Input": _INPUT,
    "Mask.Input": _INPUT,
    "Custom.Input": _INPUT,
    "Image.Output": ("id", "display_name", "tooltip", "is_output_list"),
    "Custom.Output": ("id", "display_name", "tooltip", "is_output_list"),
    "Boolean.Input": (*_WIDGET, "label_on", "label_off", "force_input"),
    "Int.Input": (
        *_WIDGET,
        "min",
        "max",
        "step",
        "control_after_generate",
        "display_mode",
        "force_input",
    ),
    "Float.Input": (*_WIDGET, "min", "max", "step", "round", "display_mode", "force_input"),
    "String.Input": (*_WIDGET, "multiline", "placeholder", "dynamic_prompts", "force_input"),
    "Combo.Input": (
        *_WIDGET,
        "options",
        "control_after_generate",
        "upload",
        "image_folder",
        "remote",
    ),
}
"""Parameters in ComfyUI 0.3.64."""

NEW = {
    name: (*names, "search_aliases")
    if name == "Schema"
    else (*names, "raw_link", "advanced")
    if name.endswith("Input")
    else names
    for name, names in OLD.items()
}
"""Parameters in the interface of 2026."""

TYPES = {
    "Image": "IMAGE",
    "Mask": "MASK",
    "Boolean": "BOOLEAN",
    "Int": "INT",
    "Float": "FLOAT",
    "String": "STRING",
    "Combo": "COMBO",
}


class InterruptProcessingException(BaseException):
    """What ComfyUI raises when the user has pressed cancel."""


class Comfy:
    """What a test can see and steer.

    Attributes:
        base: its folder, with ``models``.
        cancel: set to stop at the next look.
        bars: per progress bar its total and the values it was set to.
        previews: what was shown: format, picture and long side.
        texts: what was written on nodes, with the node's id.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self.cancel: Callable[[], bool] = lambda: False
        self.bars: list[tuple[int, list[int]]] = []
        self.previews: list[Any] = []
        self.texts: list[tuple[str, str]] = []


def parameters(*names: str) -> inspect.Signature:
    """Give the signature with these parameters, all of them optional."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(n, kind, default=None) for n in names])


def record(names: tuple[str, ...], **fixed: Any) -> type:
    """Give a class that takes these arguments only and keeps them as attributes."""
    signature = parameters(*names)

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        self.__dict__.update(bound.arguments)
        self.given = set(bound.arguments) & set(kwargs)

    return type("Record", (), {"__init__": init, "__signature__": signature, **fixed})


def interface(table: dict[str, tuple[str, ...]]) -> ModuleType:
    """Give ``comfy_api.latest.io`` with the parameters of a table."""
    io = ModuleType("comfy_api.latest.io")
    for name, io_type in TYPES.items():
        members = {
            side: record(table[f"{name}.{side}"], io_type=io_type)
            for side in ("Input", "Output")
            if f"{name}.{side}" in table
        }
        setattr(io, name, type(name, (), members))

    def custom(io_type: str) -> type:
        return type(
            "CustomType",
            (),
            {
                side: record(table[f"Custom.{side}"], io_type=io_type)
                for side in ("Input", "Output")
            },
        )

    class NodeOutput:
        def __init__(self, *args: Any, ui: Any = None) -> None:
            self.args, self.ui = args, ui

        def __getitem__(self, index: int) -> Any:
            return self.args[index]

    for name, value in {
        "Custom": custom,
        "NodeOutput": NodeOutput,
        "Schema": record(table["Schema"]),
        "ComfyNode": type("ComfyNode", (), {}),
        "NumberDisplay": enum.Enum("NumberDisplay", {"number": "number", "slider": "slider"}),
    }.items():
        setattr(io, name, value)
    return io


def modules(comfy: Comfy, table: dict[str, tuple[str, ...]]) -> dict[str, ModuleType]:
    """Give every module that the nodes import from ComfyUI, by name."""

    def look() -> None:
        if comfy.cancel():
            raise InterruptProcessingException

    class ProgressBar:
        def __init__(self, total: int, node_id: str | None = None) -> None:
            self.values: list[int] = []
            comfy.bars.append((total, self.values))

        def update_absolute(self, value: int, total: Any = None, preview: Any = None) -> None:
            self.values.append(value)
            if preview is not None:
                comfy.previews.append(preview)

    folders: dict[str, list[str]] = {}

    def add(name: str, path: str, is_default: bool = False) -> None:
        folders.setdefault(name, []).append(path)

    def save_path(
        prefix: str, folder: str, image_width: int = 0, image_height: int = 0
    ) -> tuple[str, str, int, str, str]:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return folder, prefix, len(list(Path(folder).glob(f"{prefix}_*"))) + 1, "", prefix

    class PromptServer:
        class instance:  # noqa: N801 - ComfyUI's name
            @staticmethod
            def send_progress_text(text: str, node_id: str, sid: str | None = None) -> None:
                comfy.texts.append((text, node_id))

    content: dict[str, dict[str, Any]] = {
        "comfy_api": {},
        "comfy_api.latest": {
            "io": interface(table),
            "ComfyExtension": type("ComfyExtension", (), {}),
        },
        "comfy": {},
        "comfy.utils": {"ProgressBar": ProgressBar},
        "comfy.model_management": {
            "throw_exception_if_processing_interrupted": look,
            "get_torch_device": lambda: torch.device("cpu"),
            "InterruptProcessingException": InterruptProcessingException,
        },
        "folder_paths": {
            "models_dir": str(comfy.base / "models"),
            "add_model_folder_path": add,
            "get_folder_paths": lambda name: list(folders[name]),
            "get_output_directory": lambda: str(comfy.base / "output"),
            "get_save_image_path": save_path,
        },
        "comfy_execution": {},
        "comfy_execution.utils": {"get_executing_context": lambda: SimpleNamespace(node_id="7")},
        "server": {"PromptServer": PromptServer},
    }
    made = {}
    for name, attributes in content.items():
        made[name] = ModuleType(name)
        made[name].__dict__.update(attributes)
    return made


def load_package(name: str, folder: Path) -> ModuleType:
    """Import a package from a folder under a name of our own, as ComfyUI imports node packs."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def surface(base: Path, table: dict[str, tuple[str, ...]]) -> Iterator[tuple[Comfy, ModuleType]]:
    """Import the node pack against the surface; leaves the modules as they were.

    One surface may be opened while another one is: the pack is imported anew, and the outer one's
    modules are back afterwards.
    """
    outer = _taken_out()
    comfy = Comfy(base)
    (base / "models" / "stylemix").mkdir(parents=True, exist_ok=True)
    sys.modules.update(modules(comfy, table))
    try:
        yield comfy, load_package("stylemix_comfy_pack", PACK)
    finally:
        _taken_out()
        sys.modules.update(outer)


def _taken_out() -> dict[str, ModuleType]:
    """Take the pack's and ComfyUI's modules out of those that are loaded."""
    ours = (
        "stylemix_comfy_pack",
        "comfy_api",
        "comfy",
        "comfy_execution",
        "folder_paths",
        "server",
    )
    names = [name for name in sys.modules if name.split(".")[0] in ours]
    return {name: sys.modules.pop(name) for name in names}
