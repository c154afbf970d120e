"""How sure a mean is: percentile bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stylemix.errors import ConfigError


@dataclass(frozen=True)
class Interval:
    """A mean and its interval.

    Attributes:
        mean: of the values.
        low: lower end.
        high: upper end.
        count: number of values.
    """

    mean: float
    low: float
    high: float
    count: int


def mean_interval(
    values: Sequence[float], *, level: float = 0.95, resamples: int = 5000, seed: int = 0
) -> Interval:
    """Return the mean with its percentile bootstrap interval (Efron and Tibshirani, 1993, ch. 13).

    The values are drawn anew with replacement, ``resamples`` times; the interval holds the middle
    ``level`` of the resampled means. It takes the values as independent: where pairs share
    photographs or paintings, the true uncertainty is somewhat larger.

    Args:
        values: at least one finite number.
        level: between 0 and 1.
        resamples: draws.
        seed: of the draws.

    Raises:
        ConfigError: no values, values that aren't finite, or a level out of range.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or not len(data) or not np.isfinite(data).all():
        raise ConfigError("an interval needs a list of at least one finite number")
    if not 0 < level < 1:
        raise ConfigError(f"level must lie between 0 and 1, got {level}")
    draws = np.random.default_rng(seed)
    means = np.empty(resamples)
    chunk = max(1, 1_000_000 // len(data))  # bounds the memory of the drawn indices
    for start in range(0, resamples, chunk):
        stop = min(resamples, start + chunk)
        means[start:stop] = data[draws.integers(len(data), size=(stop - start, len(data)))].mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(data.mean()), float(low), float(high), len(data))
