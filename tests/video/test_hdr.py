from __future__ import annotations

import numpy as np
import pytest

from stylemix.video.hdr import HLG, PQ, to_sdr


def pq(nits: float) -> int:
    """Encode light by ST 2084's inverse, written out independently."""
    y = (nits / 10000) ** 0.1593017578125
    return round(((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375 * 65535)


def grey(code: int) -> np.ndarray:
    return np.full((2, 2, 3), code, np.uint16)


def srgb(light: float) -> int:
    return round((1.055 * light ** (1 / 2.4) - 0.055) * 255)


@pytest.mark.parametrize("share", [0.01, 0.18, 0.5, 0.75])
def test_light_up_to_three_quarters_of_white_stays_as_it_is(share):
    found = to_sdr(grey(pq(203 * share)), PQ)
    assert np.abs(found.astype(int) - srgb(share)).max() <= 1


def test_black_is_black_white_nearly_white_and_highlights_still_rise():
    values = [int(to_sdr(grey(pq(n)), PQ)[0, 0, 0]) for n in (0.0, 203, 400, 1000)]
    assert values[0] == 0
    assert 238 <= values[1] < values[2] < values[3] <= 255


def test_hlg_reference_white_is_nearly_white():
    white = to_sdr(grey(round(0.75 * 65535)), HLG)  # BT.2408: 75 % is 203 cd/m2
    assert np.abs(white.astype(int) - int(to_sdr(grey(pq(203)), PQ)[0, 0, 0])).max() <= 1


def test_a_color_of_both_gamuts_keeps_its_hue_and_one_beyond_is_clipped():
    wide = np.zeros((1, 1, 3), np.uint16)
    wide[..., 1] = pq(100)  # BT.2020's green has negative red and blue in BT.709
    red, green, blue = to_sdr(wide, PQ)[0, 0].tolist()
    assert (red, blue) == (0, 0)
    assert green > 180
