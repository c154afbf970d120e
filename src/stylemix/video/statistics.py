"""Normalization statistics smoothed over time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from stylemix.ops import ContentMoments

_Key = tuple[ContentMoments, int]


class SmoothStatistics:
    """Let a network normalize a frame by a running mean of this and former frames' statistics.

    Instance normalization depends on the whole picture: what enters the scene at one side changes
    the colors at the other. Averaged over time, such a change comes slowly instead of at once.
    Networks without normalization, and tiles, whose statistics are measured elsewhere, stay as
    they are. The network must run in PyTorch, not compiled.

    Args:
        network: its :class:`stylemix.ops.ContentMoments` are used, whatever else it is.
        keep: share of the former frames in the statistics, from 0 to below 1.
    """

    def __init__(self, network: nn.Module, keep: float) -> None:
        self._modules = [m for m in network.modules() if type(m) is ContentMoments]
        self._keep = keep
        self._former: dict[_Key, tuple[Tensor, Tensor]] = {}
        self._calls: dict[ContentMoments, int] = {}

    def reset(self) -> None:
        """Forget the former frames, at a cut."""
        self._former.clear()

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Smooth the statistics that this thread measures within the block, those of one frame."""
        thread = threading.get_ident()
        self._calls.clear()

        def after(
            module: ContentMoments, args: tuple[Tensor, ...], measured: tuple[Tensor, Tensor]
        ) -> tuple[Tensor, Tensor] | None:
            if threading.get_ident() != thread:
                return None
            return self._smooth(module, measured)

        handles = [m.register_forward_hook(after) for m in self._modules]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _smooth(
        self, module: ContentMoments, measured: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        # A frame may take several passes of the network; each is smoothed with its like.
        call = self._calls.get(module, 0)
        self._calls[module] = call + 1
        former = self._former.get((module, call))
        if former is not None:
            mean, std = (
                torch.lerp(new, old, self._keep) for new, old in zip(measured, former, strict=True)
            )
            measured = mean, std
        self._former[module, call] = measured
        return measured
