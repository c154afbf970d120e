from __future__ import annotations

import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from stylemix.optimization.canvas import Canvas


def moved(canvas, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for parameter in canvas.parameters:
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator))
    return canvas().detach()


def test_it_begins_at_the_start():
    start = picture(1, 20, 30)
    assert torch.equal(Canvas(start, layers=3)(), start)


@given(st.integers(2, 24), st.integers(2, 24))
def test_no_change_has_the_nyquist_frequency(height, width):
    """Along either axis: an alternating pattern in the parameters vanishes in the picture."""
    canvas = Canvas(torch.zeros(1, 3, height, width))
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    for pattern in (
        (-1.0) ** (rows + columns),
        (-1.0) ** (rows + 0 * columns),
        (-1.0) ** (0 * rows + columns),
    ):
        canvas.parameters[0].data.copy_(pattern.expand(1, 3, height, width))
        assert canvas().abs().max() < 1e-6


def test_noise_in_the_parameters_leaves_no_checkerboard():
    change = moved(Canvas(torch.zeros(1, 3, 64, 64), layers=4))
    window = torch.hann_window(64)[:, None] * torch.hann_window(64)
    power = torch.fft.fft2(change * window).abs().square()
    middle = power[..., 14:19, 14:19].mean()
    assert power[..., 31:34, :].mean() < 1e-3 * middle
    assert power[..., :, 31:34].mean() < 1e-3 * middle


def test_the_mask_holds_pixels():
    start, mask = picture(1, 20, 30), torch.zeros(1, 1, 20, 30)
    mask[..., :10] = 0.5
    change = moved(Canvas(start, mask)) - start
    assert (change[..., 10:] == 0).all()
    torch.testing.assert_close(change[..., :10], 0.5 * (moved(Canvas(start)) - start)[..., :10])


def test_layers_too_small_are_left_out():
    assert len(Canvas(torch.zeros(1, 3, 16, 40), layers=9).parameters) == 3
