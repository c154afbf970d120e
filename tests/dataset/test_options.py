from __future__ import annotations

import pytest

from stylemix.dataset.options import DatasetOptions, checked_range
from stylemix.errors import ConfigError


def test_one_strength_is_both_ends():
    assert DatasetOptions(strength=0.5).strength == (0.5, 0.5)
    assert DatasetOptions(strength=[0, 1]).strength == (0.0, 1.0)
    assert checked_range((0.5, 1)) == (0.5, 1.0)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"seed": -1}, "seed must be a whole number >= 0"),
        ({"per_image": 0}, "per_image must be a whole number >= 1"),
        ({"strength": 1.5}, "strength must be a number from 0 to 1"),
        ({"strength": (1, 0.5)}, "strength must rise"),
        ({"strength": (0, 0.5, 1)}, "or two such as"),
        ({"paintings_per_image": 0}, "paintings_per_image"),
        ({"keep_original": 2}, "a probability from 0 to 1"),
        ({"size": 0}, "size must be a whole number of pixels >= 1"),
        ({"size": 100, "crop": 101}, r"crop \(101\) must not exceed size \(100\)"),
        ({"format": "jpg"}, "format must be one of jpeg, png, webp, got 'jpg'; did you mean"),
        ({"quality": 101}, "from 1 to 100"),
        ({"shard_size": 0}, "shard_size"),
        ({"batch": 0}, "batch"),
    ],
)
def test_wrong_values(wrong, message):
    with pytest.raises(ConfigError, match=message):
        DatasetOptions(**wrong)
