"""What an injection mechanism says about itself is true, one function for each claim.

Each claim is a class attribute of :class:`~stylemix.Injection`, the class's docstring or its
signature, on which the rest of stylemix relies. Each function takes an
:class:`~stylemix.testing.InjectionCase`, returns nothing when the claim holds, and otherwise raises
an ``AssertionError`` that says what to claim instead.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.injections.base import Injection
from stylemix.injections.style import combine
from stylemix.plugins import check_table
from stylemix.plugins.schema import keys_of
from stylemix.testing.case import InjectionCase, difference, leaves, require


def check_self_identity_claim(case: InjectionCase) -> None:
    """``self_identity`` is claimed exactly when a map as its own style is left alone."""
    injection = case.injection()
    x = case.features(injection, 1)
    code = {**case.code(injection, 2), "site": x}
    y = injection(x, case.prepare(injection, code))
    size = float(x.abs().max())
    same = y.shape == x.shape and difference(y, x) < 1e-3 * size
    if injection.self_identity:
        require(
            same,
            "self_identity is True, but a map that is its own style comes out changed; "
            "set it to False",
        )
    else:
        require(
            not same,
            "a map that is its own style comes out unchanged; claim it: self_identity = True",
        )


def check_content_gradient_claim(case: InjectionCase) -> None:
    """``content_gradient`` is False exactly when no gradient flows back into the content."""
    injection = case.injection().double()
    x = case.features(injection, 1).double().requires_grad_()
    code = {k: v.double() for k, v in case.code(injection, 2).items()}
    y = injection(x, case.prepare(injection, code))
    flows = False
    if y.requires_grad:
        target = case.features(injection, 3, 1, *y.shape[-2:]).mean(1, keepdim=True).double()
        (gradient,) = torch.autograd.grad((y * target).sum(), x, allow_unused=True)
        flows = gradient is not None and float(gradient.abs().max()) > 0
    if injection.content_gradient:
        require(
            flows,
            "no gradient flows from the output back into the content features, so "
            "nothing before this site can be trained; set content_gradient = False",
        )
    else:
        require(not flows, "content_gradient is False, but a gradient flows; set it to True")


def check_appends_constant_claim(case: InjectionCase) -> None:
    """``appends_constant`` is claimed exactly when channels of one value each are all it adds."""
    injection = case.injection()
    x = case.features(injection, 1)
    y = injection(x, case.prepare(injection, case.code(injection, 2)))
    own, added = y[:, : x.shape[1]], y[:, x.shape[1] :]
    true = added.numel() > 0 and torch.equal(own, x) and bool((added == added[..., :1, :1]).all())
    if injection.appends_constant:
        require(
            true,
            "appends_constant is True, but forward changes the channels of x, or adds "
            "none that hold one value at all places; set it to False",
        )
    else:
        require(
            not true,
            "forward does nothing but append channels that hold one value at all "
            "places; claim it, it saves their convolution: appends_constant = True",
        )


def check_affine_claim(case: InjectionCase) -> None:
    """``affine`` is claimed exactly when a mixture of what was prepared gives that of outcomes."""
    injection = case.injection().double()
    x = case.features(injection, 1).double()
    prepared = [
        case.prepare(injection, {k: v.double() for k, v in case.code(injection, seed).items()})
        for seed in (2, 3)
    ]
    shapes = [[t.shape for t in leaves(p)] for p in prepared]
    true = shapes[0] == shapes[1] and all(
        _mixes(injection, x, prepared, weights) for weights in ((0.5, 0.5), (0.2, 0.8), (1.6, -0.6))
    )
    if injection.affine:
        require(
            true,
            "affine is True, but a mixture of what was prepared of two styles doesn't give the "
            "same mixture of the outcomes; set it to False",
        )
    else:
        require(
            not true,
            "a mixture of what was prepared gives the mixture of the outcomes; claim it, several "
            "styles cost as much as one then: affine = True",
        )


def _mixes(
    injection: Injection, x: Tensor, prepared: list[Any], weights: tuple[float, float]
) -> bool:
    """Return whether it makes no difference if two styles are mixed before or behind it."""
    first, second = (injection(x, each) for each in prepared)
    mixed = injection(x, combine(prepared, [torch.tensor(w, dtype=torch.float64) for w in weights]))
    wanted = weights[0] * first + weights[1] * second
    return difference(mixed, wanted) <= 1e-9 * (1 + float(wanted.detach().abs().max()))


class _Recorded(Mapping[str, Tensor]):
    """A code that remembers what was read and complains about what it doesn't hold."""

    def __init__(self, code: Mapping[str, Tensor]) -> None:
        self.code = code
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        self.read.add(name)
        require(name in self.code, f"prepare reads {name!r}, which 'needs' doesn't list")
        return self.code[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.code)

    def __len__(self) -> int:
        return len(self.code)


def check_needs(case: InjectionCase) -> None:
    """``prepare`` reads exactly what ``needs`` lists."""
    injection = case.injection()
    code = case.code(injection, 1)
    recorded = _Recorded(case.needed(injection, code))
    injection.prepare(recorded)
    unread = set(injection.needs) - recorded.read
    require(
        not unread,
        f"'needs' lists {sorted(unread)}, which prepare doesn't read; take it out, "
        "it costs a pass of the encoder",
    )


def check_source(case: InjectionCase) -> None:
    """The docstring of the class says which paper the mechanism comes from."""
    cls = type(case.injection())
    text = " ".join((cls.__dict__.get("__doc__") or "").split())
    cited = re.search(r"\([^()]*\b(19|20)\d\d\b[^()]*\)", text) or re.search(
        r"\barxiv\D{0,12}\d{4}\.\d{4,5}", text, re.IGNORECASE
    )
    require(
        bool(cited),
        f"the docstring of {cls.__name__} cites no source; name the paper with "
        "its year in parentheses or its arXiv number",
    )


def check_options(case: InjectionCase) -> None:
    """Options are keyword-only, annotated, and have defaults that their annotations allow."""
    parameters = list(inspect.signature(type(case.injection())).parameters.values())
    names = [p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    require(
        names == ["site", "style_channels"],
        f"__init__ takes {names} by position; it has to take site and style_channels, and "
        "options after a '*'",
    )
    bare = [p.name for p in parameters[2:] if p.default is inspect.Parameter.empty]
    require(not bare, f"the options {bare} have no default")
    keys = keys_of(type(case.injection()))
    loose = [name for name, key in keys.items() if key.hint is Any]
    require(not loose, f"the options {loose} have no annotation, which says what they may be")
    defaults = {name: key.default for name, key in keys.items()}
    try:
        check_table(type(case.injection()), defaults, case.name)
    except ConfigError as problem:
        raise AssertionError(f"a default isn't what its annotation allows: {problem}") from None
