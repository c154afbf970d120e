"""High dynamic range brought to the range of ordinary screens."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

PQ = 16
"""Transfer characteristic of SMPTE ST 2084, as H.273 numbers it."""
HLG = 18
"""Transfer characteristic of ARIB STD-B67, hybrid log-gamma."""
WHITE = 203.0
"""Candelas per square meter of reference white (ITU-R BT.2408), which becomes nearly white."""

_KNEE = 0.75  # linear light that the highlights are compressed above
_BT2020_TO_BT709 = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ],
    np.float32,
)  # ITU-R BT.2087, inverse of its equation 4
_BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)


def to_sdr(rgb: np.ndarray, transfer: int) -> np.ndarray:
    """Bring a frame of BT.2020 colors to sRGB.

    Light up to three quarters of reference white stays as it is; what is brighter is compressed
    by ``k + (1 - k) u / (1 + u)`` with ``u = (x - k) / (1 - k)``, which is smooth at k and stays
    below 1.

    Args:
        rgb: [H, W, 3] uint16 over the full range.
        transfer: :data:`PQ` or :data:`HLG`.

    Returns:
        [H, W, 3] uint8.
    """
    light = _light(transfer)[rgb]
    if transfer == HLG:
        # BT.2100's display of 1000 cd/m2: gamma 1.2 of the scene's luminance.
        luma = light @ _BT2020_LUMA
        light = light * np.power(np.maximum(luma, 1e-9), 0.2)[..., None] * (1000.0 / WHITE)
    linear = np.maximum(light @ _BT2020_TO_BT709.T, 0)
    over = np.maximum(linear - _KNEE, 0) / (1 - _KNEE)
    rolled = _KNEE + (1 - _KNEE) * over / (1 + over)
    linear = np.where(linear > _KNEE, rolled, linear)
    curved = np.where(
        linear <= 0.0031308,
        12.92 * linear,
        1.055 * np.power(np.maximum(linear, 0.0031308), 1 / 2.4) - 0.055,
    )
    return (curved.clip(0, 1) * 255).round().astype(np.uint8)


@lru_cache(maxsize=2)
def _light(transfer: int) -> np.ndarray:
    """Return linear light for each of 65,536 codes: of the scene (HLG), or in whites (PQ)."""
    code = np.arange(65536, dtype=np.float64) / 65535
    if transfer == PQ:
        # ST 2084, equation 4.1.
        m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
        root = code ** (1 / m2)
        light = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * (10000 / WHITE)
    else:
        # BT.2100, table 5.
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)
