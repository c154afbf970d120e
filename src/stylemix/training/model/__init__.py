"""Training of a model: generator, encoder and injections together."""

from __future__ import annotations

from stylemix.training.model.config import TrainConfig
from stylemix.training.model.trainer import Trainer

__all__ = ["TrainConfig", "Trainer"]
