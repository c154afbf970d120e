"""Distillation of VGG-16 into a thin feature network whose maps hold the teacher's linearly."""

from stylemix.training.features.config import DistillConfig
from stylemix.training.features.distiller import Distiller

__all__ = ["DistillConfig", "Distiller"]
