"""Optimization of a picture through a frozen feature network."""

from __future__ import annotations

from stylemix.backbones import FEATURES
from stylemix.optimization.descent import Descent
from stylemix.optimization.extractor import FeatureExtractor, feature_extractor, shrink
from stylemix.optimization.objective import Loss, Losses, MakeLoss
from stylemix.optimization.recipe import Recipe
from stylemix.optimization.render import Task, optimize
from stylemix.optimization.tiles import HALO, STRIDES, split

__all__ = [
    "FEATURES",
    "HALO",
    "STRIDES",
    "Descent",
    "FeatureExtractor",
    "Loss",
    "Losses",
    "MakeLoss",
    "Recipe",
    "Task",
    "feature_extractor",
    "optimize",
    "shrink",
    "split",
]
