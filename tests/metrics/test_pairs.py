from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.metrics.pairs import check_pairs, deal_pairs


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.integers(0, 99))
def test_every_painting_is_used_about_equally(contents, styles, each, seed):
    pairs = deal_pairs(contents, styles, each=each, seed=seed)
    assert len(set(pairs)) == len(pairs) == contents * min(each, styles)
    uses = [sum(j == k for _, j in pairs) for k in range(styles)]
    assert max(uses) - min(uses) <= 1
    assert {i for i, _ in pairs} == set(range(contents))
    assert pairs == deal_pairs(contents, styles, each=each, seed=seed)


def test_seeds_differ():
    assert deal_pairs(5, 40, seed=0) != deal_pairs(5, 40, seed=1)


def test_refuses_empty_sets_and_pairs_out_of_range():
    with pytest.raises(ConfigError, match="at least one"):
        deal_pairs(0, 3)
    with pytest.raises(ConfigError, match="empty"):
        check_pairs([], 1, 1)
    for pair in ((2, 0), (0, 3), (-1, 0)):
        with pytest.raises(ConfigError, match="out of range"):
            check_pairs([pair], 2, 3)
    assert check_pairs([(1, 2)], 2, 3) == [(1, 2)]
