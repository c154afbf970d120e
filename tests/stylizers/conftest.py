"""A tiny model that the tests of a file share."""

from __future__ import annotations

import pytest
from helpers import tiny_model

from stylemix.stylizers import FeedForward


@pytest.fixture(scope="module")
def model() -> FeedForward:
    return tiny_model()
