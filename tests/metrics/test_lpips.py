"""LPIPS against equation 1 of Zhang et al. (2018), written out in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from safetensors.torch import save_file
from torchvision.models import alexnet

from stylemix.errors import ConfigError, WeightsError
from stylemix.metrics.lpips import CHANNELS, LPIPS


@pytest.fixture(scope="module")
def trunk():
    torch.manual_seed(0)
    return alexnet(weights=None).eval()


@pytest.fixture(scope="module")
def files(trunk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lpips")
    torch.save(trunk.state_dict(), folder / "alexnet.pth")
    torch.manual_seed(1)
    save_file(
        {f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1) for i, c in enumerate(CHANNELS)},
        folder / "lin.safetensors",
    )
    return folder / "alexnet.pth", folder / "lin.safetensors"


@pytest.fixture(scope="module")
def distance(files):
    return LPIPS.load(*files)


def reference(a, b, trunk, weights):
    """Take the maps by hooks, and sum in float64."""
    maps: list[list[np.ndarray]] = [[], []]
    shift, scale = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    for found, image in zip(maps, (a, b), strict=True):
        x = (image[0].double().numpy().transpose(1, 2, 0) * 2 - 1 - shift) / scale
        x = torch.from_numpy(x.transpose(2, 0, 1)[None]).float()
        with torch.no_grad():
            for number, module in enumerate(trunk.features):
                x = module(x)
                if number in (1, 4, 7, 9, 11):
                    found.append(x[0].double().numpy().copy())
    total = 0.0
    for y, z, w in zip(*maps, weights, strict=True):
        unit = [m / np.sqrt((m**2).sum(0, keepdims=True) + 1e-20) for m in (y, z)]
        total += ((unit[0] - unit[1]) ** 2 * w[:, None, None]).sum(0).mean()
    return total


def test_equals_the_equation(distance, trunk):
    a, b = picture(1, 64, 80), picture(2, 64, 80)
    weights = [w.detach().double().numpy() for w in distance.weights]
    assert float(distance(a, b)) == pytest.approx(reference(a, b, trunk, weights), rel=1e-4)


def test_each_pair_of_a_batch_has_its_own(distance):
    a, b = (torch.cat([picture(s, 40, 40), picture(s + 5, 40, 40)]) for s in (1, 2))
    found = distance(a, b)
    for i in range(2):
        assert float(found[i]) == pytest.approx(
            float(distance(a[i : i + 1], b[i : i + 1])), rel=1e-5
        )


def test_zero_for_equal_and_alike_both_ways(distance):
    a, b = picture(1, 48, 48), picture(2, 48, 48)
    assert float(distance(a, a)) == 0
    assert float(distance(a, b)) == pytest.approx(float(distance(b, a)), rel=1e-6)
    near = float(distance(a, (a + 0.02 * picture(3, 48, 48)).clamp(0, 1)))
    assert 0 < near < float(distance(a, b))


def test_refuses_other_sizes_and_files(distance, files, tmp_path):
    with pytest.raises(ConfigError, match="one size"):
        distance(picture(1, 48, 48), picture(1, 48, 52))
    with pytest.raises(ConfigError, match="35 pixels"):
        distance(picture(1, 32, 32), picture(2, 32, 32))
    with pytest.raises(WeightsError, match=r"lin0\.model\.1\.weight"):
        LPIPS.load(files[0])
    with pytest.raises(WeightsError, match=r"features\.0"):
        LPIPS.load(files[1])
