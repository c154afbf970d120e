"""A false claim has to be caught, and one that isn't made: broken classes for each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from sound_injections import Exact, Good
from torch import Tensor

from stylemix.injections import Concat
from stylemix.injections.base import Injection
from stylemix.plugins import at_least
from stylemix.testing import INJECTION_CHECKS, InjectionCase
from stylemix.testing import claims as c


class FalseIdentityClaim(Good):
    self_identity = True


class UnclaimedIdentity(Exact):
    self_identity = False


class FalseGradientClaim(Good):
    def forward(self, x: Tensor, style: Any) -> Tensor:
        return super().forward(x.detach(), style)


class UnclaimedGradient(Good):
    content_gradient = False


class FalseConstantClaim(Good):
    appends_constant = True


class UnclaimedConstant(Concat):
    """Concatenation that lets the host convolve its constants."""

    appends_constant = False


class FalseAffineClaim(Good):
    """Scales by an exponential."""

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x * style[0].exp() + style[1]


class UnclaimedAffine(Good):
    affine = False


class ReadsMore(Good):
    def prepare(self, style: Any) -> Any:
        gamma, beta = super().prepare(style)
        return gamma + style["relu1_2"].mean(), beta


class NeedsMore(Good):
    needs = ("embedding", "relu1_2")


class NeedsTheImpossible(Good):
    needs = ("embedding", "relu9_9")


class NoSource(Good):
    """Scale and shift."""


class PositionalOption(Injection):
    """Takes an option by position (nobody, 2000)."""

    def __init__(self, site: Any, style_channels: Any, gain: float = 1.0) -> None:
        super().__init__(site, style_channels)

    def prepare(self, style: Any) -> Any:
        return style["embedding"].mean(1)[:, None, None, None]

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x * style


class LooseOption(PositionalOption):
    """Doesn't say what an option may be (nobody, 2000)."""

    def __init__(self, site: Any, style_channels: Any, *, gain=1.0) -> None:  # type: ignore[no-untyped-def]
        super().__init__(site, style_channels, gain)


class WrongDefault(PositionalOption):
    """Has a default that a configuration couldn't say (nobody, 2000)."""

    def __init__(
        self, site: Any, style_channels: Any, *, gain: Annotated[float, at_least(1)] = 0.0
    ) -> None:
        super().__init__(site, style_channels, gain)


BROKEN: list[tuple[type[Injection], Callable[[InjectionCase], None], str]] = [
    (FalseIdentityClaim, c.check_self_identity_claim, "comes out changed"),
    (UnclaimedIdentity, c.check_self_identity_claim, "claim it"),
    (FalseGradientClaim, c.check_content_gradient_claim, "no gradient flows"),
    (UnclaimedGradient, c.check_content_gradient_claim, "but a gradient flows"),
    (FalseConstantClaim, c.check_appends_constant_claim, "changes the channels of x"),
    (UnclaimedConstant, c.check_appends_constant_claim, "claim it"),
    (FalseAffineClaim, c.check_affine_claim, "set it to False"),
    (UnclaimedAffine, c.check_affine_claim, "claim it"),
    (ReadsMore, c.check_needs, "reads 'relu1_2'"),
    (NeedsMore, c.check_needs, r"lists \['relu1_2'\], which prepare doesn't read"),
    (NeedsTheImpossible, c.check_needs, "relu9_9"),
    (NoSource, c.check_source, "NoSource cites no source"),
    (PositionalOption, c.check_options, "after a"),
    (LooseOption, c.check_options, r"\['gain'\] have no annotation"),
    (WrongDefault, c.check_options, "isn't what its annotation allows: .*gain must be a number"),
]


@pytest.mark.parametrize(
    ("cls", "check", "message"),
    BROKEN,
    ids=[f"{check.__name__}-{cls.__name__}" for cls, check, _ in BROKEN],
)
def test_a_false_claim_is_caught(
    register: Any, cls: type[Injection], check: Callable[[InjectionCase], None], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        check(register(cls))


def test_every_claim_is_shown_to_fail() -> None:
    """Those of the suite that lie in the module of claims."""
    claims = {check for check in INJECTION_CHECKS if check.__module__ == c.__name__}
    assert {check for _, check, _ in BROKEN} == claims
