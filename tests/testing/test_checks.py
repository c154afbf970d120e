"""The suite has to fail on broken injections: one deliberately broken class for each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from sound_injections import Exact, Good
from torch import Tensor, nn

from stylemix.errors import UnknownNameError
from stylemix.injections.base import Injection
from stylemix.testing import INJECTION_CHECKS, InjectionCase, injection_suite
from stylemix.testing import checks as c


class RoundsToEven(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return F.avg_pool2d(super().forward(x, style), 2)


class ChangesType(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x, style).double()


class DividesByZero(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x / x.abs().amax((2, 3), keepdim=True), style)


class NoEffect(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x + 0 * style[0]


class NormalizedAway(Good):
    """A constant in front of an instance normalisation (nobody, 2000)."""

    slots = ("map",)
    sites = ("bottleneck",)

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x + style[1]


class DeadInPlaces(Good):
    """An added constant at every norm, also in front of the next one."""

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x + style[1]


class DeadParameter(Good):
    def __init__(self, site: Any, style_channels: Any) -> None:
        super().__init__(site, style_channels)
        self.unused = nn.Linear(3, 3)


class CutOff(Good):
    def prepare(self, style: Any) -> Any:
        return tuple(t.detach() for t in super().prepare(style))


class Leaking(Good):
    """Lets ``prepare`` see the last content."""

    seen: Any = 0.0

    def prepare(self, style: Any) -> Any:
        gamma, beta = super().prepare(style)
        return gamma + self.seen, beta

    def forward(self, x: Tensor, style: Any) -> Tensor:
        self.seen = x.detach().mean()
        return super().forward(x, style)


class OneForAll(Good):
    def prepare(self, style: Any) -> Any:
        return tuple(t.mean(0, keepdim=True) for t in super().prepare(style))


class WritesIntoContent(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x.mul_(style[0].detach()) + style[1]


class WritesIntoStyle(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        style[0].data.mul_(1.5)
        return super().forward(x, style)


class NotTensors(Good):
    def prepare(self, style: Any) -> Any:
        return lambda: super().prepare(style)


class Sticky(Good):
    """Blends with the style it saw before."""

    affine = False
    last: Any = None

    def forward(self, x: Tensor, style: Any) -> Tensor:
        now = style[0] if self.last is None else (style[0] + self.last) / 2
        self.last = style[0].detach()
        return x * now + style[1]


class Random(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return F.dropout(super().forward(x, style), 0.1)


class MixesTheBatch(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x - x.mean(0, keepdim=True) / 2, style)


class SharesTheFirstStyle(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x * style[0][:1] + style[1][:1]


class Unsaved(Good):
    """Holds what it needs in a plain attribute."""

    def __init__(self, site: Any, style_channels: Any) -> None:
        super().__init__(site, style_channels)
        self.offset = torch.randn(1, site.channels, 1, 1)

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x, style) * (1 + self.offset.to(x.dtype))


class OnlySingle(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return (x.float() * style[0].float() + style[1].float()).float()


class Coarse(Good):
    """Takes a difference of large numbers."""

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return (super().forward(x, style) + 100) - 100


class Branching(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x, style) if x.mean() > 0 else x * style[0]


class Untileable(Good):
    """Measures the content behind the host's back."""

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x - x.amax((2, 3), keepdim=True), style)


class Nowhere(Good):
    sites = ("attic*",)


BROKEN: list[tuple[type[Injection], Callable[[InjectionCase], None], str]] = [
    (RoundsToEven, c.check_shape, r"it has to give \(2, 16, 8, 8\)"),
    (ChangesType, c.check_shape, "gave torch.float64 for features of torch.float32"),
    (DividesByZero, c.check_shape, "flat map"),
    (NoEffect, c.check_two_styles_differ, "two styles give pictures that differ by 0"),
    (NormalizedAway, c.check_two_styles_differ, "normalisation behind"),
    (DeadInPlaces, c.check_every_site_counts, r"sites block1\.2\.norm, block2\.2\.norm:"),
    (DeadParameter, c.check_gradients, "unused.weight at block1.1.norm"),
    (CutOff, c.check_gradients, "linear.weight"),
    (NormalizedAway, c.check_gradients, "no gradient"),
    (Leaking, c.check_prepare_ignores_content, "must depend on the style alone"),
    (OneForAll, c.check_prepare_ignores_content, "first dimension has to be the styles'"),
    (WritesIntoContent, c.check_prepare_ignores_content, "changed the content features in place"),
    (WritesIntoStyle, c.check_prepare_ignores_content, "changed the prepared style in place"),
    (NotTensors, c.check_prepare_ignores_content, "returned a function"),
    (Random, c.check_prepare_ignores_content, "may not keep state"),
    (Sticky, c.check_weight_one, "another picture than the one style alone"),
    (Sticky, c.check_masks, "under masks"),
    (MixesTheBatch, c.check_batches, "with one style give|with a style each give"),
    (SharesTheFirstStyle, c.check_batches, "with a style each give"),
    (Random, c.check_strength_zero, "changes the photograph"),
    (Unsaved, c.check_save_and_load, "the loaded model gives another picture"),
    (OnlySingle, c.check_reduced_precision, "torch.float32 for bfloat16 features"),
    (Coarse, c.check_reduced_precision, "take statistics in float32"),
    (Branching, c.check_export, "avoid branches"),
    (Untileable, c.check_tiles, "a tiled picture differs"),
]


@pytest.mark.parametrize(
    ("cls", "check", "message"),
    BROKEN,
    ids=[f"{check.__name__}-{cls.__name__}" for cls, check, _ in BROKEN],
)
def test_a_broken_injection_is_caught(
    register: Any, cls: type[Injection], check: Callable[[InjectionCase], None], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        check(register(cls))


def test_every_check_is_shown_to_fail() -> None:
    own = {check for check in INJECTION_CHECKS if check.__module__ == c.__name__}
    assert {check for _, check, _ in BROKEN} == own


@pytest.mark.parametrize("check", INJECTION_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("cls", [Good, Exact])
def test_a_sound_injection_passes(register: Any, cls: type[Injection], check: Any) -> None:
    check(register(cls))


def test_declaring_it_excuses_from_tiling(register: Any) -> None:
    excused = type("Excused", (Untileable,), {"tileable": False})
    c.check_tiles(register(excused))


def test_an_injection_for_no_site_is_reported_with_the_sites_there_are(register: Any) -> None:
    with pytest.raises((AssertionError, ValueError), match=r"block1\.1\.norm"):
        register(Nowhere).stylizer()


def test_the_suite_is_a_parametrised_test_of_all_checks() -> None:
    suite = injection_suite("film")
    (mark,) = suite.pytestmark  # type: ignore[attr-defined]
    assert mark.name == "parametrize"
    assert mark.args == ("check", INJECTION_CHECKS)
    suite(check=c.check_needs)


def test_the_suite_hands_options_on(register: Any) -> None:
    register(Good)
    suite = injection_suite("under_test", start=0.0)
    with pytest.raises(AssertionError, match="two styles give pictures"):
        suite(check=c.check_two_styles_differ)
    injection_suite("under_test", start=0.2)(check=c.check_two_styles_differ)


def test_a_name_nobody_registered_is_reported_when_the_suite_runs() -> None:
    suite = injection_suite("flim")
    with pytest.raises(UnknownNameError, match="film"):
        suite(check=c.check_needs)
