"""Rendering in tiles that gives the picture an untiled rendering gives.

Two things make a tile of a feed-forward network differ from the same place of the whole picture:
what a convolution sees beyond the tile's edge, and normalization by the statistics of the tile
instead of the picture. The first goes away with a margin (*halo*) of real pixels around every
tile, cut off afterwards. The second goes away by measuring first: every statistic of the whole
picture is accumulated over the tiles, in the order in which the network asks for them, and given
back to the tiles that are rendered afterwards. Nothing is approximated or blended, so there are
no seams to hide.

Injections that see all of the content at once (``tileable = False``) are run on the whole map of
their stage; only the stages before and behind are cut into tiles then, which is where most of the
memory goes.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from stylemix.errors import ConfigError, MemoryLimitError, StylemixError, out_of_memory
from stylemix.generators.base import Generator, Stage, pad_to_multiple
from stylemix.images import from_float, to_float
from stylemix.injections.base import Injection
from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments
from stylemix.ops.running_statistics import RunningMoments
from stylemix.types import Box, Progress, ProgressEvent


def render_tiled(
    generator: Generator,
    content: Tensor,
    mix: StyleMix,
    tile: int,
    *,
    progress: Progress | None = None,
) -> Tensor:
    """Render a picture in tiles, equal to ``generator(content, mix)`` but for rounding.

    Only whole maps between stages are held, in the memory of ``content``; everything else is as
    large as a tile, but for stages whose injection has to see the whole map at once. Other threads
    may use the generator meanwhile.

    Args:
        generator: on any device; each tile is brought to it.
        content: picture [3, H, W], uint8 or floating point in [0, 1], of any size.
        mix: styles and weights; weight maps are [1, 1, H, W].
        tile: side of a tile in pixels, rounded up to what the generator's strides need.
        progress: is told the tiles done and their total after every tile; what it raises stops
            the rendering and is passed on.

    Returns:
        Picture [3, H, W] of the type and on the device of ``content``.

    Raises:
        ConfigError: when ``tile`` is not positive.
        MemoryLimitError: an injection has to see the whole map at once, and the memory is too
            small for that.
    """
    if tile < 1:
        raise ConfigError(f"tile must be a positive number of pixels, got {tile}")
    with torch.inference_mode():
        return _Rendering(generator, content, mix, tile, progress).run()


class _Rendering:
    """One picture being rendered in tiles."""

    def __init__(
        self,
        generator: Generator,
        content: Tensor,
        mix: StyleMix,
        tile: int,
        progress: Progress | None,
    ) -> None:
        self.content = content
        self.stages = list(generator.stages)
        self.progress = progress
        self.done = self.total = 0
        self.like = next(generator.parameters())
        strides = [stride for s in self.stages for stride in (s.stride_in, s.stride_out)]
        # Tiles and halos are multiples of it, hence whole in every map.
        self.unit = math.lcm(generator.multiple_of, *strides)
        self.minimum_size = generator.minimum_size
        self.height, self.width = (
            _round_up(max(size, self.minimum_size), generator.multiple_of)
            for size in content.shape[-2:]
        )
        self.mix = StyleMix(
            mix.styles,
            tuple(
                w
                if w.shape[-2:] == (1, 1)
                else pad_to_multiple(w, generator.multiple_of, self.minimum_size)
                for w in mix.weights
            ),
            mix.origin,
        )
        self.tiles = Box.tiles(self.height, self.width, tile, self.unit)
        self.measured = [m for m in generator.modules() if isinstance(m, ContentMoments)]

    def run(self) -> Tensor:
        counts = self._count_statistics()
        whole = [_untileable(stage) for stage in self.stages]
        self.total = sum(
            1 if alone else len(self.tiles) * (count + 1)
            for alone, count in zip(whole, counts, strict=True)
        )
        x = self.content
        for stage, count, alone in zip(self.stages, counts, whole, strict=True):
            x = (
                self._render(stage, x, count)
                if alone is None
                else (self._render_at_once(stage, x, alone))
            )
        return x

    def _count_statistics(self) -> list[int]:
        """Learn from a small piece how many statistics of the picture each stage asks for."""
        side = _round_up(max(64, self.minimum_size), self.unit)
        box = Box(0, 0, min(self.height, side), min(self.width, side))
        mix = self.mix.crop(box)
        x = self._read(self.content, box)
        counts = []
        for stage in self.stages:
            statistics = _Statistics(counting=True)
            with statistics.answer_for(self.measured):
                x = stage(x, mix)
            counts.append(statistics.asked)
        return counts

    def _render(self, stage: Stage, source: Tensor, count: int) -> Tensor:
        """Turn the whole input map of a stage into its whole output map."""
        statistics = _Statistics()
        with statistics.answer_for(self.measured):
            for _ in range(count):
                moments: RunningMoments | None = None
                for box in self.tiles:
                    try:
                        self._tile(stage, source, box, statistics)
                    except _Unknown as unknown:
                        moments = moments or unknown.module.running()
                        inner = _inner(unknown.x, box, self._outer(box, stage))
                        places = self._sampled(unknown.module, inner, box)
                        if places.numel():
                            moments.add(places)
                    else:
                        raise StylemixError(
                            "a tile asked for fewer statistics of the content than another; an "
                            "injection has to use its ContentMoments whatever the content is"
                        )
                    self._step()
                assert moments is not None
                statistics.known.append(moments.result())
            out: Tensor | None = None
            for box in self.tiles:
                y = _inner(self._tile(stage, source, box, statistics), box, self._outer(box, stage))
                out = self._write(stage, y[0], box, out)
                self._step()
        assert out is not None
        return out

    def _sampled(self, module: ContentMoments, x: Tensor, box: Box) -> Tensor:
        """Return those places of a tile's features that are measured of the whole picture's."""
        stride = box.height // x.shape[2]
        rows, columns = box.on_map(stride).slices()
        whole = (self.height // stride, self.width // stride)
        return module.sampled(x, whole, (rows.start, columns.start))

    def _render_at_once(self, stage: Stage, source: Tensor, injection: Injection) -> Tensor:
        """Do the same for a stage that can't be cut; it measures its statistics itself."""
        box = Box(0, 0, self.height, self.width)
        try:
            part = self._read(source, box.on_map(stage.stride_in))
            y = _inner(stage(part, self.mix.crop(box)), box, box)
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem):
                raise
            raise MemoryLimitError(
                f"{type(injection).__name__} has to see the whole picture at once, and the memory "
                f"is too small for {self.width} x {self.height} pixels; give a smaller size"
            ) from problem
        out = self._write(stage, y[0], box, None)
        self._step()
        return out

    def _tile(self, stage: Stage, source: Tensor, box: Box, statistics: _Statistics) -> Tensor:
        """Run a stage on one tile and its halo."""
        outer = self._outer(box, stage)
        part = outer.on_map(stage.stride_in)
        statistics.restart()
        y: Tensor = stage(self._read(source, part), self.mix.crop(outer))
        return y

    def _outer(self, box: Box, stage: Stage) -> Box:
        """Return a tile with its halo, as far as the picture goes."""
        halo = _round_up(stage.halo * stage.stride_in, self.unit)
        return box.grown(halo, self.height, self.width)

    def _read(self, source: Tensor, box: Box) -> Tensor:
        """Return a part of a map [C, h, w] as the generator takes it, [1, C, h', w']."""
        rows, columns = box.slices()
        if rows.stop <= source.shape[1] and columns.stop <= source.shape[2]:
            part = source[:, rows, columns]
        else:
            # Only the picture is smaller than its tiles say; its last row and column repeat,
            # as pad_to_multiple has it, without a second copy of the whole picture.
            down = torch.arange(rows.start, rows.stop, device=source.device)
            across = torch.arange(columns.start, columns.stop, device=source.device)
            part = source.index_select(1, down.clamp(max=source.shape[1] - 1))
            part = part.index_select(2, across.clamp(max=source.shape[2] - 1))
        return to_float(part.to(self.like.device), self.like.dtype)

    def _write(self, stage: Stage, y: Tensor, box: Box, out: Tensor | None) -> Tensor:
        """Put one tile into the stage's output map, which the first tile creates."""
        last = stage is self.stages[-1]
        if last:
            y = from_float(y, self.content.dtype)
        if out is None:
            size = (self.height // stage.stride_out, self.width // stage.stride_out)
            out = torch.empty(
                (y.shape[0], *(self.content.shape[1:] if last else size)),
                dtype=y.dtype,
                device=self.content.device,
            )
        rows, columns = box.on_map(stage.stride_out).slices()
        # What lies beyond the last map's edge is the padding of the picture.
        part = out[:, rows, columns]
        part.copy_(y[:, : part.shape[1], : part.shape[2]])
        return out

    def _step(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(ProgressEvent(self.done, self.total))


def _untileable(stage: Stage) -> Injection | None:
    """Return the injection that keeps a stage from being cut into tiles."""
    found = (m for m in stage.modules() if isinstance(m, Injection) and not m.tileable)
    return next(found, None)


def _round_up(value: int, unit: int) -> int:
    return -(-value // unit) * unit


def _inner(x: Tensor, box: Box, outer: Box) -> Tensor:
    """Cut the halo off features [1, C, h, w] that cover ``outer``, leaving what covers ``box``."""
    stride, rest = divmod(outer.height, x.shape[-2])
    if rest or stride * x.shape[-1] != outer.width:
        raise StylemixError(
            f"a map of {x.shape[-2]}x{x.shape[-1]} values does not fit a tile of "
            f"{outer.height}x{outer.width} pixels; a generator's multiple_of has to be divisible "
            "by all its strides, and an injection has to keep the size of its map"
        )
    rows, columns = box.within(outer).on_map(stride).slices()
    return x[..., rows, columns]


class _Unknown(Exception):  # noqa: N818 - a signal, not a fault
    """Ends a tile at the first statistic that is not known yet."""

    def __init__(self, x: Tensor, module: ContentMoments) -> None:
        super().__init__()
        self.x = x
        self.module = module


class _Statistics:
    """The statistics of the whole picture that one stage asks for, in the order it does.

    Hooks answer in place of the modules, and only in the thread that registered them, so that
    nothing has to be changed in the modules and other threads can go on using them.

    Attributes:
        known: the statistics measured so far, as the modules' ``running`` gave them.
        asked: how many statistics have been asked for since the last restart.
    """

    def __init__(self, *, counting: bool = False) -> None:
        self.known: list[tuple[Tensor, Tensor]] = []
        self.counting = counting
        self.thread = threading.get_ident()
        self.restart()

    def restart(self) -> None:
        """Start another tile."""
        self.asked = 0
        self.latest: Tensor | None = None
        self.kind: type[ContentMoments] | None = None

    @contextmanager
    def answer_for(self, modules: Iterable[ContentMoments]) -> Iterator[None]:
        """Let these modules give what is known, and raise :class:`_Unknown` at what is not.

        When only counting, they go on measuring.
        """
        handles = []
        try:
            for module in modules:
                handles.append(module.register_forward_pre_hook(self._before))
                handles.append(module.register_forward_hook(self._after))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _before(self, module: ContentMoments, args: tuple[Tensor, ...]) -> tuple[Tensor] | None:
        if self._is_for_others():
            return None
        (x,) = args
        # Several styles at one site ask the same about the very same features.
        if x is not self.latest or type(module) is not self.kind:
            self.asked += 1
            self.latest, self.kind = x, type(module)
        if self.counting:
            return None
        if self.asked > len(self.known):
            raise _Unknown(x, module)
        # The module's own answer is thrown away: let it measure a single value.
        return (x[..., :1, :1],)

    def _after(
        self, module: ContentMoments, args: tuple[Tensor, ...], output: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor] | None:
        if self.counting or self._is_for_others():
            return None
        return module.known(*self.known[self.asked - 1], output[0])

    def _is_for_others(self) -> bool:
        """Tell whether another thread asks."""
        return threading.get_ident() != self.thread
