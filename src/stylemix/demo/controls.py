"""The page's controls, which are the API's parameters, and what each asks of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from stylemix.demo.limits import PAINTINGS, Limits, check_picture, check_result
from stylemix.demo.regions import masks
from stylemix.errors import ConfigError, PictureError
from stylemix.runtime import RUNTIMES, check_runtime
from stylemix.stylizers import Options

ORIGINAL = "original"
AUTOMATIC, NEVER = "automatic", "never"
SIZES = (384, 512, 768, 1024, 1536, 2048, 3072, 4096)
PIXELS = "pixels"
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
TILES = (256, 384, 512, 768, 1024)
MAX_STRENGTH = 2.0
MAX_WEIGHT = 2.0
MAX_REFINE = 100
PALETTE = "the palette's painting"
"""What messages call the picture of the control ``palette``."""


def size_choices(limits: Limits) -> list[tuple[str, str]]:
    """Return labels and values of the control ``size``."""
    sides = [s for s in SIZES if s <= limits.max_side]
    return [("As the photograph", ORIGINAL), *((f"{s} px", str(s)) for s in sides)]


def scale_choices() -> list[tuple[str, str]]:
    """Return labels and values of the control ``scale``."""
    words = {0.25: "Very fine", 0.5: "Fine", 1.0: "Medium", 2.0: "Bold", 4.0: "Very bold"}
    return [("Of a fixed size", PIXELS), *((words[s], f"{s:g}") for s in SCALES)]


def tile_choices() -> list[tuple[str, str]]:
    """Return labels and values of the control ``tile``."""
    return [("Automatic", AUTOMATIC), ("Never", NEVER), *((f"{t} px", str(t)) for t in TILES)]


def feature_choices() -> list[tuple[str, str]]:
    """Return labels and values of the control ``refine_features``."""
    return [("Small network (built in)", "thin"), ("VGG-16 (slower, better)", "vgg16")]


def refine_choices() -> list[tuple[str, int]]:
    """Return labels and values of the page's control ``refine``; programs may ask for others."""
    return [("Off", 0), ("25", 25), ("50", 50), ("100", MAX_REFINE)]


def runtime_choices() -> list[tuple[str, str]]:
    """Return labels and values of the control ``runtime``: those that can be had here."""
    words = {"auto": "Automatic", "torch": "PyTorch", "openvino": "OpenVINO"}
    words["openvino-int8"] = "OpenVINO, 8 bits"
    return [(words.get(name, name), name) for name in RUNTIMES if _to_be_had(name)]


@dataclass(frozen=True)
class Control:
    """One control of the page, and parameter of the API.

    Attributes:
        default: what it is where a call of the API leaves it out.
        read: turns its value into that of the option of the same name; None for a control that
            isn't an option by itself.
    """

    default: Any = None
    read: Callable[[Any, Limits], Any] | None = None


@dataclass(frozen=True)
class Order:
    """What one press of the button asks for.

    Attributes:
        photo: path of the photograph.
        paintings: paths of one to four paintings; none where the model needs none.
        labels: what the user calls them.
        options: the other options.
        runtime: where the network's pass runs.
        size: width and height of the result in pixels.
    """

    photo: str
    paintings: tuple[str, ...]
    labels: tuple[str, ...]
    options: Options
    runtime: str
    size: tuple[int, int]

    @property
    def pixels(self) -> int:
        """Of the result."""
        return self.size[0] * self.size[1]

    def in_users_words(self, text: str) -> str:
        """Return a message with the server's paths replaced by what users call the files."""
        called = [(self.photo, "the photograph"), *zip(self.paintings, self.labels, strict=True)]
        if self.options.palette is not None:
            called.append((str(self.options.palette), PALETTE))
        for path, label in called:
            text = text.replace(repr(path), label).replace(path, label)
        return text


