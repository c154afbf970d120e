"""Pure functions of feature maps: statistics, attention, and where a network lies."""

from __future__ import annotations

from stylemix.ops.attention import attend, sample_positions
from stylemix.ops.distributions import (
    order_statistics,
    quantiles,
    sorted_projections,
    unit_vectors,
)
from stylemix.ops.grams import gram, gram_error, gram_sum
from stylemix.ops.ops import (
    EPSILON,
    ContentCovariance,
    ContentMoments,
    binomial,
    covariance,
    is_large,
    measured_as,
    moments,
    total_variation,
)
from stylemix.ops.placement import (
    has_bfloat16,
    has_float64,
    place,
    usable_device,
    usable_precision,
)
from stylemix.ops.running_statistics import RunningCovariance, RunningMoments
from stylemix.ops.streams import stream

__all__ = [
    "EPSILON",
    "ContentCovariance",
    "ContentMoments",
    "RunningCovariance",
    "RunningMoments",
    "attend",
    "binomial",
    "covariance",
    "gram",
    "gram_error",
    "gram_sum",
    "has_bfloat16",
    "has_float64",
    "is_large",
    "measured_as",
    "moments",
    "order_statistics",
    "place",
    "quantiles",
    "sample_positions",
    "sorted_projections",
    "stream",
    "total_variation",
    "unit_vectors",
    "usable_device",
    "usable_precision",
]
