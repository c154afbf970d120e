"""CNN-MRF (Li and Wand, 2016) as a stylemix stylizer."""

from __future__ import annotations

from stylemix import Register, hookimpl
from stylemix_cnnmrf.loss import MarkovLoss
from stylemix_cnnmrf.stylizer import CNNMRF

__all__ = ["CNNMRF", "MarkovLoss"]


@hookimpl
def register_stylizers(register: Register) -> None:
    """Register the method ``cnnmrf``."""
    register("cnnmrf", CNNMRF)
