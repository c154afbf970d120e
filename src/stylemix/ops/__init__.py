"""Pure functions of feature maps: statistics, attention, and where a network lies."""

from __future__ import annotations

from stylemix.ops.attention import attend, sample_places
from stylemix.ops.ops import (
    EPSILON,
    ContentCovariance,
    ContentMoments,
    binomial,
    covariance,
    gram,
    moments,
    total_variation,
)
from stylemix.ops.placement import place
from stylemix.ops.running_statistics import RunningCovariance, RunningMoments

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
    "moments",
    "place",
    "sample_places",
    "total_variation",
]
