"""Several photographs of one size in one pass, each in styles and at a strength of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from stylemix.generators import mirror, pad_to_multiple
from stylemix.images import from_float, to_float
from stylemix.injections.style import Style, StyleMix
from stylemix.runtime.leaves import flatten, rebuild
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.stylizers.options import Options
from stylemix.stylizers.rendering import with_error
from stylemix.stylizers.request import read_request


@torch.inference_mode()
def draw_batch(
    model: FeedForward,
    content: Tensor,
    styles: Sequence[Sequence[Style]],
    strengths: Sequence[float],
) -> Tensor:
    """Draw photographs of one size.

    Each result is what ``model.stylize`` makes of the photograph with the same styles in equal
    parts and the same strength: for a single photograph exactly, in the model's runtime; for
    several, which pass the network together in PyTorch, up to the rounding of sums in another
    order.

    Args:
        model: for any painting.
        content: [B, 3, H, W], uint8 or float in [0, 1].
        styles: of each photograph, as many for all.
        strengths: of each photograph, from 0 on.

    Returns:
        [B, 3, H, W] of the same type, on the model's device.
    """
    if len(content) == 1:
        request = read_request(content[0], len(styles[0]), Options(strength=strengths[0]))
        return model.draw(request, styles[0])[None].to(model.device)
    strength = torch.tensor(strengths, device=model.device, dtype=torch.float32).view(-1, 1, 1, 1)
    if bool((strength > 1 + 1e-6).any()):
        # As in FeedForward.draw: above 1, the picture is painted over.
        first = draw_batch(model, content, styles, [min(1.0, float(s)) for s in strengths])
        again = draw_batch(model, first, styles, [1.0] * len(content))
        value = torch.lerp(to_float(first), to_float(again), 2 * (strength - 1).clamp_min(0))
        return from_float(value, content.dtype)
    pictures = to_float(content.to(model.device))
    count = len(styles[0])
    mixed = tuple(_stacked([own[k] for own in styles]) for k in range(count))
    weights = (strength / count,) * count
    rest = 1 - strength

    def draw(mix: StyleMix) -> Tensor:
        return from_float(_draw(model, pictures, mix), content.dtype)

    if not bool(rest.abs().max() > 1e-6):
        return draw(StyleMix(mixed, weights))
    # Bytes can be resized on the CPU alone.
    itself = model.encode_pixels(content.cpu() if content.dtype == torch.uint8 else pictures)
    drawn = draw(StyleMix((*mixed, itself), (*weights, rest)))
    # As in FeedForward.draw: what the network misses of the photograph, in its share.
    again = draw(StyleMix.single(itself))
    value = with_error(to_float(drawn), pictures, to_float(again), rest)
    return from_float(value, content.dtype)


def _draw(model: FeedForward, pictures: Tensor, mix: StyleMix) -> Tensor:
    """Run the network on pictures [B, 3, H, W] of any size."""
    generator = model.generator
    height, width = pictures.shape[-2:]
    margin = generator.margin
    pictures = pictures.to(model.dtype)
    inner = mirror(pictures, margin) if margin else pictures
    padded = pad_to_multiple(inner, generator.multiple_of, generator.minimum_size)
    out = generator(padded, mix)
    return out[:, :, margin : margin + height, margin : margin + width].float()


def _stacked(styles: Sequence[Style]) -> Style:
    """Return several encoded styles as one batch of them."""
    first = styles[0]
    leaves = zip(*(flatten(style.prepared) for style in styles), strict=True)
    batch: dict[str, Any] = rebuild(first.prepared, [torch.cat(leaf) for leaf in leaves])
    return Style(batch, first.fingerprint)
