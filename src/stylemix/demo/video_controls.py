"""The controls of the page's tab for videos, and what they ask of the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stylemix.checkpoint.catalogue import methods
from stylemix.demo.clips import FIRST, NAME, Clip, check_length
from stylemix.demo.controls import MAX_STRENGTH, choice, number, runtime_choices
from stylemix.demo.limits import Limits, check_picture
from stylemix.demo.names import model_choices
from stylemix.demo.results import fitted
from stylemix.demo.service import Service
from stylemix.errors import ConfigError, PictureError, VideoError
from stylemix.video import MOST_STEADY

SIDES = (256, 384, 512, 640, 768, 1024, 1280, FIRST)
"""Long sides in pixels to choose from."""
DEFAULT_SIDE = "512"
PAINTING = "the painting"
"""What messages call it."""


def side_choices(limits: Limits) -> list[tuple[str, str]]:
    """Return labels and values of the control ``size``."""
    return [(f"{s} px", str(s)) for s in SIDES if s <= limits.max_side]


def video_models(service: Service) -> list[tuple[str, str]]:
    """Return labels and names of the models to choose from: those that draw in one pass."""
    slow = methods()
    quick = [name for name, target in service.models.items() if target not in slow]
    return model_choices(quick) or model_choices(quick, compared=True)


@dataclass(frozen=True)
class Asked:
    """What one press of the button asks for.

    Attributes:
        clip: the video.
        painting: path of the painting; None where the model needs none.
        model: the model's name.
        runtime: where the network's pass runs.
        strength: as for :func:`stylemix.stylize_video`, like the next two.
        preserve_color: likewise.
        steady: likewise.
        size: of the result in pixels.
    """

    clip: Clip
    painting: str | None
    model: str
    runtime: str
    strength: float
    preserve_color: bool
    steady: float
    size: tuple[int, int]

    @property
    def options(self) -> dict[str, Any]:
        """The keywords of :func:`stylemix.stylize_frames` that both preview and video have."""
        return {
            "strength": self.strength,
            "preserve_color": self.preserve_color,
            "size": max(self.size),
        }


def read_asked(
    service: Service,
    open_clip: Callable[[str], Clip],
    *,
    clip: Any,
    painting: Any,
    strength: Any,
    preserve_color: Any,
    size: Any,
    steady: Any,
    model: Any,
    runtime: Any,
) -> Asked:
    """Check the controls' values.

    Args:
        service: whose models, limits and uploads hold.
        open_clip: checks a file and returns what it holds.
        clip: the browser's record of the clip.
        painting: the browser's record of the painting.
        strength: as for :func:`stylemix.stylize_video`, like the next one.
        preserve_color: likewise.
        size: a value of :func:`side_choices`; a clip is never enlarged.
        steady: as for :func:`stylemix.stylize_video`.
        model: a name of :func:`video_models`.
        runtime: as for :func:`stylemix.stylize_video`.

    Raises:
        VideoError: the clip is missing, damaged, too large or too long.
        PictureError: the painting is missing, damaged or too large.
        ConfigError: another control has a wrong value.
    """
    models = video_models(service)
    if not models:
        raise ConfigError("videos need a model that draws in one pass; this server has none")
    model = choice(model, "model", models)
    file = service.uploads.path(clip, NAME)
    if file is None:
        raise VideoError("there is no clip yet: upload one")
    picture = None
    if not service.own_style(model):
        picture = service.uploads.path(painting, PAINTING)
        if picture is None:
            raise PictureError("there is no painting yet: upload one, or choose an example")
        check_picture(picture, PAINTING, service.limits)
    side = int(choice(size, "size", side_choices(service.limits)))
    runtime = choice(runtime, "runtime", runtime_choices())
    strength = number(strength, "strength", MAX_STRENGTH)
    steady = number(steady, "steady", MOST_STEADY)
    found = open_clip(file)
    target = fitted(found.size, side)
    check_length(found.frames or 1, target, service.limits)
    return Asked(found, picture, model, runtime, strength, bool(preserve_color), steady, target)
