"""Training: from folders of photographs and paintings to a checkpoint.

The files here are what all three trainings share; :mod:`~stylemix.training.model` trains a model,
:mod:`~stylemix.training.encoder` a style encoder and :mod:`~stylemix.training.features` a small
feature network.
"""

from __future__ import annotations

from stylemix.training.model import TrainConfig, Trainer

__all__ = ["TrainConfig", "Trainer"]
