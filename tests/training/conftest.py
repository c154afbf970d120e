"""What the tests of the training share."""

from __future__ import annotations

import sys
from pathlib import Path

from runs import one_thread as one_thread

sys.path.insert(0, str(Path(__file__).parent))
