"""Pre-training of a style encoder: which painting is it, and of which style?"""

from stylemix.training.encoder.config import PretrainConfig
from stylemix.training.encoder.pretrainer import Pretrainer

__all__ = ["PretrainConfig", "Pretrainer"]
