"""The line between what others may import and what is stylemix's own business.

Public are the names of ``stylemix.__all__``, those that a package's ``__init__`` lists in its
``__all__``, and the errors and types that everybody shares.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import stylemix

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "src" / "stylemix"
PACKAGES = sorted(f.parent.name for f in HOUSE.glob("*/__init__.py"))
FACES = sorted(
    ".".join(f.relative_to(HOUSE.parent).parent.parts) for f in HOUSE.rglob("*/__init__.py")
)
GROUND = ("errors", "types")
OUTSIDE = [
    f for top in ("plugins", "comfy_nodes", "demo") for f in sorted((ROOT / top).rglob("*.py"))
]
GUIDES = [
    ROOT / "README.md",
    *sorted(
        f for top in ("docs", "plugins", "comfy_nodes", "demo") for f in (ROOT / top).rglob("*.md")
    ),
]


def is_public(module: str, name: str | None) -> bool:
    """Tell whether outside code may say ``from module import name``, or ``import module``."""
    parts = module.split(".")[1:]
    if parts and parts[0] in GROUND:
        return len(parts) == 1 and (name is None or hasattr(importlib.import_module(module), name))
    if not parts and name in (*PACKAGES, *GROUND):
        return True
    if parts and module not in FACES:
        return False
    face = importlib.import_module(module)
    return name is None or name in face.__all__


def trespasses(source: str) -> Iterator[str]:
    """Give what a program takes from stylemix that isn't public."""
    for node in ast.walk(ast.parse(source)):
        wanted: list[tuple[str, str | None]] = []
        if isinstance(node, ast.ImportFrom) and not node.level:
            wanted = [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            wanted = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "stylemix":
            wanted = [("stylemix", node.attr)]
        for module, name in wanted:
            if module.split(".")[0] == "stylemix" and not is_public(module, name):
                yield f"{module}{f'.{name}' if name else ''} (line {node.lineno})"


def blocks(text: str) -> list[str]:
    """Give the Python programs that a guide shows."""
    found = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [block for block in found if "stylemix" in block]


@pytest.mark.parametrize("file", OUTSIDE, ids=lambda f: f.relative_to(ROOT).as_posix())
def test_plugins_nodes_and_demo_import_public_names_only(file):
    assert list(trespasses(file.read_text("utf-8"))) == []


def test_guides_import_public_names_only():
    seen = 0
    for guide in GUIDES:
        for block in blocks(guide.read_text("utf-8")):
            seen += 1
            assert list(trespasses(block)) == [], guide
    assert seen >= 10


@pytest.mark.parametrize(
    "line, fine",
    [
        ("from stylemix import Injection, checkpoint", True),
        ("from stylemix.errors import ConfigError", True),
        ("from stylemix.types import Box", True),
        ("from stylemix.ops import moments", True),
        ("from stylemix.training.encoder import Pretrainer", True),
        ("from stylemix_template import anything", True),
        ("import stylemix\nstylemix.load('film')", True),
        ("from stylemix.ops.ops import moments", False),
        ("from stylemix.ops import F", False),
        ("from stylemix.errors import annotations_of_nobody", False),
        ("import stylemix.stylizers.tiling", False),
        ("from stylemix import api", False),
        ("def f():\n    from stylemix.generators.blocks import double", False),
        ("import stylemix\nstylemix.api.load('film')", False),
    ],
)
def test_the_line_is_drawn_where_it_should(line, fine):
    assert (list(trespasses(line)) == []) == fine


@pytest.mark.parametrize("face", FACES)
def test_a_face_gives_all_that_it_lists_and_hides_no_module_of_its_own(face):
    if face == "stylemix.demo":
        pytest.importorskip("gradio", reason="the demo needs Gradio")
    package = importlib.import_module(face)
    folder = HOUSE.parent / face.replace(".", "/")
    modules = {f.stem for f in folder.glob("*.py")} | {f.parent.name for f in folder.glob("*/*.py")}
    assert package.__all__
    for name in package.__all__:
        thing = getattr(package, name)
        # `import package.name as x` would give the thing instead of the module.
        assert name not in modules or thing is importlib.import_module(f"{face}.{name}")


def test_the_front_door_has_at_most_six_files():
    loose = {f.name for f in HOUSE.iterdir() if f.is_file()}
    assert loose == {"__init__.py", "__main__.py", "api.py", "errors.py", "types.py", "py.typed"}


def test_every_public_name_is_there():
    assert all(getattr(stylemix, name) is not None for name in stylemix.__all__)
