"""Which photograph is stylised with which painting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stylemix.errors import ConfigError


def deal_pairs(
    contents: int, styles: int, *, each: int = 4, seed: int = 0
) -> list[tuple[int, int]]:
    """Deal every photograph some paintings, all different.

    A painting is used at most once more than any other.

    Args:
        contents: number of photographs.
        styles: number of paintings.
        each: paintings per photograph; all of them where there are fewer.
        seed: of the order.

    Returns:
        Indices (content, style), photograph by photograph.

    Raises:
        ConfigError: a number below 1.
    """
    if min(contents, styles, each) < 1:
        raise ConfigError(
            "pairs need at least one photograph and one painting each, got "
            f"{contents} photographs, {styles} paintings and {each} each"
        )
    draws = np.random.default_rng(seed)
    used = np.zeros(styles, dtype=np.int64)
    pairs = []
    for content in range(contents):
        # The least used come first, in random order among equals.
        chosen = np.lexsort((draws.random(styles), used))[: min(each, styles)]
        used[chosen] += 1
        pairs += [(content, int(style)) for style in chosen]
    return pairs


def check_pairs(
    pairs: Sequence[tuple[int, int]], contents: int, styles: int
) -> list[tuple[int, int]]:
    """Return the pairs as a list.

    Raises:
        ConfigError: there are none, or one names a picture that isn't there.
    """
    found = [(int(i), int(j)) for i, j in pairs]
    if not found:
        raise ConfigError("the list of pairs is empty; leave it out to have pairs dealt")
    for i, j in found:
        if not (0 <= i < contents and 0 <= j < styles):
            raise ConfigError(
                f"the pair ({i}, {j}) is out of range: there are {contents} "
                f"photographs and {styles} paintings, counted from 0"
            )
    return found
