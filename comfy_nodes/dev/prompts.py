"""From a workflow file, as ComfyUI's editor saves it, to a prompt for its HTTP interface."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Prompt = dict[str, dict[str, Any]]
"""By node id: ``{"class_type": ..., "inputs": {name: value or [node id, slot]}}``."""

_WIDGETS = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"}
_DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"
_NOTES = {"MarkdownNote", "Note"}
_IDLE = (2, 4)  # modes of muted and bypassed nodes


def to_prompt(workflow: Mapping[str, Any], object_info: Mapping[str, Any]) -> Prompt:
    """Convert a workflow.

    Notes and muted nodes are left out. Widget values are taken by their position, as the editor
    does, so that a node whose widgets were reordered fails here too.

    Args:
        workflow: the parsed workflow file.
        object_info: what the server gives at ``/object_info``.

    Raises:
        ValueError: the server doesn't know a node, or a widget has no value.
    """
    links = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt: Prompt = {}
    for node in workflow["nodes"]:
        kind = node["type"]
        if kind in _NOTES or node.get("mode") in _IDLE:
            continue
        if kind not in object_info:
            raise ValueError(f"the server doesn't know the node {kind!r}")
        inputs = {
            slot["name"]: links[slot["link"]]
            for slot in node.get("inputs", ())
            if slot.get("link") is not None
        }
        values = iter(node.get("widgets_values", ()))
        for name, spec in _inputs(object_info[kind]["input"]):
            if _is_widget(spec):
                inputs.update(_widget(kind, name, spec, values))
        prompt[str(node["id"])] = {"class_type": kind, "inputs": inputs}
    return prompt


def with_inputs(prompt: Prompt, kind: str, **values: Any) -> Prompt:
    """Return a copy in which every node of a kind has other input values."""
    changed = copy.deepcopy(prompt)
    for node in changed.values():
        if node["class_type"] == kind:
            node["inputs"].update(values)
    return changed


def with_file(prompt: Prompt, file: str, other: str) -> Prompt:
    """Return a copy that loads the picture or example ``other`` instead of ``file``."""
    changed = copy.deepcopy(prompt)
    for node in changed.values():
        for name in ("image", "example"):
            if node["inputs"].get(name) == file:
                node["inputs"][name] = other
    return changed


def _inputs(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for group in ("required", "optional"):
        yield from given.get(group, {}).items()


def _is_widget(spec: Any) -> bool:
    kind, options = spec[0], spec[1] if len(spec) > 1 else {}
    if options.get("forceInput") or options.get("hidden"):
        return False
    return isinstance(kind, list) or kind in _WIDGETS or kind == _DYNAMIC_COMBO


def _widget(kind: str, name: str, spec: Any, values: Iterator[Any]) -> dict[str, Any]:
    """Take a widget's value, and for a choice with inputs of its own theirs too."""
    try:
        value = next(values)
    except StopIteration:
        options = spec[1] if len(spec) > 1 else {}
        if "default" in options:
            value = options["default"]
        elif spec[0] == _DYNAMIC_COMBO:
            value = options["options"][0]["key"]
        else:
            raise ValueError(f"{kind}: the workflow has no value for {name!r}") from None
    found = {name: value}
    if spec[0] == _DYNAMIC_COMBO:
        for option in spec[1]["options"]:
            if option["key"] == value:
                for inner, inner_spec in _inputs(option["inputs"]):
                    if _is_widget(inner_spec):
                        found.update(_widget(kind, f"{name}.{inner}", inner_spec, values))
    return found
