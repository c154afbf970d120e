"""Settings for every test."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import torch
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
# Compiled graphs of tests, and of the programs that they start, stay out of the user's folder.
os.environ["STYLEMIX_CACHE_DIR"] = tempfile.mkdtemp(prefix="stylemix-tests-")
atexit.register(shutil.rmtree, os.environ["STYLEMIX_CACHE_DIR"], ignore_errors=True)
if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(2)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell without job control ignores Ctrl-C in what it starts with "&", and so would the
    # programs that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("stylemix", deadline=None, max_examples=25)
settings.load_profile("stylemix")
