"""Training: from folders of photographs and paintings to a checkpoint."""

from stylemix.training.config import TrainConfig
from stylemix.training.trainer import Trainer

__all__ = ["TrainConfig", "Trainer"]
