from __future__ import annotations

import re

import pytest

from stylemix.errors import ConfigError
from stylemix.plugins.options import check_counts


def test_whole_numbers_from_the_least_on_are_fine():
    check_counts()
    check_counts(a=(3, 3), b=(10**9, 1), c=(0, 0))
    check_counts("owner", owner=(1, 1))


@pytest.mark.parametrize("value", [1, -5, 2.0, True, "3", None])
def test_the_option_that_is_wrong_is_named_with_its_owner(value):
    said = rf"b must be a whole number >= 2, got {re.escape(repr(value))}$"
    for owner, name in (((), "^"), (("film",), r"^film\.")):
        with pytest.raises(ConfigError, match=name + said):
            check_counts(*owner, a=(1, 1), b=(value, 2))
