"""Profiles of primaries and curves, against those that Adobe and Apple publish."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from color_profiles import LINEAR, PROPHOTO, SRGB, converted
from PIL import Image, ImageCms

from stylemix.images.matrix_profiles import SRGB_CURVE, MatrixSpace
from stylemix.images.profiles import rgb_space

ADOBE = MatrixSpace("Adobe", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), curve=(563 / 256,))
P3 = MatrixSpace("P3", ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)))
REC709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))

COLORANTS = {
    # AdobeRGB1998.icc, and macOS' Display P3.icc.
    "Adobe": [
        [0.60974, 0.31111, 0.01947],
        [0.20528, 0.62567, 0.06087],
        [0.14919, 0.06322, 0.74457],
    ],
    "P3": [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]],
}


@pytest.mark.parametrize("space", [ADOBE, P3], ids=lambda space: space.name)
def test_colorants_are_the_published_ones(space: MatrixSpace) -> None:
    icc = space.profile()
    found: Any = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile
    assert found.profile_description == space.name and found.xcolor_space.strip() == "RGB"
    got = [found.red_colorant[0], found.green_colorant[0], found.blue_colorant[0]]
    # The profiles' own numbers are rounded to 1/65536, their white to four digits.
    np.testing.assert_allclose(got, COLORANTS[space.name], atol=2e-4)
    # Only the published white is that of the profile connection space.
    np.testing.assert_allclose(np.sum(got, 0), [0.9642, 1, 0.8249], atol=1e-4)
    assert icc == space.profile()


def test_curves_lead_to_linear_light() -> None:
    ramp = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    for curve in (SRGB_CURVE, (2.2,), (1.0,)):
        image = Image.fromarray(ramp)
        light = converted(image, MatrixSpace("x", REC709, curve=curve).profile(), LINEAR)
        value = ramp / 255
        expected = value ** curve[0]
        if curve == SRGB_CURVE:
            expected = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        assert np.abs(np.asarray(light) - 255 * expected).max() <= 1


def test_srgb_is_srgb_and_other_whites_are_adapted() -> None:
    space = rgb_space(MatrixSpace("sRGB", REC709).profile())
    assert space is not None and space.is_srgb and space.writable
    wide = MatrixSpace(
        "wide", ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), (0.3457, 0.3585), (1.8,)
    )
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    pair = [converted(Image.fromarray(noise), icc, SRGB) for icc in (wide.profile(), PROPHOTO)]
    assert np.abs(np.subtract(*(np.asarray(p).astype(int) for p in pair))).max() <= 1
