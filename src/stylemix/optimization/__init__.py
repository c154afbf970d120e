"""Optimisation of a picture through a frozen feature network."""

from __future__ import annotations

from stylemix.backbones import FEATURES
from stylemix.optimization.descent import Descent
from stylemix.optimization.objective import Loss, Losses, MakeLoss
from stylemix.optimization.recipe import Recipe, check_steps
from stylemix.optimization.render import Task, optimize
from stylemix.optimization.space import FeatureSpace, feature_space, shrink

__all__ = [
    "FEATURES",
    "Descent",
    "FeatureSpace",
    "Loss",
    "Losses",
    "MakeLoss",
    "Recipe",
    "Task",
    "check_steps",
    "feature_space",
    "optimize",
    "shrink",
]
