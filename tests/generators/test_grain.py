from __future__ import annotations

import numpy as np
import torch

from stylemix.generators.grain import FIELDS, OCTAVES, PERIOD, Grain, noise_field, white_noise


def murmur(value: int) -> int:
    """The finaliser as it is published, for one number."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = ((value ^ (value >> shift)) * factor) % 2**32
    return value ^ (value >> 16)


def test_white_noise_is_the_published_hash_of_the_index():
    field = torch.stack([white_noise(0, 16), white_noise(1, 16)]).flatten()
    want = [murmur(i + 1) / 2**31 - 1 for i in range(512)]
    np.testing.assert_allclose(field.numpy(), want, atol=1e-6)


def test_white_noise_is_white_and_uniform():
    field = torch.stack([white_noise(k, PERIOD) for k in range(FIELDS)])
    assert abs(float(field.mean())) < 2e-3
    # Uniform on [-1, 1): variance 1/3, fourth moment 1/5.
    torch.testing.assert_close(field.square().mean(), torch.tensor(1 / 3), atol=2e-3, rtol=0)
    torch.testing.assert_close(field.pow(4).mean(), torch.tensor(1 / 5), atol=2e-3, rtol=0)
    neighbours = [
        (field[0], field[1]),
        (field[:, 1:], field[:, :-1]),
        (field[..., 1:], field[..., :-1]),
    ]
    for a, b in neighbours:
        assert abs(float((a * b).mean())) < 3e-3
    power = torch.fft.rfft2(field[0]).abs().square().flatten()[1:]
    assert power.max() < 20 * power.mean()  # no direction and no period stands out


def test_octaves_have_one_variance_and_cells_of_their_own():
    fields = noise_field(FIELDS, PERIOD)
    for number, field in enumerate(fields):
        cell = 2 ** (number % OCTAVES)
        torch.testing.assert_close(field.var(), torch.tensor(1 / 3), atol=2e-3, rtol=0)
        if cell == 1:
            assert torch.equal(field, white_noise(number, PERIOD))
            continue
        # Values a cell apart are almost independent, those within a cell are alike, both across
        # the seam too.
        for axis in (0, 1):
            far = (field * field.roll(2 * cell, axis)).mean() * 3
            near = (field * field.roll(1, axis)).mean() * 3
            seam = (field.roll(1, axis) - field).select(axis, 0).square().mean() * 3 / 2
            assert abs(float(far)) < 0.1
            assert near > 1 - 1.2 / cell
            assert seam < 2 * (1 - near)
        power = torch.fft.rfft2(field).abs().square()
        fine = power[PERIOD // 2 // cell * 3 // 2 : -PERIOD // 2 // cell * 3 // 2].sum()
        assert fine < 0.05 * power.sum()


def test_amounts_learn():
    grain = Grain(5, 4)
    x = torch.randn(2, 5, 7, 9)
    y = grain(x, (0, 0))
    assert 0.05 < (y - x).std() < 1
    y.square().sum().backward()
    assert (grain.amount.grad != 0).all()


def test_a_part_of_a_map_gets_the_part_of_the_field_below_it():
    grain = Grain(3, 4)
    torch.nn.init.normal_(grain.amount)
    x = torch.zeros(1, 3, 40, 50)
    whole = grain(x, (8, 4 * (PERIOD - 20)))  # runs over the field's edge
    part = grain(x[..., 10:25, 30:], (8 + 40, 4 * (PERIOD - 20 + 30)))
    assert torch.equal(whole[..., 10:25, 30:], part)
    assert whole.std() > 0.3


def test_every_picture_of_a_batch_and_every_run_gets_the_same():
    a, b = Grain(3, 2), Grain(3, 2)
    b.load_state_dict(a.state_dict() | {"amount": torch.ones(3, FIELDS)})
    a.load_state_dict(b.state_dict())
    assert set(a.state_dict()) == {"amount"}
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(a(x, (0, 0)), b(x, (0, 0)))
    torch.testing.assert_close(a(x, (0, 0))[0] - x[0], a(x, (0, 0))[1] - x[1])


def test_a_traced_grain_is_the_same():
    torch.manual_seed(0)
    grain = Grain(6, 4).requires_grad_(False)
    x = torch.randn(1, 6, 20, 30)

    def grown(features: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
        return grain(features, (row, 8))

    with torch.no_grad():
        traced = torch.jit.trace(grown, (x[..., :16, :16], torch.tensor(0)))
        for row in (0, 44):
            place = torch.tensor(row)
            torch.testing.assert_close(traced(x, place), grown(x, place), atol=1e-5, rtol=0)
