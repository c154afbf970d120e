"""Conformance suites for plugin authors. Needs pytest.

A plugin's whole test file may be::

    from stylemix.testing import injection_suite

    test_adain = injection_suite("adain")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stylemix.testing.case import InjectionCase
from stylemix.testing.checks import INJECTION_CHECKS


def injection_suite(name: str, /, **options: Any) -> Callable[..., None]:
    """Give a test function that runs every check on a registered injection.

    Args:
        name: what the injection is registered under. It is looked up when the tests run.
        options: its options in a configuration.

    Returns:
        A parametrised test; assign it to a name that begins with ``test``.
    """
    import pytest

    @pytest.mark.parametrize("check", INJECTION_CHECKS, ids=lambda c: c.__name__)
    def test_injection(check: Callable[[InjectionCase], None]) -> None:
        check(InjectionCase(name, options))

    return test_injection


__all__ = ["INJECTION_CHECKS", "InjectionCase", "injection_suite"]
