from __future__ import annotations

import numpy as np
import pytest

from stylemix.errors import ConfigError
from stylemix.optimization import Recipe


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), "3", True])
def test_bad_weights(weight):
    with pytest.raises(ConfigError, match="style_weight must be a number above 0"):
        Recipe(style_weight=weight)


def test_numbers_of_numpy_become_floats():
    recipe = Recipe(style_weight=np.float32(2.5))
    assert type(recipe.style_weight) is float
    assert recipe.style_weight == 2.5
