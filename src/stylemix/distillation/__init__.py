"""Distillation of VGG-16 into a thin feature network whose maps hold the teacher's linearly."""

from stylemix.distillation.config import DistillConfig
from stylemix.distillation.distiller import Distiller

__all__ = ["DistillConfig", "Distiller"]
