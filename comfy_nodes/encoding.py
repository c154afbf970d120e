"""Paintings to encoded styles, with progress."""

from __future__ import annotations

from torch import Tensor

from stylemix import Style, Stylizer
from stylemix.types import ProgressEvent

from .errors import naming
from .pictures import to_picture
from .progress import NodeProgress


def encode_all(model: Stylizer, paintings: Tensor) -> list[Style]:
    """Encode every painting of a batch [B, H, W, C].

    Raises:
        NodeError: a painting can't be encoded.
        Cancelled: the user has pressed cancel.
    """
    progress = NodeProgress(len(paintings))
    styles = []
    for number, image in enumerate(paintings):
        report = progress.of(number)
        report(ProgressEvent(0, 1))
        with naming(f"painting {number + 1} of {len(paintings)}"):
            styles.append(model.encode(to_picture(image)))
        report(ProgressEvent(1, 1))
    return styles
