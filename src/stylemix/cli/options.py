"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class Numbers(click.ParamType):
    """Numbers with commas between them, such as ``1,2.5``."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return the numbers."""
        if not isinstance(value, str):
            return tuple(value)
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(
                f"{value!r} must be numbers with commas between them, such as 1,2.5", param, ctx
            )


model_option = click.option(
    "-m",
    "--model",
    default="film",
    show_default=True,
    metavar="NAME|FOLDER|OWNER/NAME",
    help="A model that `stylemix models` lists, a checkpoint folder, or a repository on "
    "the Hugging Face Hub.",
)
device_option = click.option(
    "--device",
    metavar="D",
    help="Where to compute, such as cpu or cuda.  [default: a GPU when there is one]",
)
runtime_option = click.option(
    "--runtime",
    type=click.Choice(["auto", "torch", "openvino", "openvino-int8"]),
    default="auto",
    show_default=True,
    help="What runs the network: OpenVINO is faster on CPUs, and auto takes it where it is "
    "installed (stylemix's extra fast). openvino-int8 is faster still and a little "
    "different, and needs 'stylemix[int8]'.",
)
scale_option = click.option(
    "--scale",
    type=float,
    metavar="X",
    help="Size of the strokes relative to the picture, alike at every --size: 1 as the model "
    "draws 512 pixels, 2 twice as large, 0.5 half.  [default: one pass, strokes of a fixed "
    "size in pixels]",
)


REFINE_OPTIONS = (
    click.option(
        "--refine",
        "--steps",
        "refine",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Steps of optimization after the network's pass: slower, and nearer to the painting; "
        "25 are a good start. For a method that is an optimization itself (gatys), its number of "
        "steps.",
    ),
    click.option(
        "--refine-features",
        type=click.Choice(["thin", "vgg16"]),
        help="The network whose features the optimization compares: the small one that ships with "
        "stylemix, or VGG-16, slower and better.  [default: thin]",
    ),
)


def refine_options(command: Command) -> Command:
    """Declare the options ``--refine`` and ``--refine-features``."""
    return _declared(command, REFINE_OPTIONS)


def strength_option(subject: str) -> Callable[[Command], Command]:
    """Return the option ``--strength``; ``subject`` is what strength 0 gives back."""
    return click.option(
        "-s",
        "--strength",
        type=float,
        default=1.0,
        show_default=True,
        help=f"0 is the {subject}, 1 the strength the model was trained for; more exaggerates.",
    )


def drawing_options(subject: str, *, masks: str) -> Callable[[Command], Command]:
    """Return a decorator with the options of :class:`stylemix.stylizers.Options`, by their names.

    Args:
        subject: what is stylized, for the help: "photograph" or "video".
        masks: what a mask may be, for the help.
    """
    options = (
        strength_option(subject),
        click.option(
            "-w",
            "--weights",
            type=Numbers(),
            metavar="1,2,...",
            help="How much each style counts, with commas between; only their ratios matter.  "
            "[default: all equal]",
        ),
        click.option(
            "--mask",
            "masks",
            multiple=True,
            callback=lambda context, parameter, value: value or None,
            metavar="FILE",
            help=f"Where a style holds: {masks}, white where it does. Once for each style, in "
            "their order.",
        ),
        click.option("--preserve-color", is_flag=True, help=f"Keep the {subject}'s colors."),
        click.option(
            "--palette",
            metavar="PAINTING",
            help="Take the colors from this painting and the strokes from STYLE.",
        ),
        click.option(
            "--size",
            type=click.IntRange(min=1),
            metavar="N",
            help=f"Long side of the result in pixels.  [default: the {subject}'s]",
        ),
        scale_option,
        click.option(
            "--tile",
            type=click.IntRange(min=0),
            metavar="N",
            help="Side of the tiles that bound memory, in pixels, at least 64; 0 never tiles.  "
            "[default: tiles above 2 megapixels, above 3 with OpenVINO]",
        ),
        *REFINE_OPTIONS,
    )

    return lambda command: _declared(command, options)


def _declared(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Return a command with options; its help lists them in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def check_masks(masks: tuple[str, ...] | None, styles: int) -> None:
    """Refuse masks that are not as many as the styles.

    Raises:
        click.UsageError: they aren't.
    """
    if masks and len(masks) != styles:
        raise click.UsageError(
            f"{styles} style(s) need as many --mask options, in the styles' order; got {len(masks)}"
        )
