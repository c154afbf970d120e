from __future__ import annotations

import torch

from stylemix.stylizers.overlay import add_error

OUT = torch.tensor([[[10.0, 200.0]], [[50.0, 60.0]], [[0.0, 255.0]]])
RGB = torch.tensor([[[30.0, 100.0]], [[50.0, 90.0]], [[80.0, 5.0]]])
AGAIN = torch.tensor([[[20.0, 120.0]], [[40.0, 80.0]], [[90.0, 15.0]]])


def weight(value):
    return torch.full((1, 1, 1, 1), value)


def test_the_ends_are_the_result_and_the_photograph_exactly():
    out, rgb, again = (x.to(torch.uint8) for x in (OUT, RGB, AGAIN))
    assert torch.equal(add_error(out, rgb, again, weight(0.0)), out)
    assert torch.equal(add_error(out, rgb, again, weight(1.0)), rgb)


def test_between_it_is_the_formula():
    w = 0.5
    value = OUT / 255 + w * (RGB - AGAIN) / 255
    want = value.clamp(0, 1) * (1 - w**4) + RGB / 255 * w**4
    found = add_error(OUT / 255, RGB / 255, AGAIN / 255, weight(w))
    torch.testing.assert_close(found, want)


def test_below_zero_it_moves_away_and_stays_in_range():
    found = add_error(OUT / 255, RGB / 255, OUT / 255, weight(-0.5))
    torch.testing.assert_close(found, (OUT + 0.5 * (OUT - RGB)).div(255).clamp(0, 1))


def test_a_map_of_weights_holds_pixel_by_pixel():
    maps = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    found = add_error(OUT / 255, RGB / 255, AGAIN / 255, maps)
    torch.testing.assert_close(found[..., 0], RGB[..., 0] / 255)
    torch.testing.assert_close(found[..., 1], OUT[..., 1] / 255)
