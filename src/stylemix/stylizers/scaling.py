"""Strokes of a chosen size: drawn small, enlarged, and drawn finer where the enlargement is soft.

A network's strokes have a fixed size in pixels, so that one pass makes a large picture of small
dabs. Here the first pass sees the photograph at a fixed size and decides where colors and strokes
go. What it drew is enlarged in a few steps; each brings back the photograph's detail where the
drawing follows the photograph (a joint upsampling by local linear models: He and Sun, "Fast Guided
Filter", 2015), lets the network draw the photograph at the larger size, and takes from that only
what is finer than the step before. At last the result is set right so that, brought down to the
first size, it is what the first pass drew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import Cancelled
from stylemix.images import from_float, resize, to_float
from stylemix.images.color import luma
from stylemix.images.resizing import resample
from stylemix.stylizers.progress import part_of
from stylemix.stylizers.rendering import bands, rows_of
from stylemix.stylizers.request import Request

LONG_SIDE = 512
"""Pixels of the long side at which a scale of 1 is what one pass draws."""

TOP_SHARE = 0.75
"""Side of the largest drawn-over picture, as a share of the result's. The last third of an octave
comes from the photograph alone, at half of the cost."""

TOP_PIXELS = 3_000_000
"""Pixels of the largest drawn-over picture at most, which bounds time and memory for prints."""

STEP = 2.4
"""By how much a step enlarges at most; more leaves soft strokes."""

KEPT = 0.85
"""What a pass may not change: detail that a picture of this share of the previous step's size can
show. Less gives crisper strokes, and large pictures that differ more from small ones: see
docs/strokes.md."""

SHARPENING = 1.25
"""How much of its difference to the mean of 3 x 3 pixels is added to what was drawn last, which the
last enlargement would leave soft."""

RADIUS = 2
"""Of the windows in which the drawing is compared with the photograph, in pixels of the drawing;
:func:`_five` is made for it."""

EPSILON = 1e-3
"""Variance below which a window is flat; there the photograph's detail comes back unchanged."""

GAINS = (-1.0, 1.5)
"""Least and largest gain of the photograph's detail; more would show as halos."""


Join = Callable[..., Tensor]
"""Joins two tensors to one, such as ``torch.maximum``; takes ``out``."""

Draw = Callable[[Request], Tensor]
"""Draws a request's photograph: [3, H, W] of its size."""


def draw_at_scale(request: Request, scale: float, first: Draw, again: Draw | None) -> Tensor:
    """Draw a photograph in strokes of a size relative to the picture.

    Args:
        request: the photograph and its weights; at least one style holds somewhere.
        scale: 1 for the strokes that one pass gives a picture of :data:`LONG_SIDE` pixels, 2 for
            strokes twice as large.
        first: draws the photograph at the size that decides the strokes.
        again: draws it at larger sizes, for the fine detail; None leaves that out.

    Returns:
        [3, H, W] of the photograph's size and type.

    Raises:
        Cancelled: ``request.progress`` raised it; its ``picture`` is what was reached, enlarged.
    """
    content, rest = request.content.pixels, request.content_weight
    sides = drawn_sides(request.content.size, scale)
    if again is None:
        sides = sides[:1]
    seen = _resized(request, sides[0])
    try:
        drawn = first(replace(seen, progress=part_of(request.progress, 0, len(sides))))
    except Cancelled as stopped:
        if stopped.picture is not None:
            stopped.picture = stopped.picture.resize((content.shape[2], content.shape[1]))
        raise
    if sides[0] >= max(request.content.size):
        return resize(drawn, long_side=max(request.content.size))
    decided = drawn
    for number, side in enumerate(sides[1:], 1):
        larger = _resized(request, side)
        start = add_detail(drawn, seen.content.pixels, to_float(larger.content.pixels)[0])
        assert again is not None
        progress = part_of(request.progress, number, len(sides))
        # The photograph and not ``start``: where a picture is smooth, a network hatches it.
        painted = to_float(again(replace(larger, progress=progress)))[0]
        drawn = add_finer(start, painted, KEPT * max(seen.content.size) / side)
        seen = larger
    if len(sides) > 1:
        drawn = sharpened(drawn, SHARPENING)
    return matched(add_detail(drawn, seen.content.pixels, content, rest), decided, rest)


