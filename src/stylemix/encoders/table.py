"""A table of named styles, for networks that know N paintings and no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.encoders.base import StyleEncoder
from stylemix.errors import ConfigError, UnknownNameError
from stylemix.plugins.rules import DISTINCT, NOT_EMPTY, Rule, at_least
from stylemix.types import StyleCode

SIDE = 16
"""Pixels a side of the thumbnails by which paintings are recognised."""

SAME = 0.05
"""Root mean square difference of thumbnails, in units of [0, 1], up to which two pictures are one
painting. Resizing and JPEG compression change a thumbnail by less than 0.01."""


NAME = Rule("that isn't blank at its beginning or end", lambda name: name == name.strip() != "")


class TableEncoder(StyleEncoder):
    """A style is a row of a table (Dumoulin, Shlens and Kudlur, 2017, section 2.2).

    The embedding of style s is a unit vector, so that FiLM behind it is the paper's conditional
    instance normalisation: column s of its weights is free to be that style's gamma and beta at
    every site. With ``dim`` the rows are learned vectors instead, and N styles share ``dim``
    directions.

    A style is chosen by its name. A painting is recognised by a thumbnail of 16 x 16 pixels, which
    the table keeps of each: so whoever hands over pictures, not names, gets the same.

    Args:
        styles: the styles' names, in the order of the rows. ``stylemix train`` fills in the names
            of the paintings' files.
        dim: length of learned rows; None for unit vectors.
    """

    any_painting: ClassVar[bool] = False
    looks: Tensor

    def __init__(
        self,
        *,
        styles: Annotated[Sequence[Annotated[str, NAME]], NOT_EMPTY, DISTINCT] = (),
        dim: Annotated[int, at_least(1)] | None = None,
    ) -> None:
        super().__init__()
        if not styles:
            raise ConfigError(
                'a table needs the names of its styles, such as styles = ["waves", '
                '"night"]; stylemix train takes those of the paintings\' files'
            )
        self.styles = tuple(styles)
        count = len(self.styles)
        self.channels = {"embedding": count if dim is None else dim}
        self.table: Tensor
        if dim is None:
            self.register_buffer("table", torch.eye(count), persistent=False)
        else:
            self.table = nn.Parameter(torch.randn(count, dim))
        # White, and so like no painting, until :meth:`remember` fills it.
        self.register_buffer("looks", torch.ones(count, 3, SIDE, SIDE))

    def forward(self, image: Tensor) -> StyleCode:
        """Recognise paintings [N, 3, H, W] in [0, 1].

        Raises:
            UnknownNameError: a picture is none of the table's paintings.
        """
        return self.rows(self.recognize(image))

    def rows(self, indices: Tensor) -> StyleCode:
        """Return the code of the styles at ``indices``, int64 [N]."""
        return {"embedding": self.table[indices.to(self.table.device)]}

    def recognize(self, image: Tensor) -> Tensor:
        """Return the indices [N] of paintings [N, 3, H, W] in [0, 1].

        Raises:
            UnknownNameError: a picture is none of the table's paintings.
        """
        found = _thumbnail(image)[:, None] - self.looks.float()[None]
        distance, index = found.square().mean((2, 3, 4)).sqrt().min(1)
        if bool((distance > SAME).any()):
            raise UnknownNameError(
                "this model draws in styles of its own, and the picture is the painting of none "
                f"of them: give one of the names {', '.join(self.styles)}, or take a model for "
                "any painting, such as film"
            )
        return index

    @torch.no_grad()
    def remember(self, paintings: Sequence[Tensor]) -> None:
        """Keep a thumbnail of each style's painting, [3, H, W] in [0, 1]; one a row.

        Raises:
            ConfigError: there are more or fewer paintings than styles.
        """
        if len(paintings) != len(self.styles):
            raise ConfigError(
                f"{len(self.styles)} styles need as many paintings, got {len(paintings)}"
            )
        self.looks.copy_(torch.cat([_thumbnail(p[None]) for p in paintings]))


def _thumbnail(image: Tensor) -> Tensor:
    return F.interpolate(
        image.float(), size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )
