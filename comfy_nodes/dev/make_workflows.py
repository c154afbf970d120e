"""Writes the example workflows, so that all of them look alike and fit the nodes.

Run in the folder comfy_nodes: python -m dev.make_workflows
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .workflow import Wire, Workflow

FOLDER = Path(__file__).resolve().parent.parent / "example_workflows"

PHOTO = "example.png"
"""ComfyUI's own picture, which lies in its input folder."""
PAINTINGS = ("knife-birches.jpg", "rolling-waves.jpg", "swirling-night.jpg")
"""The pack's examples that are used as paintings A, B and C."""
CLIP = "cat.webp"
RATE = 12
MODEL = "film"
VIDEOS = ("video_batch", "over_frames")
"""Workflows that make several pictures."""
_OWN = " For a painting of yours, put *Load Image* in the place of *Load Example*."


class Studio(Workflow):
    """A workflow with the nodes that most of them have.

    Args:
        note: what the user is told.
        paintings: how many of them are encoded.
    """

    def __init__(self, note: str, paintings: int) -> None:
        super().__init__(note)
        self.model = self.add(0, "StylemixLoadModel", [MODEL, "", "auto"])
        pictures = [self.painting(0, number) for number in range(paintings)]
        self.styles = [self.style(1, picture) for picture in pictures]

    def painting(self, column: int, number: int, title: str = "Painting") -> Wire:
        """Add an example painting."""
        values, named = [PAINTINGS[number]], f"{title} {'ABC'[number]}"
        return self.add(column, "StylemixLoadExample", values, named), "image"

    def photo(self, column: int, top: int | None = None) -> Wire:
        """Add the photograph."""
        values = [PHOTO, "image"]
        return self.add(column, "LoadImage", values, "Photograph", top=top), "IMAGE"

    def style(self, column: int, painting: Wire) -> Wire:
        """Add a node that encodes a painting."""
        wires = {"model": (self.model, "model"), "painting": painting}
        return self.add(column, "StylemixEncodeStyle", wires=wires), "style"

    def mix(
        self,
        column: int,
        weights: tuple[float, float],
        *,
        b_over_frames: str = "",
        top: int | None = None,
        **wires: Wire,
    ) -> Wire:
        """Add a node that mixes two styles."""
        values = [*weights, b_over_frames, "smooth" if b_over_frames else "linear"]
        return self.add(column, "StylemixMixStyles", values, top=top, wires=wires), "style"

    def apply(
        self,
        column: int,
        image: Wire,
        style: Wire,
        *,
        preserve_color: bool = False,
        refine: int = 0,
        strength_over_frames: str = "",
        steady: float = 0.0,
        top: int | None = None,
        **wires: Wire,
    ) -> Wire:
        """Add a node that applies a style."""
        easing = "smooth" if strength_over_frames else "linear"
        values: list[Any] = [1.0, preserve_color, 0, 0, refine, "thin", 0.0]
        values += [strength_over_frames, easing, steady]
        more = 240 if refine else 0  # room for the picture so far
        wires = {"image": image, "style": style, **wires}
        made = self.add(column, "StylemixApplyStyle", values, top=top, more=more, wires=wires)
        return made, "image"

    def save(self, column: int, image: Wire, name: str) -> None:
        """Add a node that saves a picture."""
        self.add(column, "SaveImage", [f"stylemix_{name}"], wires={"images": image})

    def save_video(self, column: int, frames: Wire) -> None:
        """Add nodes that show frames and save them as a video."""
        made = self.add(column, "CreateVideo", [float(RATE)], wires={"images": frames})
        self.add(column, "PreviewImage", wires={"images": frames})
        values = ["video/stylemix", "auto", "auto"]
        self.add(column + 1, "SaveVideo", values, wires={"video": (made, "VIDEO")})


def stylize() -> Workflow:
    """One photograph, one painting, one node."""
    workflow = Workflow(
        "Style transfer in one node: choose a photograph and run." + _OWN + " *strength* goes "
        "from 0 (the photograph) over 1 to 2 (exaggerated). The model ships with stylemix: "
        "nothing is downloaded. The other templates mix paintings, mask and refine."
    )
    photo = workflow.add(0, "LoadImage", [PHOTO, "image"], "Photograph"), "IMAGE"
    painting = workflow.add(0, "StylemixLoadExample", [PAINTINGS[0]], "Painting A"), "image"
    wires = {"image": photo, "painting": painting}
    made = workflow.add(1, "StylemixStylize", [MODEL, 1.0, False], wires=wires)
    workflow.add(2, "SaveImage", ["stylemix"], wires={"images": (made, "image")})
    return workflow


def basic() -> Workflow:
    """One photograph, one painting."""
    workflow = Studio(
        "Choose a photograph, then run. The model is loaded and the painting encoded once, for "
        "any number of pictures." + _OWN,
        1,
    )
    photo = workflow.photo(1)
    workflow.save(3, workflow.apply(2, photo, workflow.styles[0]), "basic")
    return workflow


def mix_two_styles() -> Workflow:
    """Two paintings, mixed by weights."""
    workflow = Studio(
        "Two paintings in one picture. Only the ratio of *weight_a* to *weight_b* counts; here "
        "it is 60 to 40.",
        2,
    )
    first, second = workflow.styles
    style = workflow.mix(2, (0.6, 0.4), style_a=first, style_b=second)
    photo = workflow.photo(2)
    workflow.save(4, workflow.apply(3, photo, style), "mix")
    return workflow