def drawn_sides(size: tuple[int, int], scale: float) -> list[int]:
    """Return the long sides in pixels of the pictures that are drawn, the one that decides first.

    Args:
        size: height and width of the result.
        scale: see :func:`draw_at_scale`.
    """
    long, first = max(size), max(1, round(LONG_SIDE / scale))
    top = min(TOP_SHARE, math.sqrt(TOP_PIXELS / (size[0] * size[1]))) * long
    # A pass over less than a quarter more than the last would cost much and add little.
    if top < 1.25 * first:
        return [first]
    steps = math.ceil(math.log(top / first) / math.log(STEP))
    return [first] + [round(first * (top / first) ** (k / steps)) for k in range(1, steps + 1)]


def add_detail(
    drawn: Tensor, seen: Tensor, content: Tensor, content_weight: Tensor | None = None
) -> Tensor:
    """Enlarge a drawing to the photograph's size, with the photograph's detail in it.

    In small windows the drawing is a linear function of the photograph's luminance, ``y = a l + b``
    with ``a = (cov(y, l) + e) / (var(l) + e)`` per color channel, and what is left of it stays in
    ``b``. ``a`` and ``b`` are enlarged and applied to the large photograph: an edge that both have
    is sharp, in the drawing's colors and with its sign; a stroke that only the drawing has is
    enlarged as it is; where both are flat the photograph's texture comes back.

    Args:
        drawn: [3, h, w].
        seen: the photograph at the drawing's size.
        content: the photograph [3, H, W].
        content_weight: the photograph's share, [1, 1, H, W] or [1, 1, 1, 1]; where it is 1, the
            photograph itself is returned.

    Returns:
        [3, H, W] of the type of ``content``.
    """
    lines = _linear_model(to_float(drawn)[0], luma(to_float(seen)[0]))
    height, width = content.shape[-2:]
    result = torch.empty_like(content)
    for part in bands(height, width):
        own = to_float(content[:, part])[0]
        offset, gain = _enlarged_rows(lines, height, width, part).split(3)
        value = torch.addcmul(offset, gain, luma(own)).clamp_(0, 1)
        if content_weight is not None:
            value = torch.lerp(value, own, _untouched(content_weight, part))
        result[:, part] = from_float(value, result.dtype)
    return result


def matched(large: Tensor, small: Tensor, content_weight: Tensor | None = None) -> Tensor:
    """Return a picture that, brought down to the size of another, is nearly that one.

    What the large one lacks at the small one's size is enlarged and added: one step of iterative
    back-projection (Irani and Peleg, "Improving Resolution by Image Registration", 1991).

    Args:
        large: [3, H, W]; changed in place.
        small: [3, h, w].
        content_weight: where it is 1, nothing is changed; see :func:`add_detail`.
    """
    height, width = large.shape[-2:]
    own_height, own_width = small.shape[-2:]
    brought_down = to_float(resample(large, own_height, own_width, "bicubic"))[0]
    lacking = to_float(small)[0] - brought_down
    for part in bands(height, width):
        change = _enlarged_rows(lacking, height, width, part)
        if content_weight is not None:
            change *= 1 - _untouched(content_weight, part)
        large[:, part] = from_float(to_float(large[:, part])[0] + change, large.dtype)
    return large


def _untouched(content_weight: Tensor, rows: slice) -> Tensor:
    """Return how much of the photograph's own pixels stays in some rows, [1, h, W] or [1, 1, 1]."""
    return rows_of(content_weight, rows)[0].clamp(0, 1) ** 4


def add_finer(start: Tensor, painted: Tensor, kept: float) -> Tensor:
    """Return a picture with what another one has in detail that is finer than a size.

    Args:
        start: [3, H, W] in [0, 1].
        painted: of the same size.
        kept: share of the size below which ``start`` is kept.

    Returns:
        [3, H, W] in [0, 1], float32.
    """
    change = (painted - start)[None]
    height, width = start.shape[-2:]
    small = [max(1, round(kept * height)), max(1, round(kept * width))]
    coarse = F.interpolate(change, small, mode="bicubic", antialias=True)
    change -= F.interpolate(coarse, (height, width), mode="bicubic", antialias=True)
    return change[0].add_(start).clamp_(0, 1)


