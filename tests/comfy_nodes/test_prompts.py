"""From workflow files to prompts."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

INFO = {
    "Load": {"input": {"required": {"image": [["a.png", "b.png"], {"image_upload": True}]}}},
    "Work": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "strength": ["FLOAT", {"default": 1.0}],
                "mode": ["COMBO", {"options": ["x", "y"]}],
            },
            "optional": {
                "mask": ["MASK", {}],
                "late": ["INT", {"default": 7}],
                "wired": ["INT", {"default": 7, "forceInput": True}],
            },
        }
    },
    "Save": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "format": [
                    "COMFY_DYNAMICCOMBO_V3",
                    {
                        "options": [
                            {"key": "auto", "inputs": {"required": {}}},
                            {
                                "key": "mp4",
                                "inputs": {"required": {"quality": ["INT", {"default": 80}]}},
                            },
                        ]
                    },
                ],
            }
        }
    },
}


def node(number: int, kind: str, values: list[Any], **links: int) -> dict[str, Any]:
    inputs = [{"name": name, "link": link} for name, link in links.items()]
    return {"id": number, "type": kind, "widgets_values": values, "inputs": inputs}


WORKFLOW = {
    "nodes": [
        node(3, "Load", ["b.png", "image"]),
        node(5, "MarkdownNote", ["words"]),
        {**node(8, "Work", [0.5, "y"], image=1)},
        node(9, "Save", ["mp4"], image=2),
    ],
    "links": [[1, 3, 0, 8, 0, "IMAGE"], [2, 8, 1, 9, 0, "IMAGE"]],
}


def test_widgets_are_taken_by_position_and_links_by_name(tools: ModuleType) -> None:
    assert tools.prompts.to_prompt(WORKFLOW, INFO) == {
        "3": {"class_type": "Load", "inputs": {"image": "b.png"}},
        "8": {
            "class_type": "Work",
            "inputs": {"image": ["3", 0], "strength": 0.5, "mode": "y", "late": 7},
        },
        "9": {
            "class_type": "Save",
            "inputs": {"image": ["8", 1], "format": "mp4", "format.quality": 80},
        },
    }


def test_unknown_node_and_missing_value_are_named(tools: ModuleType) -> None:
    with pytest.raises(ValueError, match="doesn't know the node 'Other'"):
        tools.prompts.to_prompt({"nodes": [node(1, "Other", [])], "links": []}, INFO)
    with pytest.raises(ValueError, match="no value for 'mode'"):
        tools.prompts.to_prompt({"nodes": [node(1, "Work", [0.5])], "links": []}, INFO)


def test_changes_leave_the_prompt_alone(tools: ModuleType) -> None:
    prompt = tools.prompts.to_prompt(WORKFLOW, INFO)
    changed = tools.prompts.with_inputs(prompt, "Work", strength=2.0)
    assert changed["8"]["inputs"]["strength"] == 2.0
    other = tools.prompts.with_file(prompt, "b.png", "a.png")
    assert other["3"]["inputs"]["image"] == "a.png"
    assert prompt == tools.prompts.to_prompt(WORKFLOW, INFO)
