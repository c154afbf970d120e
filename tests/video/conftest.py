from __future__ import annotations

import pytest
from helpers import tiny_model

from stylemix.stylizers import FeedForward


@pytest.fixture(scope="session")
def model() -> FeedForward:
    return tiny_model(seed=3)
