from __future__ import annotations

import pytest

from stylemix.errors import ConfigError
from stylemix.optimization import Descent, Recipe, check_steps


@pytest.mark.parametrize("steps", [-1, 2.5, "7", True, None, float("nan")])
def test_bad_steps(steps):
    with pytest.raises(ConfigError, match="refine must be a whole number"):
        check_steps(steps)


def test_good_steps():
    assert check_steps(0) == 0
    assert check_steps(25) == 25


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), "3", True])
def test_bad_weights(weight):
    with pytest.raises(ConfigError, match="style_weight must be a number above 0"):
        Recipe(style_weight=weight)


def test_bad_descent():
    with pytest.raises(ConfigError, match="adam, lbfgs"):
        Recipe(descent=Descent(optimizer="sgd"))
    with pytest.raises(ConfigError, match="rate"):
        Recipe(descent=Descent(rate=0))
