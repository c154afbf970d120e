"""Paintings whose folders name their style, brought to one size."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from torch import Tensor

from stylemix.errors import DataError
from stylemix.images import resize
from stylemix.training.data import Found, find_pictures, read_found

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Paintings:
    """Labelled paintings, ordered by name.

    Attributes:
        pictures: uint8 [3, H, W], all of one short side.
        labels: the number of each one's style.
        names: ``"label/file"``, all different.
        styles: the labels by number, in the order of the alphabet.
    """

    pictures: list[Tensor]
    labels: list[int]
    names: list[str]
    styles: tuple[str, ...]


def read_paintings(
    sources: Sequence[str | os.PathLike[str]],
    side: int,
    *,
    smallest_style: int = 2,
    limit: int = 0,
    progress: bool = False,
) -> Paintings:
    """Read paintings from folders, globs and tar shards.

    A painting's label is the name of the folder that it lies in, below the source or inside the
    shard. Left out with a warning: paintings without such a folder, a second one of the same
    label and name (it would land on both sides of a split), unreadable ones, small styles.

    Args:
        sources: where to look.
        side: short side in pixels that every painting is brought to.
        smallest_style: styles with fewer paintings are left out.
        limit: read only so many, spread evenly over all; 0 reads all.
        progress: show a bar.

    Raises:
        DataError: nothing is found or readable, or fewer than two styles are left.
    """
    named: dict[str, Found] = {}
    loose, twice = [], []
    for item in find_pictures(sources, what="style"):
        path = PurePosixPath(item.inside)
        name = f"{path.parent.name}/{path.name}"
        if not path.parent.name:
            loose.append(item.name)
        elif name in named:
            twice.append(item.name)
        else:
            named[name] = item
    _say(loose, "they lie in no folder that names their style")
    _say(twice, "another painting of that style has the same name")
    names = _of_large_styles(sorted(named), smallest_style)
    if limit and limit < len(names):
        names = [names[i * len(names) // limit] for i in range(limit)]
    small: list[int] = []

    def equal(rgb: Tensor) -> Tensor:
        own = min(rgb.shape[-2:])
        if own < side:
            small.append(own)
        return resize(rgb, short_side=side) if own != side else rgb

    read = read_found([named[n] for n in names], equal, what="style", progress=progress)
    if small:
        log.warning(
            "%d paintings are smaller than data.side = %d and were enlarged, which can "
            "give their style away; the smallest is %d",
            len(small),
            side,
            min(small),
        )
    by_item = {named[n]: n for n in names}
    pictures = {by_item[item]: picture for item, picture in read}
    # Again, since a limit or unreadable files may have left too few of a style.
    kept = _of_large_styles(list(pictures), min(smallest_style, 2) if limit else smallest_style)
    styles = tuple(sorted({_label(n) for n in kept}))
    return Paintings(
        [pictures[n] for n in kept], [styles.index(_label(n)) for n in kept], kept, styles
    )


def _label(name: str) -> str:
    return name.split("/", 1)[0]


def _of_large_styles(names: list[str], smallest: int) -> list[str]:
    count = Counter(map(_label, names))
    few = [style for style in count if count[style] < smallest]
    _say(
        [f"{style} ({count[style]})" for style in few],
        f"these styles have fewer than {smallest} paintings",
    )
    if len(count) - len(few) < 2:
        raise DataError(
            f"data.style has {len(count)} folders with pictures, and "
            f"{len(count) - len(few)} with at least {smallest}: give one folder per "
            "style, two at least, named after it (or lower data.smallest_style)"
        )
    return [n for n in names if count[_label(n)] >= smallest]


def _say(left_out: list[str], why: str) -> None:
    if left_out:
        more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
        log.warning("left out %s%s: %s", ", ".join(left_out[:5]), more, why)
