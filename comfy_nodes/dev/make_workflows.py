"""Writes the example workflows, so that all of them look alike and fit the nodes.

Run: python comfy_nodes/dev/make_workflows.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "example_workflows"

PHOTO, CLIP = "photo.jpg", "clip.mp4"
PAINTINGS = ("painting_a.jpg", "painting_b.jpg", "painting_c.jpg")
MODEL = "film"

# Inputs that take wires, and outputs, of every node that an example uses.
SLOTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "LoadImage": ({}, {"IMAGE": "IMAGE", "MASK": "MASK"}),
    "SaveImage": ({"images": "IMAGE"}, {}),
    "PreviewImage": ({"images": "IMAGE"}, {}),
    "ImageToMask": ({"image": "IMAGE"}, {"MASK": "MASK"}),
    "ThresholdMask": ({"mask": "MASK"}, {"MASK": "MASK"}),
    "LoadVideo": ({}, {"VIDEO": "VIDEO"}),
    "GetVideoComponents": (
        {"video": "VIDEO"},
        {"images": "IMAGE", "audio": "AUDIO", "fps": "FLOAT"},
    ),
    "CreateVideo": ({"images": "IMAGE", "audio": "AUDIO", "fps": "FLOAT"}, {"VIDEO": "VIDEO"}),
    "SaveVideo": ({"video": "VIDEO"}, {}),
    "MarkdownNote": ({}, {}),
    "StylemixLoadModel": ({}, {"model": "STYLEMIX_MODEL"}),
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
        {"image": "IMAGE", "style": "STYLEMIX_STYLE", "mask": "MASK", "palette": "IMAGE"},
        {"image": "IMAGE"},
    ),
    "StylemixOptimisePicture": (
        {"image": "IMAGE", "style": "STYLEMIX_STYLE", "mask": "MASK", "palette": "IMAGE"},
        {"image": "IMAGE"},
    ),
}

Wire = tuple[int, str]
"""A node's id and the name of its output."""


