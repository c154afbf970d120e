"""What an injection mechanism implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from stylemix.types import Site, StyleCode


class Injection(nn.Module, ABC):
    """How one style changes the content features at one site of a generator.

    A mechanism implements :meth:`prepare`, which runs once per style picture, and
    :meth:`forward`, which runs at its site. Mixing of styles, masks, strength, tiling and
    batching are the host's business (:class:`stylemix.StyleMix`). Keyword-only parameters of
    ``__init__`` are the mechanism's options in configurations.

    Class attributes:
        slots: the kinds of site it attaches to by default (see :class:`stylemix.Site`).
        sites: glob patterns that narrow those sites down, such as ``("block*",)``.
        self_identity: claims ``forward(x, prepare(x's own code)) == x``.
        content_gradient: False when no gradient flows back into ``x``.
        tileable: False when a value depends on content far away by more than channel statistics;
            its map is kept in one piece then, however large the picture.
        appends_constant: claims that :meth:`forward` leaves the channels of ``x`` as they are, and
            that those it adds hold one value at all places; the host spares their convolution.
        affine: claims that :meth:`forward` is affine in what :meth:`prepare` gave, for any ``x``:
            a mixture of styles that is the same at all places mixes that instead of the outcomes,
            so that K styles cost as much as one.

    Attributes:
        needs: names of the style code that :meth:`prepare` reads; ``"site"`` is the style
            picture's own features at this site.
        extra_channels: how many channels :meth:`forward` adds (``"conv"`` sites only).
        reach: how far, in feature pixels, a value depends on the content around its place, as
            in matching patches (``"map"`` sites only); tiles get a margin as wide.

    Example:
        >>> class Brighten(Injection):
        ...     def prepare(self, style):
        ...         return style["embedding"].mean(1)[:, None, None, None]
        ...
        ...     def forward(self, x, style):
        ...         return x + style
        >>> Brighten(Site("block1.1.norm", "norm", 8, 4), {"embedding": 16}).needs
        ('embedding',)
    """

    slots: ClassVar[tuple[str, ...]] = ("norm",)
    sites: ClassVar[tuple[str, ...]] = ("*",)
    self_identity: ClassVar[bool] = False
    content_gradient: ClassVar[bool] = True
    tileable: ClassVar[bool] = True
    appends_constant: ClassVar[bool] = False
    affine: ClassVar[bool] = False

    needs: tuple[str, ...] = ("embedding",)
    extra_channels: int = 0
    reach: int = 0

    def __init__(self, site: Site, style_channels: Mapping[str, int]) -> None:
        super().__init__()
        self.site = site
        self.style_channels = dict(style_channels)

    @abstractmethod
    def prepare(self, style: StyleCode) -> Any:
        """Turn the code of N styles into what :meth:`forward` needs; never sees the content.

        Args:
            style: the names listed in ``needs``.

        Returns:
            A tensor, or a tuple, list or dict of tensors, each with N as its first dimension.
        """

    @abstractmethod
    def forward(self, x: Tensor, style: Any) -> Tensor:
        """Inject a prepared style.

        Args:
            x: content features [B, C, h, w].
            style: what :meth:`prepare` gave, for N = 1 or N = B styles.

        Returns:
            Features [B, C + extra_channels, h, w].
        """
