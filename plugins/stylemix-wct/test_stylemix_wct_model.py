"""The trained model that comes with the plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import stylemix_wct

from stylemix.testing import MODEL_CHECKS, ModelCase
from stylemix.testing.models import COOL, WARM, blots, check_shapes, photograph

MODELS = Path(stylemix_wct.__file__).parent / "models"
pytestmark = pytest.mark.skipif(not MODELS.is_dir(), reason="no trained model in this copy")

CASE = ModelCase("wct")


# What is dark in the photograph may become another colour of the painting's, as bright as others:
# of all directions of colour only the covariance is kept.
@pytest.mark.parametrize("check", [c for c in MODEL_CHECKS if c is not check_shapes],
                         ids=lambda c: c.__name__)
def test_wct_model(check: Callable[[ModelCase], None]) -> None:
    check(CASE)


@pytest.mark.parametrize("painting", [WARM, COOL])
def test_a_square_of_the_photograph_differs_from_its_surroundings(
    painting: tuple[int, float, float, float]
) -> None:
    made = CASE.paint(photograph(), blots(*painting))[0]
    inside, outside = made[:, 40:56, 40:56].mean((1, 2)), made[:, :, :16].mean((1, 2))
    assert float((inside - outside).norm()) > 0.1