class Workflow:
    """A workflow that grows node by node, left to right in columns."""

    def __init__(self, note: str) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.links: list[list[Any]] = []
        self._bottom: dict[int, int] = {}
        self.add(0, "MarkdownNote", [note], title="About this workflow", height=220)

    def add(
        self,
        column: int,
        kind: str,
        values: list[Any] | None = None,
        title: str | None = None,
        height: int = 130,
        **wires: Wire,
    ) -> int:
        """Add a node below the others of its column; gives its id."""
        number = len(self.nodes) + 1
        inputs, outputs = SLOTS[kind]
        node: dict[str, Any] = {
            "id": number,
            "type": kind,
            "pos": [40 + 380 * column, self._bottom.get(column, 40)],
            "size": [320, height],
            "flags": {},
            "order": number - 1,
            "mode": 0,
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
        self._bottom[column] = self._bottom.get(column, 40) + height + 60
        for name, (source, output) in wires.items():
            self._connect(source, output, number, name)
        return number

    def image(self, column: int, file: str, title: str) -> Wire:
        """Add a node that loads a picture."""
        return self.add(column, "LoadImage", [file, "image"], title=title, height=320), "IMAGE"

    def style(self, column: int, model: int, painting: Wire) -> Wire:
        """Add a node that encodes a painting."""
        return self.add(
            column, "StylemixEncodeStyle", model=(model, "model"), painting=painting, height=80
        ), "style"

    def mix(self, column: int, weights: tuple[float, float], **wires: Wire) -> Wire:
        """Add a node that mixes two styles."""
        return self.add(
            column, "StylemixMixStyles", list(weights), title=None, height=150, **wires
        ), "style"

    def apply(
        self,
        column: int,
        image: Wire,
        style: Wire,
        *,
        strength: float = 1.0,
        preserve_color: bool = False,
        refine: int = 0,
        **wires: Wire,
    ) -> Wire:
        """Add a node that applies a style."""
        values = [strength, preserve_color, 0, 0, refine, "thin"]
        height = 460 if refine else 240  # room for the picture so far
        wires = {"image": image, "style": style, **wires}
        return self.add(column, "StylemixApplyStyle", values, None, height, **wires), "image"

    def optimise(self, column: int, image: Wire, style: Wire, *, steps: int) -> Wire:
        """Add a node that optimises a picture."""
        values = [steps, 3.0, 1.0, False, 0, 0, "thin", "adam", True]
        return self.add(
            column, "StylemixOptimisePicture", values, height=560, image=image, style=style
        ), "image"

    def save(self, column: int, image: Wire, name: str) -> None:
        """Add a node that saves a picture."""
        self.add(column, "SaveImage", [f"stylemix_{name}"], height=380, images=image)

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


def _start(note: str, paintings: int) -> tuple[Workflow, int, list[Wire]]:
    workflow = Workflow(note)
    model = workflow.add(1, "StylemixLoadModel", [MODEL, ""], height=110)
    pictures = [workflow.image(0, PAINTINGS[i], f"Painting {'ABC'[i]}") for i in range(paintings)]
    return workflow, model, [workflow.style(2, model, p) for p in pictures]


def basic() -> Workflow:
    """One photograph, one painting."""
    workflow, _, (style,) = _start(
        "Choose a photograph and a painting, then run. *strength* goes from 0 (the photograph) "
        "over 1 to 2 (exaggerated). The model ships with stylemix: nothing is downloaded.",
        1,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    workflow.save(4, workflow.apply(3, photo, style), "basic")
    return workflow


def mix_two_styles() -> Workflow:
    """Two paintings, mixed by weights."""
    workflow, _, (first, second) = _start(
        "Two paintings in one picture. Only the ratio of *weight_a* to *weight_b* counts; here "
        "it is 60 to 40.",
        2,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    style = workflow.mix(3, (0.6, 0.4), style_a=first, style_b=second)
    workflow.save(5, workflow.apply(4, photo, style), "mix")
    return workflow


def masked_regions() -> Workflow:
    """Two paintings, each in its own region."""
    workflow, _, (first, second) = _start(
        "Painting A in the bright parts of the photograph, such as the sky, painting B in the "
        "rest. Move the threshold, or connect any other mask to *mask_a*, for instance one that "
        "you draw with *Open in MaskEditor* on the photograph.",
        2,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    grey = workflow.add(1, "ImageToMask", ["blue"], image=photo, height=60)
    mask = workflow.add(2, "ThresholdMask", [0.6], mask=(grey, "MASK"), height=60)
    style = workflow.mix(3, (1.0, 1.0), style_a=first, style_b=second, mask_a=(mask, "MASK"))
    workflow.save(5, workflow.apply(4, photo, style), "masked")
    return workflow


def three_styles() -> Workflow:
    """Three paintings by a chain of two mixtures, in the photograph's colours."""
    workflow, _, (first, second, third) = _start(
        "Mix Styles takes two styles; chain it for more. Here A and B count 1 each and C counts "
        "2, so that A : B : C is 1 : 1 : 2. *preserve_color* keeps the photograph's colours.",
        3,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    pair = workflow.mix(3, (1.0, 1.0), style_a=first, style_b=second)
    style = workflow.mix(4, (1.0, 1.0), style_a=pair, style_b=third)
    workflow.save(6, workflow.apply(5, photo, style, preserve_color=True), "three")
    return workflow


def other_colours() -> Workflow:
    """The strokes of one painting, the colours of another one."""
    workflow, _, (style,) = _start(
        "The strokes of painting A in the colours of painting B: connect any picture to "
        "*palette*. Only its colours count.",
        1,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    colours = workflow.image(1, PAINTINGS[1], "Painting B, for its colours")
    workflow.save(4, workflow.apply(3, photo, style, palette=colours), "colours")
    return workflow


def refine() -> Workflow:
    """One photograph, one painting, and some steps of optimisation after the network's pass."""
    workflow, _, (style,) = _start(
        "*refine* goes on from the network's picture by optimisation: slower, and nearer to the "
        "painting. The picture so far appears on the node, and Cancel works between steps. "
        "*refine_features* vgg16 is better still; its weights are downloaded once.",
        1,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    workflow.save(4, workflow.apply(3, photo, style, refine=25), "refine")
    return workflow


def optimise() -> Workflow:
    """One photograph, one painting, by optimisation alone."""
    workflow, _, (style,) = _start(
        "The method of Gatys et al.: no trained network makes the picture, the photograph itself "
        "is changed step by step. The style is the same as for Apply Style, mixtures and masks "
        "too. Allow a minute or two on a CPU, and more for larger pictures.",
        1,
    )
    photo = workflow.image(0, PHOTO, "Photograph")
    workflow.save(4, workflow.optimise(3, photo, style, steps=100), "optimise")
    return workflow


def video_batch() -> Workflow:
    """A video, frame by frame."""
    workflow, _, (style,) = _start(
        "Every frame of a video in one style. The painting is encoded once; beside the video "
        "itself, memory holds one frame at a time. Cancel works between frames.",
        1,
    )
    video = workflow.add(1, "LoadVideo", [CLIP, "image"], height=300)
    parts = workflow.add(2, "GetVideoComponents", video=(video, "VIDEO"), height=90)
    frames = workflow.apply(3, (parts, "images"), style)
    made = workflow.add(
        4,
        "CreateVideo",
        [30.0],
        height=100,
        images=frames,
        audio=(parts, "audio"),
        fps=(parts, "fps"),
    )
    workflow.add(
        5, "SaveVideo", ["video/stylemix", "auto", "auto"], height=380, video=(made, "VIDEO")
    )
    workflow.add(4, "PreviewImage", height=260, images=frames)
    return workflow


WORKFLOWS = (
    basic,
    mix_two_styles,
    masked_regions,
    three_styles,
    other_colours,
    video_batch,
    refine,
    optimise,
)


def write(folder: Path = FOLDER) -> None:
    """Write every workflow to ``folder``."""
    for number, make in enumerate(WORKFLOWS, 1):
        data = make().data()
        data["id"] = f"5717e317-0000-4000-8000-{number:012d}"
        path = folder / f"{make.__name__}.json"
        path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write()