def read_order(
    photo: str | None,
    paintings: Sequence[str | None],
    palette: str | None,
    layers: Sequence[Image.Image],
    values: Mapping[str, Any],
    limits: Limits,
    own_style: bool = False,
) -> Order:
    """Check the controls' values.

    Args:
        photo: path of the upload, or None.
        paintings: of every slot, None where it is empty.
        palette: path of the painting whose colors to use, or None.
        layers: the regions' drawing, see :func:`stylemix.demo.regions.masks`.
        values: of the other controls, by their names in :data:`CONTROLS`.
        limits: the server's bounds.
        own_style: the model draws in a style of its own, so that no painting is needed; its region
            is that of painting 1.

    Raises:
        PictureError: a picture is missing, damaged or too large.
        ConfigError: another control has a wrong value.
    """
    if photo is None:
        raise PictureError("there is no photograph yet: upload one, or choose an example")
    used = [slot for slot, painting in enumerate(paintings) if painting is not None]
    if not used and not own_style:
        raise PictureError("there is no painting yet: upload one, or choose an example")
    options = {
        name: control.read(values[name], limits)
        for name, control in CONTROLS.items()
        if control.read is not None
    }
    width, height = check_picture(photo, "the photograph", limits)
    chosen = tuple(str(paintings[slot]) for slot in used)
    labels = tuple(f"painting {slot + 1}" for slot in used)
    for path, label in zip(chosen, labels, strict=True):
        check_picture(path, label, limits)
    if palette is not None:
        check_picture(palette, PALETTE, limits)
    if options["size"] is not None:
        scale = options["size"] / max(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
    check_result(width, height, limits)
    weights = [
        number(values[f"weight_{slot + 1}"], f"weight {slot + 1}", MAX_WEIGHT) for slot in used
    ]
    if palette is not None and options["preserve_color"]:
        raise ConfigError(
            "the photograph's colors can't be kept (preserve_color) and another painting's be used "
            "(palette) at once: choose one"
        )
    found = Options(
        weights=weights or None, masks=masks(layers, used or [0]), palette=palette, **options
    )
    runtime = choice(values["runtime"], "runtime", runtime_choices())
    return Order(photo, chosen, labels, found, runtime, (width, height))


def _to_be_had(runtime: str) -> bool:
    try:
        return bool(check_runtime(runtime))
    except ConfigError:
        return False


def number(value: Any, name: str, most: float) -> float:
    """Return a control's number.

    Raises:
        ConfigError: it is none from 0 to ``most``.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ConfigError(f"{name} must be a number between 0 and {most}, got {value!r}")
    return float(value)


def _steps(value: Any) -> int:
    steps = number(value, "refine", MAX_REFINE)
    if steps != int(steps):
        raise ConfigError(f"refine must be a whole number of steps, got {value!r}")
    return int(steps)


def _size(value: Any, limits: Limits) -> int | None:
    chosen = choice(value, "size", size_choices(limits))
    return None if chosen == ORIGINAL else int(chosen)


def _scale(value: Any) -> float | None:
    chosen = choice(value, "scale", scale_choices())
    return None if chosen == PIXELS else float(chosen)


def _tile(value: Any) -> int | None:
    chosen = choice(value, "tile", tile_choices())
    return {AUTOMATIC: None, NEVER: 0}[chosen] if chosen in (AUTOMATIC, NEVER) else int(chosen)


def choice(value: Any, name: str, choices: list[tuple[str, str]]) -> str:
    """Return what was chosen of a list of labels and values.

    Raises:
        ConfigError: it isn't in the list.
    """
    known = [one for _, one in choices]
    if value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return str(value)


CONTROLS: dict[str, Control] = {
    "photo": Control(),
    **{f"painting_{k}": Control() for k in range(1, PAINTINGS + 1)},
    **{f"weight_{k}": Control(1.0) for k in range(1, PAINTINGS + 1)},
    "strength": Control(1.0, lambda value, _: number(value, "strength", MAX_STRENGTH)),
    "preserve_color": Control(False, lambda value, _: bool(value)),
    "regions": Control(),
    "size": Control("1024", _size),
    "tile": Control(AUTOMATIC, lambda value, _: _tile(value)),
    "model": Control("film"),
    "refine": Control(0, lambda value, _: _steps(value)),
    "refine_features": Control(
        "thin", lambda value, _: choice(value, "refine_features", feature_choices())
    ),
    "palette": Control(),
    "scale": Control(PIXELS, lambda value, _: _scale(value)),
    "runtime": Control("auto"),
}
"""Every control by its name, in the order of the API's parameters. A new option needs an entry
here, with how to read it, and a component of the same name on the page."""
