"""Every registered injection passes the suite that plugin authors get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stylemix.plugins import registry
from stylemix.testing import INJECTION_CHECKS, InjectionCase

# Options that make another mechanism of it; every name is also checked as it is by default.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "film": [{"residual": False}],
    "patch": [{"hard": True}],
}

CASES = [
    InjectionCase(name, options)
    for name in registry("injections").names()
    for options in ({}, *VARIANTS.get(name, []))
]


def _id(case: InjectionCase) -> str:
    return "-".join([case.name, *(f"{key}={value}" for key, value in case.options.items())])


@pytest.mark.parametrize("case", CASES, ids=_id)
@pytest.mark.parametrize("check", INJECTION_CHECKS, ids=lambda check: check.__name__)
def test_injection(case: InjectionCase, check: Callable[[InjectionCase], None]) -> None:
    check(case)


def test_the_papers_four_mechanisms_are_among_them() -> None:
    assert {"concat", "inject", "film", "patch"} <= {case.name for case in CASES}
