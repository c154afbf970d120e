"""Photographs seen a second time, a few pixels further and slightly noisy.

A picture that flickers when its photograph moves by a pixel, or gets other strokes for a little
noise, follows its photograph too closely: video and clean skies suffer alike (after the temporal
losses of Ruder et al., 2016, and the noise of Gao et al., "ReCoNet", 2018, without any video).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.generators.grain import white_noise
from stylemix.injections.style import Style, StyleMix
from stylemix.training.model.config import SHIFTED_CROPS
from stylemix.training.model.tensors import map_tensors

LABEL = "shift"
"""Label of the loss, for ``weights`` of a phase."""
WEIGHT = 60.0
"""The loss's weight where a phase names none."""
SHIFT = 3
"""Pixels, at most, that a photograph is shifted by, along each axis and in either direction."""
BORDER = 8
"""Pixels at the edges that are left out of the comparison."""
NOISE = 4 / 255
"""Standard deviation of the noise."""
FIELD = SHIFTED_CROPS[1]
"""Rows and columns of the noise; at least a crop's."""


@dataclass(frozen=True)
class Shifted:
    """The last K photographs of a batch, seen a second time.

    Attributes:
        images: [K, 3, H, W] in [0, 1].
        shift: int64 [2] in ``[-SHIFT, SHIFT]``: rows and columns that they begin further down and
            right than the photographs of the batch.
    """

    images: Tensor
    shift: Tensor


def shift_photographs(wide: Tensor, side: int, shift: Tensor, places: Tensor) -> Shifted:
    """Cut shifted, noisy photographs; nothing is read back from the device.

    Args:
        wide: [K, 3, side + 2 SHIFT, side + 2 SHIFT] in [0, 1]; the batch's photographs are their
            middles.
        side: of a photograph.
        shift: int64 [2] in ``[-SHIFT, SHIFT]``.
        places: int64 [K, 2] in [0, FIELD), where in a fixed field of noise each one's begins.
    """
    steps = torch.arange(side, device=wide.device)
    images = wide.index_select(2, steps + shift[0] + SHIFT)
    images = images.index_select(3, steps + shift[1] + SHIFT)
    rows = (places[:, :1] + steps) % FIELD
    columns = (places[:, 1:] + steps) % FIELD
    noise = _noise(wide.device)[:, rows[:, :, None], columns[:, None, :]].transpose(0, 1)
    return Shifted((images + noise).clamp(0, 1), shift)


def shift_error(found: Tensor, output: Tensor, shift: Tensor) -> Tensor:
    """Measure how far pictures of shifted photographs are from the shifted pictures.

    Args:
        found: the pictures of the shifted photographs, [K, 3, H, W].
        output: the pictures of the same photographs unshifted, [K, 3, H, W].
        shift: int64 [2], see :class:`Shifted`.

    Returns:
        Their mean squared difference without the borders, float32 [].
    """
    wanted = output
    for axis in (2, 3):
        steps = torch.arange(output.shape[axis], device=output.device) + shift[axis - 2]
        wanted = wanted.index_select(axis, steps.clamp(0, output.shape[axis] - 1))
    inner = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    return (found[inner].float() - wanted[inner].float()).square().mean()


def last_rows(mix: StyleMix, count: int) -> StyleMix:
    """Return the mixture of the last samples of a batch.

    Their grain begins at the same place: it stays with the frame when what is seen moves.
    """
    styles = tuple(
        Style(map_tensors(lambda t: t[-count:], s.prepared), s.fingerprint) for s in mix.styles
    )
    weights = tuple(w[-count:] if len(w) > 1 else w for w in mix.weights)
    return StyleMix(styles, weights, mix.origin)


@functools.lru_cache(maxsize=4)
def _noise(device: torch.device) -> Tensor:
    """Make the field of noise, [3, FIELD, FIELD]; once, as a CUDA graph asks for."""
    with torch.inference_mode(False):
        field = torch.stack([white_noise(k, FIELD) for k in range(3)])
        return (field * 3**0.5 * NOISE).to(device)
