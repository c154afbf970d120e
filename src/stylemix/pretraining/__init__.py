"""Pre-training of a style encoder: which painting is it, and of which style?"""

from stylemix.pretraining.config import PretrainConfig
from stylemix.pretraining.pretrainer import Pretrainer

__all__ = ["PretrainConfig", "Pretrainer"]
