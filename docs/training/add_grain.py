"""Give a trained model grain, with amounts that are zero: the same pictures, and more to learn.

``python docs/training/add_grain.py MODEL OUTPUT`` reads a checkpoint folder (or an embedded model's
name) of the generator ``johnson`` and writes one that a training can start from with ``init``.
"""

from __future__ import annotations

import argparse

import stylemix
from stylemix import checkpoint
from stylemix.stylizers import build


def main() -> None:
    """Read, widen, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("output")
    told = parser.parse_args()
    old = stylemix.load(told.model)
    new = build({**old.config, "generator": {**old.config["generator"], "grain": True}})
    state = {**new.state_dict(), **old.state_dict()}  # what is new starts as built: at zero
    new.load_state_dict(state)
    checkpoint.save(new, told.output)


if __name__ == "__main__":
    main()