def masked_regions() -> Workflow:
    """Two paintings, each in its own region."""
    workflow = Studio(
        "Painting A in the bright parts of the photograph, such as the sky, painting B in the "
        "rest. Move the threshold, or connect any other mask to *mask_a*, for instance one that "
        "you draw with *Open in MaskEditor* on the photograph.",
        0,
    )
    pictures = [workflow.painting(0, number) for number in (1, 0)]
    photo = workflow.photo(0)
    first, second = (workflow.style(1, picture) for picture in pictures)
    grey = workflow.add(1, "ImageToMask", ["blue"], top=940, wires={"image": photo})
    mask = workflow.add(2, "ThresholdMask", [0.6], top=940, wires={"mask": (grey, "MASK")})
    style = workflow.mix(3, (1.0, 1.0), style_a=first, style_b=second, mask_a=(mask, "MASK"))
    workflow.save(5, workflow.apply(4, photo, style, top=500), "masked")
    return workflow


def three_styles() -> Workflow:
    """Three paintings by a chain of two mixtures, in the photograph's colours."""
    workflow = Studio(
        "Mix Styles takes two styles; chain it for more. Here A and B count 1 each and C counts "
        "2, so that A : B : C is 1 : 1 : 2. *preserve_color* keeps the photograph's colours.",
        3,
    )
    first, second, third = workflow.styles
    pair = workflow.mix(2, (1.0, 1.0), style_a=first, style_b=second)
    style = workflow.mix(3, (1.0, 1.0), style_a=pair, style_b=third, top=240)
    photo = workflow.photo(3)
    workflow.save(5, workflow.apply(4, photo, style, preserve_color=True), "three")
    return workflow


def other_colours() -> Workflow:
    """The strokes of one painting, the colours of another one."""
    workflow = Studio(
        "The strokes of painting A in the colours of painting B: connect any picture to "
        "*palette*. Only its colours count.",
        1,
    )
    photo = workflow.photo(1)
    colours = workflow.painting(1, 1, "The colours of painting")
    workflow.save(3, workflow.apply(2, photo, workflow.styles[0], palette=colours), "colours")
    return workflow


def refine() -> Workflow:
    """One photograph, one painting, and some steps of optimisation after the network's pass."""
    workflow = Studio(
        "*refine* goes on from the network's picture by optimisation: slower, and nearer to the "
        "painting. The picture so far appears on the node; Cancel works between steps and keeps "
        "it in the output folder. *refine_features* vgg16 is better still; its weights are "
        "downloaded once.",
        1,
    )
    photo = workflow.photo(1)
    workflow.save(3, workflow.apply(2, photo, workflow.styles[0], refine=25), "refine")
    return workflow


def optimise() -> Workflow:
    """One photograph, one painting, by optimisation alone."""
    workflow = Studio(
        "The method of Gatys et al.: no trained network makes the picture, the photograph itself "
        "is changed step by step. The style is the same as for Apply Style, mixtures and masks "
        "too. Allow a minute or two on a CPU, and more for larger pictures.",
        1,
    )
    photo = workflow.photo(1)
    values = [100, 3.0, 1.0, False, 0, 0, "thin", "adam", True]
    wires = {"image": photo, "style": workflow.styles[0]}
    made = workflow.add(2, "StylemixOptimisePicture", values, more=240, wires=wires)
    workflow.save(3, (made, "image"), "optimise")
    return workflow


def video_batch() -> Workflow:
    """A video, frame by frame, steadied."""
    workflow = Studio(
        "Every frame of a video in one style. *steady* lets each frame follow the one before, so "
        "that the result doesn't flicker; 0 draws each by itself. For a video of yours, unmute "
        "the nodes at the bottom and connect *images* to *Apply Style*, *audio* and *fps* to "
        "*Create Video*.",
        1,
    )
    clip = workflow.add(1, "StylemixLoadExample", [CLIP], "Clip"), "image"
    workflow.save_video(3, workflow.apply(2, clip, workflow.styles[0], steady=0.7))
    own = workflow.add(0, "LoadVideo", ["", "image"], "A video of yours", muted=True)
    workflow.add(1, "GetVideoComponents", muted=True, top=640, wires={"video": (own, "VIDEO")})
    return workflow


def over_frames() -> Workflow:
    """A photograph that turns into one painting and then into another."""
    workflow = Studio(
        "A picture that turns into painting A, and then into painting B: numbers with commas "
        "between stand evenly over the frames. *strength_over_frames* 0, 1, 1 paints it in the "
        "first half; *b_over_frames* 0, 0, 1 changes the painting in the second.",
        2,
    )
    first, second = workflow.styles
    photo = workflow.photo(1)
    style = workflow.mix(2, (1.0, 1.0), b_over_frames="0, 0, 1", style_a=first, style_b=second)
    frames = workflow.add(2, "RepeatImageBatch", [24], wires={"image": photo}), "IMAGE"
    workflow.save_video(4, workflow.apply(3, frames, style, strength_over_frames="0, 1, 1"))
    return workflow


def saved_style() -> Workflow:
    """A mixture that is saved under a name."""
    workflow = Studio(
        "A mixture that is saved with its paintings and weights. After the first run press *R*: "
        "*Load Style* at the bottom has it, in any workflow. Unmute it and connect it in the "
        "place of *Mix Styles*.",
        2,
    )
    first, second = workflow.styles
    style = workflow.mix(2, (1.0, 1.0), style_a=first, style_b=second)
    photo = workflow.photo(2)
    workflow.add(3, "StylemixSaveStyle", ["birches and waves", False], wires={"style": style})
    workflow.save(4, workflow.apply(3, photo, style), "saved")
    wires = {"model": (workflow.model, "model")}
    workflow.add(1, "StylemixLoadStyle", ["birches and waves"], muted=True, wires=wires)
    return workflow


WORKFLOWS = (
    stylize,
    basic,
    mix_two_styles,
    masked_regions,
    three_styles,
    other_colours,
    video_batch,
    over_frames,
    refine,
    optimise,
    saved_style,
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
