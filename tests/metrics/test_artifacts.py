from __future__ import annotations

import pytest
import torch
from helpers import picture
from scipy import ndimage

from stylemix.errors import ConfigError
from stylemix.metrics.artifacts import (
    Levels,
    alarms,
    blobs,
    border,
    checkerboard,
    measure,
    saturation,
    shift_stability,
)
from stylemix.metrics.artifacts import _count_small as count_small


@pytest.fixture(scope="module")
def photograph():
    noise = torch.randn(3, 96, 120, generator=torch.Generator().manual_seed(0))
    return (picture(1, 96, 120)[0] * 0.6 + 0.2 + 0.01 * noise).clamp(0.1, 0.9)


def raised(image, photograph):
    return {name for name, on in alarms(measure(image), measure(photograph)).items() if on}


def test_nothing_is_raised_by_the_photograph_itself(photograph):
    assert raised(photograph, photograph) == set()


@pytest.mark.parametrize("pattern", ["diagonal", "columns", "rows", "every fourth"])
def test_periodic_patterns_are_a_checkerboard(photograph, pattern):
    rows, columns = torch.arange(96)[:, None], torch.arange(120)[None]
    wave = {
        "diagonal": (-1.0) ** (rows + columns),
        "columns": (-1.0) ** columns + 0 * rows,
        "rows": (-1.0) ** rows + 0 * columns,
        "every fourth": torch.cos(torch.pi / 2 * rows) * (-1.0) ** columns,
    }[pattern]
    assert raised(photograph + 0.03 * wave, photograph) == {"checkerboard"}


def test_noise_and_flat_pictures_are_no_checkerboard():
    noise = torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(1))
    assert checkerboard(noise) < 10
    assert checkerboard(torch.full((3, 64, 64), 0.5)) < 1


def test_spots_are_blobs(photograph):
    calm = 0.3 + 0.3 * photograph  # a spot on a steep slope would not stand out
    spotted = calm.clone()
    for row in range(15, 90, 24):
        for column in range(15, 110, 24):
            spotted[:, row : row + 6, column : column + 6] += 0.4
    added = 4 * 4 / (96 * 120 / 1e6)
    assert blobs(calm) == 0
    assert blobs(spotted) == pytest.approx(added)
    assert "blobs" in raised(spotted, calm)


def test_lines_and_steps_are_no_blobs():
    image = torch.full((3, 96, 96), 0.3)
    image[:, 40:44] = 0.9
    image[:, :, 60:] += 0.1
    assert blobs(image) == 0


def test_small_regions_are_counted_as_scipy_labels_them():
    mask = torch.rand(40, 50, generator=torch.Generator().manual_seed(2)) < 0.15
    label, _ = ndimage.label(mask.numpy(), structure=[[1] * 3] * 3)
    wanted = 0
    for number, (rows, columns) in enumerate(ndimage.find_objects(label), 1):
        fits = max(rows.stop - rows.start, columns.stop - columns.start) <= 7
        wanted += fits and (label == number).sum() >= 2
    assert wanted > 5
    assert count_small(mask[None, None]) == wanted
    assert count_small(torch.zeros(1, 1, 9, 9, dtype=torch.bool)) == 0


def test_saturation_is_the_share_of_clipped_values(photograph):
    image = photograph.clone()
    image[:, :24] = 1.0
    assert saturation(photograph) == 0
    assert saturation(image) == pytest.approx(0.25)
    assert "saturation" in raised(image, photograph)
    assert "saturation" not in raised(image, image)


@pytest.mark.parametrize("side", [0, 1, 2, 3])
def test_a_frame_on_one_side_is_found(photograph, side):
    turned = torch.rot90(photograph, side, (1, 2)).clone()
    turned[:, :4] *= 0.5
    framed = torch.rot90(turned, -side, (1, 2))
    assert border(photograph) < 3 < border(framed)
    assert "border" in raised(framed, photograph)


def test_a_ramp_has_no_frame():
    ramp = torch.linspace(0, 1, 96).expand(3, 64, 96)
    assert border(ramp) == pytest.approx(1, abs=0.01)


def test_gates_and_the_photographs_own_level():
    calm, loud = Levels(2, 0, 0, 1), Levels(500, 500, 0.2, 9)
    assert all(alarms(loud, calm).values())
    assert not any(alarms(loud, loud).values())
    assert not any(alarms(Levels(99, 299, 0.029, 2.9), calm).values())


def test_pointwise_methods_are_stable_and_grid_bound_ones_are_not(photograph):
    assert shift_stability(lambda x: 1 - x, photograph) == 100

    def blocks(x):
        return torch.nn.functional.interpolate(x[None, :, ::4, ::4], x.shape[1:])[0]

    assert shift_stability(blocks, photograph) < 45


def test_shift_stability_is_the_psnr_of_the_inside(photograph):
    def method(x):  # darkens crops only, and leaves the frame out of it
        inside = torch.zeros_like(x)
        inside[:, 4:-4, 5:-5] = 0.1 * (x.shape[1] < 96)
        return x - inside

    assert shift_stability(method, photograph) == pytest.approx(20, abs=1e-3)
    assert shift_stability(method, photograph, result=photograph) == pytest.approx(20, abs=1e-3)


def test_refuses_tiny_pictures():
    with pytest.raises(ConfigError, match="48 x 48"):
        measure(torch.rand(3, 40, 90))
