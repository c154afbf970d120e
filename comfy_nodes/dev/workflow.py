"""A workflow file that grows node by node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMN, WIDTH = 430, 330
"""Pixels from column to column, and a node's width."""
_TOP, _GAP = 40, 70
_MUTED = 2

# Inputs that take wires, and outputs, of every node that an example uses.
SLOTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "LoadImage": ({}, {"IMAGE": "IMAGE", "MASK": "MASK"}),
    "SaveImage": ({"images": "IMAGE"}, {}),
    "PreviewImage": ({"images": "IMAGE"}, {}),
    "ImageToMask": ({"image": "IMAGE"}, {"MASK": "MASK"}),
    "ThresholdMask": ({"mask": "MASK"}, {"MASK": "MASK"}),
    "RepeatImageBatch": ({"image": "IMAGE"}, {"IMAGE": "IMAGE"}),
    "LoadVideo": ({}, {"VIDEO": "VIDEO"}),
    "GetVideoComponents": (
        {"video": "VIDEO"},
        {"images": "IMAGE", "audio": "AUDIO", "fps": "FLOAT"},
    ),
    "CreateVideo": ({"images": "IMAGE", "audio": "AUDIO"}, {"VIDEO": "VIDEO"}),
    "SaveVideo": ({"video": "VIDEO"}, {}),
    "MarkdownNote": ({}, {}),
    "StylemixLoadExample": ({}, {"image": "IMAGE"}),
    "StylemixLoadModel": ({}, {"model": "STYLEMIX_MODEL"}),
    "StylemixStylize": ({"image": "IMAGE", "painting": "IMAGE"}, {"image": "IMAGE"}),
    "StylemixEncodeStyle": (
        {"model": "STYLEMIX_MODEL", "painting": "IMAGE"},
        {"style": "STYLEMIX_STYLE"},
    ),
    "StylemixMixStyles": (
        {
            "style_a": "STYLEMIX_STYLE",
            "style_b": "STYLEMIX_STYLE",
            "mask_a": "MASK",
            "mask_b": "MASK",
        },
        {"style": "STYLEMIX_STYLE"},
    ),
    "StylemixApplyStyle": (
        {
            "image": "IMAGE",
            "style": "STYLEMIX_STYLE",
            "mask": "MASK",
            "palette": "IMAGE",
            "before": "STYLEMIX_FRAMES",
        },
        {"image": "IMAGE", "end": "STYLEMIX_FRAMES"},
    ),
    "StylemixOptimisePicture": (
        {"image": "IMAGE", "style": "STYLEMIX_STYLE", "mask": "MASK", "palette": "IMAGE"},
        {"image": "IMAGE"},
    ),
    "StylemixSaveStyle": ({"style": "STYLEMIX_STYLE"}, {}),
    "StylemixLoadStyle": ({"model": "STYLEMIX_MODEL"}, {"style": "STYLEMIX_STYLE"}),
}

HEIGHTS = {
    "LoadImage": 320,
    "SaveImage": 400,
    "PreviewImage": 300,
    "ImageToMask": 70,
    "ThresholdMask": 70,
    "RepeatImageBatch": 70,
    "LoadVideo": 300,
    "GetVideoComponents": 90,
    "CreateVideo": 110,
    "SaveVideo": 420,
    "MarkdownNote": 230,
    "StylemixLoadExample": 70,
    "StylemixLoadModel": 120,
    "StylemixStylize": 150,
    "StylemixEncodeStyle": 70,
    "StylemixMixStyles": 210,
    "StylemixApplyStyle": 400,
    "StylemixOptimisePicture": 400,
    "StylemixSaveStyle": 110,
    "StylemixLoadStyle": 80,
}
"""Pixels, at least what the editor needs for a node's slots and widgets."""

Wire = tuple[int, str]
"""A node's id and the name of its output."""


class Workflow:
    """A workflow whose nodes stand in columns, each below the one before.

    Wires go from column to column. One that passes a column must find no node in its way: give a
    node's ``top`` there.

    Args:
        note: what the user is told, in Markdown.
    """

    def __init__(self, note: str) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.links: list[list[Any]] = []
        self._bottom: dict[int, int] = {}
        self.add(0, "MarkdownNote", [note], title="About this workflow")

    def add(
        self,
        column: int,
        kind: str,
        values: list[Any] | None = None,
        title: str | None = None,
        *,
        top: int | None = None,
        more: int = 0,
        muted: bool = False,
        wires: Mapping[str, Wire] | None = None,
    ) -> int:
        """Add a node; gives its id.

        Args:
            column: from 0.
            kind: of :data:`SLOTS`.
            values: of its widgets, in their order.
            title: instead of its name.
            top: pixels, or None for below the others of its column.
            more: pixels added to its height.
            muted: it is there to be seen, and doesn't run.
            wires: by input.
        """
        number = len(self.nodes) + 1
        inputs, outputs = SLOTS[kind]
        place = self._bottom.get(column, _TOP) if top is None else top
        height = HEIGHTS[kind] + more
        node: dict[str, Any] = {
            "id": number,
            "type": kind,
            "pos": [40 + COLUMN * column, place],
            "size": [WIDTH, height],
            "flags": {},
            "order": number - 1,
            "mode": _MUTED if muted else 0,
            "inputs": [{"name": name, "type": slot, "link": None} for name, slot in inputs.items()],
            "outputs": [
                {"name": name, "type": slot, "links": []} for name, slot in outputs.items()
            ],
            "properties": {"Node name for S&R": kind},
            "widgets_values": values or [],
        }
        if title:
            node["title"] = title
        self.nodes.append(node)
        self._bottom[column] = place + height + _GAP
        for name, (source, output) in (wires or {}).items():
            self._connect(source, output, number, name)
        return number

    def data(self) -> dict[str, Any]:
        """Return the file's content."""
        return {
            "id": "",
            "revision": 0,
            "last_node_id": len(self.nodes),
            "last_link_id": len(self.links),
            "nodes": self.nodes,
            "links": self.links,
            "groups": [],
            "config": {},
            "extra": {},
            "version": 0.4,
        }

    def _connect(self, source: int, output: str, target: int, name: str) -> None:
        outgoing = self.nodes[source - 1]["outputs"]
        incoming = self.nodes[target - 1]["inputs"]
        slot = next(i for i, o in enumerate(outgoing) if o["name"] == output)
        entry = next(i for i, o in enumerate(incoming) if o["name"] == name)
        number = len(self.links) + 1
        self.links.append([number, source, slot, target, entry, outgoing[slot]["type"]])
        outgoing[slot]["links"].append(number)
        incoming[entry]["link"] = number
