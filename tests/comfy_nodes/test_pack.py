"""What the registry, the editor and the user find in the folder."""

from __future__ import annotations

import ast
import asyncio
import itertools
import json
import math
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from comfy_surface import PACK

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORKFLOWS = sorted((PACK / "example_workflows").glob("*.json"))
WIRES = (
    "IMAGE",
    "MASK",
    "STYLEMIX_MODEL",
    "STYLEMIX_STYLE",
    "STYLEMIX_FRAMES",
)
SOURCES = sorted(p for p in PACK.rglob("*.py") if "dev" not in p.parts)


def schemas(pack: ModuleType) -> list[Any]:
    extension = asyncio.run(pack.comfy_entrypoint())
    return [node.define_schema() for node in asyncio.run(extension.get_node_list())]


def test_registry_metadata() -> None:
    data = tomllib.loads((PACK / "pyproject.toml").read_text("utf-8"))
    library = tomllib.loads((PACK.parent / "pyproject.toml").read_text("utf-8"))
    project, comfy = data["project"], data["tool"]["comfy"]
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,98}", project["name"])
    assert "comfyui" not in project["name"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert (
        project["requires-python"].split(",")[0]
        == library["project"]["requires-python"].split(",")[0]
    )
    assert comfy["PublisherId"]
    assert comfy["DisplayName"]
    assert project["urls"]["Repository"].startswith("https://")


def test_requirements_pin_no_torch_and_match_the_metadata() -> None:
    text = (PACK / "requirements.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    data = tomllib.loads((PACK / "pyproject.toml").read_text("utf-8"))
    assert lines == data["project"]["dependencies"]
    assert not any(line.startswith("torch") for line in lines)


def test_every_node_has_a_help_page_that_names_its_inputs(pack: ModuleType) -> None:
    pages = PACK / pack.WEB_DIRECTORY / "docs"
    found = schemas(pack)
    assert {p.stem for p in pages.glob("*.md")} == {s.node_id for s in found}
    for schema in found:
        page = (pages / f"{schema.node_id}.md").read_text("utf-8")
        assert page.startswith(f"# {schema.display_name}\n")
        for entry in (*schema.inputs, *schema.outputs):
            name = entry.id if entry in schema.inputs else entry.display_name
            assert f"**{name}**" in page, f"{schema.node_id}: {name}"


def test_every_node_is_in_an_example(pack: ModuleType) -> None:
    used = {
        node["type"]
        for path in (PACK / "example_workflows").glob("*.json")
        for node in json.loads(path.read_text("utf-8"))["nodes"]
    }
    assert {s.node_id for s in schemas(pack)} <= used


def test_workflow_files_are_what_their_maker_writes(tools: ModuleType, tmp_path: Path) -> None:
    tools.make_workflows.write(tmp_path)
    written = {p.name: p.read_text("utf-8") for p in tmp_path.glob("*.json")}
    assert written == {
        p.name: p.read_text("utf-8") for p in (PACK / "example_workflows").glob("*.json")
    }


def test_workflow_links_agree_on_both_sides(pack: ModuleType) -> None:
    own = {s.node_id: s for s in schemas(pack)}
    for path in (PACK / "example_workflows").glob("*.json"):
        data = json.loads(path.read_text("utf-8"))
        nodes = {node["id"]: node for node in data["nodes"]}
        for number, source, slot, target, entry, kind in data["links"]:
            start, end = nodes[source]["outputs"][slot], nodes[target]["inputs"][entry]
            assert number in start["links"]
            assert end["link"] == number
            assert start["type"] == end["type"] == kind
            if nodes[target]["type"] in own:
                assert end["name"] in [e.id for e in own[nodes[target]["type"]].inputs]
            if nodes[source]["type"] in own:
                schema = own[nodes[source]["type"]]
                assert schema.outputs[slot].io_type == kind


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_no_wire_runs_behind_a_node(path: Path) -> None:
    data = json.loads(path.read_text("utf-8"))
    nodes = {node["id"]: node for node in data["nodes"]}
    for node, other in itertools.combinations(nodes.values(), 2):
        assert not overlap(box(node), box(other)), f"{node['type']} lies on {other['type']}"
    for _, source, slot, target, entry, _ in data["links"]:
        others = [n for n in nodes.values() if n["id"] not in (source, target)]
        for point in wire(nodes[source], slot, nodes[target], entry):
            behind = [n["type"] for n in others if overlap(box(n), (*point, *point))]
            assert not behind, f"{nodes[source]['type']} to {nodes[target]['type']}: {behind}"
        assert nodes[source]["pos"][0] < nodes[target]["pos"][0]


def test_nodes_have_room_for_their_widgets(pack: ModuleType) -> None:
    """The editor makes a node larger that is too small, and it would lie on others."""
    own = {s.node_id: s for s in schemas(pack)}
    for path in WORKFLOWS:
        for node in json.loads(path.read_text("utf-8"))["nodes"]:
            if node["type"] in own:
                schema = own[node["type"]]
                wires = sum(e.io_type in WIRES for e in schema.inputs)
                widgets = len(schema.inputs) - wires
                rows = max(wires, len(schema.outputs))
                assert node["size"][1] >= 20 * rows + 24 * widgets + 14, node["type"]
                assert len(node["widgets_values"]) <= widgets


def box(node: dict[str, Any]) -> tuple[float, float, float, float]:
    """Give a node's left, top, right and bottom, its title above ``pos`` included."""
    (left, top), (width, height) = node["pos"], node["size"]
    return left, top - 30, left + width, top + height


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Tell whether two boxes share a place."""
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


def wire(
    source: dict[str, Any], slot: int, target: dict[str, Any], entry: int
) -> list[tuple[float, float]]:
    """Give points of a wire as the editor draws it: a Bezier curve between two slots."""
    x1, y1 = source["pos"][0] + source["size"][0], source["pos"][1] + 20 * (slot + 0.7)
    x2, y2 = target["pos"][0], target["pos"][1] + 20 * (entry + 0.7)
    reach = 0.25 * math.hypot(x2 - x1, y2 - y1)
    points = []
    for step in range(101):
        t = step / 100
        a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
        x = a * x1 + b * (x1 + reach) + c * (x2 - reach) + d * x2
        points.append((x, a * y1 + b * y1 + c * y2 + d * y2))
    return points


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_nothing_that_the_registry_forbids(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    called = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not called & {"eval", "exec", "compile"}
    assert "subprocess" not in imported


def test_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    from comfy_surface import load_package

    monkeypatch.setitem(sys.modules, "stylemix", None)
    with pytest.raises(ImportError, match=r"need the stylemix library: .* README\.md"):
        load_package("stylemix_comfy_broken", PACK)
    sys.modules.pop("stylemix_comfy_broken")
