"""Data sets by the million: stylised copies for training, on one machine or a cluster.

The order of things: a *source* (``sources/``) is scanned into pieces; ``plan.py`` makes a unit of
each; an *engine* (``engine.py``) reads a unit, decodes, draws and encodes it, with paintings that
``pairing.py`` draws from seed, name and copy number; a *target* (``targets/``) writes its files,
whole or not at all; ``state.py`` notes it as done. Who does that, this process (``running.py``),
several (``pool.py``) or a cluster (``cluster.py``), makes no difference to a byte.
"""

from __future__ import annotations

from stylemix.dataset.run import DatasetReport, stylize_dataset

__all__ = ["DatasetReport", "stylize_dataset"]
