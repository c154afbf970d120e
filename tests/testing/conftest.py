"""An injection registered for one test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stylemix.injections.base import Injection
from stylemix.plugins import registry
from stylemix.testing import InjectionCase


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Injection]], InjectionCase]:
    """Register a class under a name that is gone after the test."""

    def put(cls: type[Injection], **options: Any) -> InjectionCase:
        injections = registry("injections")
        monkeypatch.setattr(injections, "_things", dict(injections._things))
        monkeypatch.setattr(injections, "_plugins", dict(injections._plugins))
        injections.add("under_test", cls)
        return InjectionCase("under_test", options)

    return put