def sharpened(image: Tensor, amount: float) -> Tensor:
    """Return a picture with steeper edges: an unsharp mask that makes no halos.

    No value leaves the range of the 5 x 5 pixels around it.

    Args:
        image: [3, H, W] in [0, 1].
        amount: of the difference to the mean of 3 x 3 pixels that is added.
    """
    mean = F.avg_pool2d(image[None], 3, 1, 1, count_include_pad=False)[0]
    sharp = image + amount * (image - mean)
    lowest = _windows(image, torch.minimum, torch.inf)
    return torch.minimum(
        torch.maximum(sharp, lowest, out=sharp), _windows(image, torch.maximum, -torch.inf)
    )


def _linear_model(drawn: Tensor, light: Tensor) -> Tensor:
    """Return offset and gain, [6, h, w], by which ``drawn`` is made of the luminance ``light``."""
    mean_light = _mean(light)
    variance = _mean(light * light).addcmul_(mean_light, mean_light, value=-1).clamp_min_(0)
    gain = _mean(drawn * light).addcmul_(_mean(drawn), mean_light, value=-1).add_(EPSILON)
    gain = _mean(gain.div_(variance.add_(EPSILON)).clamp_(*GAINS))
    return torch.cat([torch.addcmul(drawn, gain, light, value=-1), gain])


def _mean(x: Tensor) -> Tensor:
    """Return the mean of each 5 x 5 window of a map [C, h, w]; windows are cut at the edges."""
    counts = [_five(x.new_ones(size), 0, torch.add, 0) for size in x.shape[-2:]]
    return _windows(x, torch.add, 0).div_(counts[0][:, None] * counts[1])


def _windows(x: Tensor, join: Join, outside: float) -> Tensor:
    """Return what the 5 x 5 pixels around each place of a map [C, h, w] are joined to."""
    return _five(_five(x, 2, join, outside), 1, join, outside)


def _five(x: Tensor, dim: int, join: Join, outside: float) -> Tensor:
    """Join every value with its two neighbors on both sides along a dimension.

    Three joins of whole maps, by pairs and pairs of pairs: a pooling takes five to ten times as
    long on a CPU.
    """
    padding = [0, 0] * (x.ndim - 1 - dim) + [RADIUS, RADIUS]
    x = F.pad(x, padding, value=outside)
    size = x.shape[dim] - 2 * RADIUS
    pairs = join(x.narrow(dim, 0, size + 2), x.narrow(dim, 1, size + 2))
    fours = join(pairs.narrow(dim, 0, size), pairs.narrow(dim, 2, size))
    return join(fours, x.narrow(dim, 4, size), out=fours)


def _enlarged_rows(x: Tensor, height: int, width: int, rows: slice) -> Tensor:
    """Return some rows of a map enlarged to a size by Keys' cubic convolution with a = -0.5.

    Args:
        x: [C, h, w], no larger than the size.
        height: of the whole result.
        width: of the whole result.
        rows: which; neither end is None.
    """
    numbers = torch.arange(rows.start, rows.stop, device=x.device, dtype=torch.float32)
    places = (numbers + 0.5) * (x.shape[1] / height)
    below = (places - 0.5).floor()
    t = (places - 0.5 - below)[:, None]
    first, *others = zip(
        range(-1, 3), (_far(t + 1), _near(t), _near(1 - t), _far(2 - t)), strict=True
    )

    def moved(by: int) -> Tensor:
        return x.index_select(1, (below.long() + by).clamp_(0, x.shape[1] - 1))

    total = moved(first[0]).mul_(first[1])
    for by, weight in others:
        total.addcmul_(moved(by), weight)
    # Antialiased, it has the same kernel, and takes a third of the time: one dimension at a time.
    size = (total.shape[1], width)
    return F.interpolate(total[None], size, mode="bicubic", antialias=True)[0]


def _near(t: Tensor) -> Tensor:
    return (1.5 * t - 2.5) * t * t + 1


def _far(t: Tensor) -> Tensor:
    return ((-0.5 * t + 2.5) * t - 4) * t + 2


def _resized(request: Request, side: int) -> Request:
    """Return a request for the same picture with its long side at a number of pixels."""
    content = request.content.resized(side)
    return replace(
        request,
        content=content,
        style_weights=tuple(_fit(w, content.size) for w in request.style_weights),
        content_weight=_fit(request.content_weight, content.size),
    )


def _fit(weight: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring a weight map to a size; sums of maps stay what they are."""
    if weight.shape[-2:] in ((1, 1), size):
        return weight
    return F.interpolate(weight, size, mode="bilinear", antialias=True)
