from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stylemix.video.frame import Frame
from stylemix.video.gaps import Gap, Toll, bridged

TENTH = Fraction(1, 10)


@given(whole=st.lists(st.booleans(), max_size=12))
def test_every_gap_shows_its_neighbor_at_its_own_time(whole):
    found = [
        Frame(np.full((1, 1, 3), n, np.uint8), n * TENTH, TENTH)
        if good
        else Gap(n * TENTH, TENTH, f"at {n}")
        for n, good in enumerate(whole)
    ]
    toll = Toll()
    shown = list(toll(bridged(found)))
    if not any(whole):
        assert shown == []
        return
    first = whole.index(True)
    expected = [
        max((k for k in range(n + 1) if whole[k]), default=first) for n in range(len(whole))
    ]
    assert [int(f.rgb[0, 0, 0]) for f in shown] == expected
    assert [f.time for f in shown] == [n * TENTH for n in range(len(whole))]
    assert {f.duration for f in shown} == {TENTH}
    assert [f.damage for f in shown] == ["" if good else f"at {n}" for n, good in enumerate(whole)]
    assert toll.count == whole.count(False)
    assert toll.first == ("" if all(whole) else f"at {whole.index(False)}")


def test_frames_go_on_before_the_next_is_there():
    def found():
        yield Frame(np.zeros((1, 1, 3), np.uint8), Fraction(0), TENTH)
        yield Gap(TENTH, TENTH, "at 1")
        raise KeyError("decoded too early")

    shown = bridged(found())
    assert [next(shown).time, next(shown).time] == [0, TENTH]
