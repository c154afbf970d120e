"""What a generator implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.injections.base import Injection
from stylemix.injections.style import StyleMix
from stylemix.types import Site

Attach = Callable[[Site], Mapping[str, Injection]]
"""Given a site, the injections that act there, by name, in their order."""


class Injected(nn.Module):
    """The injections attached to one site, applied one after the other."""

    def __init__(self, site: Site, attach: Attach) -> None:
        super().__init__()
        self.site = site
        self.injections = nn.ModuleDict(attach(site))

    @property
    def extra_channels(self) -> int:
        """How many channels the injections add together."""
        return sum(injection.extra_channels for _, injection in self.attached())

    @property
    def reach(self) -> int:
        """How far, in feature pixels, the injections together see beyond a place."""
        return sum(injection.reach for _, injection in self.attached())

    @property
    def appends_constant(self) -> bool:
        """Whether all that the injections do is to append channels of one value each."""
        return all(injection.appends_constant for _, injection in self.attached())

    def attached(self) -> Iterator[tuple[str, Injection]]:
        """Return the injections by name, in their order."""
        yield from self.injections.items()  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self.injections)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture to features [B, C, h, w]."""
        for name, injection in self.attached():
            x = mix.at(f"{self.site.name}/{name}", injection, x)
        return x


class Stage(nn.Module, ABC):
    """A part of a generator between two maps that tiled rendering keeps whole.

    Attributes:
        stride_in: picture pixels per pixel of the stage's input map.
        stride_out: picture pixels per pixel of its output map.
        halo: how far, in input pixels, one output value sees beyond its own place.
        channels_out: channels of the output map.
    """

    def __init__(self, *, stride_in: int, stride_out: int, halo: int, channels_out: int) -> None:
        super().__init__()
        self.stride_in = stride_in
        self.stride_out = stride_out
        self.halo = halo
        self.channels_out = channels_out

    @abstractmethod
    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn the input map [B, C, h, w] into the output map."""


class Generator(nn.Module, ABC):
    """A network that turns a photograph and a style mixture into a picture.

    Attributes:
        sites: every place where an injection may act.
        stages: the network, part by part.
        multiple_of: height and width must be multiples of this; the host pads and crops.
        minimum_size: the smallest height and width; the host pads and crops.
        margin: how many pixels of its mirror image the host lays around a picture and cuts off
            again, where the network draws a frame at the edges.

    Example:
        >>> from stylemix.generators import Lean
        >>> generator = Lean(lambda site: {}, width=12, blocks=1)
        >>> isinstance(generator, Generator), [s.name for s in generator.sites if s.slot == "map"]
        (True, ['bottleneck', 'block1.out'])
    """

    sites: tuple[Site, ...]
    stages: Sequence[Stage]
    multiple_of: int = 1
    minimum_size: int = 1
    margin: int = 0

    @abstractmethod
    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the generator's own, style-free features of a picture, by site name.

        Args:
            image: [N, 3, H, W] in [0, 1].

        Returns:
            A map [N, C, h, w] for each site where such features exist.
        """

    def forward(self, content: Tensor, mix: StyleMix) -> Tensor:
        """Stylise ``content`` [B, 3, H, W] in [0, 1]; returns [B, 3, H, W] in [0, 1]."""
        x = content
        for stage in self.stages:
            x = stage(x, mix)
        return x


def mirror(x: Tensor, margin: int) -> Tensor:
    """Lay ``margin`` pixels of its mirror image around [..., H, W] of any type and size."""
    for dim in (-2, -1):
        size = x.shape[dim]
        period = max(1, 2 * (size - 1))  # the edge itself is not repeated
        outside = torch.arange(margin, device=x.device)
        before, behind = (
            x.index_select(dim, torch.minimum(place, period - place).clamp_max(size - 1))
            for place in ((outside - margin) % period, (outside + size) % period)
        )
        x = torch.cat([before, x, behind], dim)
    return x


def pad_to_multiple(x: Tensor, multiple: int, minimum: int = 1) -> Tensor:
    """Repeat the last row and column of [B, C, H, W] up to a multiple and a smallest size."""
    height, width = x.shape[-2:]
    bottom = -(-max(height, minimum) // multiple) * multiple - height
    right = -(-max(width, minimum) // multiple) * multiple - width
    return F.pad(x, (0, right, 0, bottom), mode="replicate") if bottom or right else x
