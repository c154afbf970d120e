"""Conformance suites for plugin authors. Needs pytest.

A plugin's whole test file may be::

    from stylemix.testing import injection_suite

    test_adain = injection_suite("adain")

and, where it brings a trained model::

    test_model = model_suite("adain")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stylemix.testing import checks
from stylemix.testing.case import InjectionCase
from stylemix.testing.checks import INJECTION_CHECKS
from stylemix.testing.models import MODEL_CHECKS, ModelCase


def injection_suite(name: str, /, **options: Any) -> Callable[..., None]:
    """Return a test function that runs every check on a registered injection.

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


def model_suite(name: str, /, *, megabytes: float = 3.0, says: str = "") -> Callable[..., None]:
    """Return a test function that runs every check on a trained model.

    Args:
        name: what the model is registered under. It is looked up when the tests run.
        megabytes: most that its weights may take, in 10^6 bytes.
        says: what its description has to hold.

    Returns:
        A parametrised test; assign it to a name that begins with ``test``.
    """
    import pytest

    @pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda c: c.__name__)
    def test_model(check: Callable[[ModelCase], None]) -> None:
        check(ModelCase(name, megabytes, says))

    return test_model


__all__ = [
    "INJECTION_CHECKS",
    "MODEL_CHECKS",
    "InjectionCase",
    "ModelCase",
    "checks",
    "injection_suite",
    "model_suite",
]
