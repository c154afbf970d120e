"""Figures that say how well photographs were stylised."""

from __future__ import annotations

from stylemix.metrics import baselines
from stylemix.metrics.art_inception import ArtInception
from stylemix.metrics.artifacts import Levels, alarms, measure, shift_stability
from stylemix.metrics.bootstrap import Interval, mean_interval
from stylemix.metrics.edges import edge_preservation
from stylemix.metrics.evaluate import evaluate_pairs
from stylemix.metrics.frechet import artfid, frechet_distance
from stylemix.metrics.kernel import kernel_distance
from stylemix.metrics.lpips import LPIPS
from stylemix.metrics.memory import peak_memory
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
from stylemix.metrics.sets import Sets
from stylemix.metrics.sheet import contact_sheet
from stylemix.metrics.strength import psnr

__all__ = [
    "LPIPS",
    "ArtInception",
    "Description",
    "Interval",
    "Levels",
    "Method",
    "Report",
    "Sets",
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
    "kernel_distance",
    "mean_cosine",
    "mean_interval",
    "measure",
    "palette_distance",
    "peak_memory",
    "psnr",
    "ranks",
    "raw_content_loss",
    "raw_style_loss",
    "shift_stability",
    "style_loss",
    "stylizer_method",
    "top",
]
