"""What a trained model that a plugin brings should be: found, small, described, and a transfer.

Each check takes a :class:`ModelCase`, returns nothing when all is well, and otherwise raises an
``AssertionError`` that says what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix import checkpoint
from stylemix.checkpoint import catalogue
from stylemix.injections.style import StyleMix
from stylemix.plugins import registry
from stylemix.stylizers import Stylizer
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.testing.case import require

WARMER = 0.2
"""Least difference of red minus blue between the results of a warm and a cool painting, which
themselves differ by 1.2; on a scale of 0 to 1 for each channel."""

DARKER = 0.05
"""Least difference in brightness that is left of a square 0.4 darker than what is around it."""


@dataclass(frozen=True)
class ModelCase:
    """A trained model, ready to be checked.

    Attributes:
        name: what it is registered under, or its folder.
        megabytes: most that its weights may take, in 10^6 bytes.
        says: what its description has to hold.
    """

    name: str
    megabytes: float = 3.0
    says: str = ""

    @property
    def folder(self) -> Path:
        """Return its checkpoint folder.

        Raises:
            UnknownNameError: there is no such model.
        """
        return catalogue.resolve(self.name)

    def load(self) -> Stylizer:
        """Load it on the CPU."""
        return checkpoint.load(self.folder)

    def paint(self, photograph: Tensor, painting: Tensor) -> Tensor:
        """Stylise [1, 3, H, W] in [0, 1] in one pass; float32 [1, 3, H, W]."""
        model = self.load()
        require(isinstance(model, FeedForward), f"{self.name} isn't of the feed-forward kind")
        assert isinstance(model, FeedForward)
        with torch.no_grad():
            painted: Tensor = model(photograph, StyleMix.single(model.prepare(painting)))
        return painted.float()


def blots(seed: int, red: float, green: float, blue: float) -> Tensor:
    """Return soft blots around a colour, [1, 3, 96, 96] in [0, 1]."""
    random = torch.Generator().manual_seed(seed)
    coarse = 0.3 * torch.rand(1, 3, 8, 8, generator=random) - 0.15
    soft = F.interpolate(coarse, size=(96, 96), mode="bicubic")
    return (soft + torch.tensor([red, green, blue]).view(1, 3, 1, 1)).clamp(0, 1)


def light_and_dark(seed: int, red: float, green: float, blue: float) -> Tensor:
    """Return light and dark places of one colour, [1, 3, 96, 96] in [0, 1]."""
    random = torch.Generator().manual_seed(seed)
    light = 0.2 + 0.8 * (torch.rand(1, 1, 6, 6, generator=random) > 0.4)
    soft = F.interpolate(light, size=(96, 96), mode="bilinear")
    return soft * torch.tensor([red, green, blue]).view(1, 3, 1, 1)


def photograph() -> Tensor:
    """Return grey blots with a dark square of 36 pixels in the middle, [1, 3, 96, 96] in [0, 1]."""
    image = blots(1, 0.5, 0.5, 0.5)
    image[..., 30:66, 30:66] = 0.1
    return image


WARM, COOL = (2, 0.8, 0.5, 0.2), (3, 0.2, 0.4, 0.8)


def check_listed(case: ModelCase) -> None:
    """``stylemix models`` lists it once, by its folder."""
    found = [info for info in catalogue.models() if info.name == case.name]
    require(
        len(found) == 1 and bool(found[0].path),
        f"stylemix.models() lists {len(found)} models named {case.name!r} (wanted: one, with "
        "a folder); does register_models hand it over?",
    )


def check_described(case: ModelCase) -> None:
    """Its configuration says on one line what it is."""
    text = str(checkpoint.read_config(case.folder).get("description", ""))
    require(
        bool(text.strip()) and "\n" not in text,
        f"the description of {case.name} is {text!r}; save it with "
        'card={"description": "one line on what it is"}',
    )
    require(case.says in text, f"the description of {case.name} lacks {case.says!r}: {text!r}")


def check_small(case: ModelCase) -> None:
    """Its weights are small enough for everybody's wheel."""
    size = (case.folder / checkpoint.WEIGHTS).stat().st_size
    require(
        size <= 1e6 * case.megabytes,
        f"the weights of {case.name} take {size / 1e6:.1f} MB (wanted: at most "
        f"{case.megabytes}); save them with half=True, or publish them on the Hub",
    )


def check_preset(case: ModelCase) -> None:
    """It is the network that the preset of its name trains, where there is one."""
    presets = registry("presets")
    if case.name not in presets.names():
        return
    config, wanted = case.load().config, presets.get(case.name)
    differing = sorted(k for k in {**config, **wanted} if config.get(k) != wanted.get(k))
    require(
        not differing,
        f"{case.name} isn't the model that the preset {case.name!r} stands "
        f"for: they differ in {', '.join(differing)}",
    )


def check_colors(case: ModelCase) -> None:
    """A warm painting gives a warmer picture than a cool one."""
    redness = []
    for painting in (WARM, COOL):
        made = case.paint(photograph(), blots(*painting))
        redness.append(float((made[:, 0] - made[:, 2]).mean()))
    require(
        redness[0] > redness[1] + WARMER,
        f"red minus blue is {redness[0]:.2f} after a warm painting and {redness[1]:.2f} after "
        f"a cool one (wanted: {WARMER} more); the model hardly takes colours over",
    )


def check_shapes(case: ModelCase) -> None:
    """What is dark in the photograph stays darker than what is around it.

    The painting has light and dark to take for it: methods that give the photograph all of the
    painting's covariance, or its patches, have no dark of their own.
    """
    for painting in (WARM, COOL):
        grey = case.paint(photograph(), light_and_dark(*painting)).mean(1)[0]
        inside, outside = float(grey[40:56, 40:56].mean()), float(grey[:, :16].mean())
        require(
            inside < outside - DARKER,
            f"a dark square has brightness {inside:.2f}, its surroundings {outside:.2f} "
            f"(wanted: at least {DARKER} more); the model loses the photograph",
        )


MODEL_CHECKS: tuple[Callable[[ModelCase], None], ...] = (
    check_listed,
    check_described,
    check_small,
    check_preset,
    check_colors,
    check_shapes,
)
"""Every check of a trained model, in the order the suite runs them."""
