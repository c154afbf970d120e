"""Settings for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(2)
settings.register_profile("stylemix", deadline=None, max_examples=25)
settings.load_profile("stylemix")
