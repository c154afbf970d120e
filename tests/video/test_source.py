from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest

from stylemix.video.frame import Frame
from stylemix.video.source import Source


class Empty(Source):
    """Has no frames."""

    rate = Fraction(25)
    closed = False

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        return iter(())

    def close(self) -> None:
        self.closed = True


def test_a_source_is_closed_with_its_block_also_after_an_error():
    with pytest.raises(KeyError), Empty("here") as source:
        raise KeyError
    assert source.closed and source.path == "here"


def test_a_source_without_frames_can_not_be_made():
    with pytest.raises(TypeError, match="frames"):
        Source("here")
