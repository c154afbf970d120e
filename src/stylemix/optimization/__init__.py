"""Optimization of a picture through a frozen feature network."""

from __future__ import annotations

from stylemix.backbones import FEATURES
from stylemix.optimization.descent import OPTIMIZERS, Descent
from stylemix.optimization.extractor import FeatureExtractor, feature_extractor, shrink
from stylemix.optimization.picture_loss import Loss, Losses, MakeLoss
from stylemix.optimization.recipe import Recipe
from stylemix.optimization.render import Task, optimize

__all__ = [
    "FEATURES",
    "OPTIMIZERS",
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
]
