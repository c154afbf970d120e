"""Figures that say how well photographs were stylised."""

from __future__ import annotations

from stylemix.metrics import baselines
from stylemix.metrics.artefacts import Levels, alarms, measure, shift_stability
from stylemix.metrics.bootstrap import Interval, mean_interval
from stylemix.metrics.edges import edge_preservation
from stylemix.metrics.evaluate import evaluate_pairs
from stylemix.metrics.frechet import artfid, frechet_distance
from stylemix.metrics.methods import Method, StylizerMethod, stylizer_method
from stylemix.metrics.pairs import deal_pairs
from stylemix.metrics.palette import palette_distance
from stylemix.metrics.perceptual import (
    Description,
    content_loss,
    describe,
    raw_content_loss,
    raw_style_loss,
    style_loss,
)
from stylemix.metrics.report import Report
from stylemix.metrics.retrieval import gram_cosine, inception_means, mean_cosine, ranks, top
from stylemix.metrics.sheet import contact_sheet

__all__ = [
    "Description",
    "Interval",
    "Levels",
    "Method",
    "Report",
    "StylizerMethod",
    "alarms",
    "artfid",
    "baselines",
    "contact_sheet",
    "content_loss",
    "deal_pairs",
    "describe",
    "edge_preservation",
    "evaluate_pairs",
    "frechet_distance",
    "gram_cosine",
    "inception_means",
    "mean_cosine",
    "mean_interval",
    "measure",
    "palette_distance",
    "ranks",
    "raw_content_loss",
    "raw_style_loss",
    "shift_stability",
    "style_loss",
    "stylizer_method",
    "top",
]
