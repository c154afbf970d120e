"""The card of an exported model: what is in the folder and how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card_text(metadata: Mapping[str, Any], ending: str) -> str:
    """Write the card.

    Args:
        metadata: what ``metadata.json`` holds.
        ending: of the graphs' files.
    """
    lines = [f"# {metadata['name']}", "", metadata["description"], ""]
    lines += [
        f"Exported by stylemix {metadata['stylemix']} in the format {metadata['format']}. Pictures "
        "are RGB in [0, 1], float32, channels first, of any height and width from 8 pixels; "
        "normalization, margins and padding are inside the graphs.",
        "",
    ]
    for stem, graph in metadata["graphs"].items():
        lines += [f"## {stem}{ending}", ""]
        for name, shape in graph["inputs"].items():
            lines.append(f"- input `{name}`: [{', '.join(map(str, shape))}]")
        lines += [f"- output `{name}`" for name in graph["outputs"]]
        lines.append("")
    lines += ["## How it is run", ""]
    if metadata["codes"]:
        lines += [
            f"Shrink a painting to {metadata['style_size']} pixels on its short side and encode it "
            "with `style_encoder`. Several styles are mixed by the weighted sum of their codes, "
            "with weights that sum to one; the photograph's own code with the weight 1 - s gives "
            "the strength s. `generator` draws the photograph with the code.",
        ]
    else:
        lines.append("`generator` draws a photograph in the one style that it has.")
    lines += ["", "## How far it is from PyTorch", ""]
    lines += [
        f"- {what}: root mean square difference {value:.1e}"
        for what, value in metadata["differences"].items()
    ]
    return "\n".join(lines) + "\n"
