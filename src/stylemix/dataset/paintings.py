"""The paintings of a run: encoded once by whichever process, and read by all."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.pictures import decode
from stylemix.dataset.sample import Piece
from stylemix.dataset.sources import Source
from stylemix.dataset.storage import STATE, Storage
from stylemix.errors import DataError, PictureError
from stylemix.injections.style import Style
from stylemix.runtime.leaves import flatten, rebuild
from stylemix.stylizers import FeedForward

BLOCK = 32
"""Paintings that are encoded together and kept in one file."""

KEPT_BYTES = 256 * 2**20
"""Memory for encoded paintings in each process; 13 kB are one painting of the model ``film``."""

FOLDER = f"{STATE}/paintings"


@dataclass(frozen=True)
class Paintings:
    """Which paintings there are.

    Attributes:
        source: where they are read.
        pieces: blocks of them, in order.
        fingerprint: tells whether they have changed.
    """

    source: Source
    pieces: tuple[Piece, ...]
    fingerprint: dict[str, Any]

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(piece.count for piece in self.pieces)

    def encode(self, block: int, model: FeedForward, out: Storage) -> None:
        """Encode a block and keep it.

        Raises:
            DataError: a painting can't be read.
        """
        whole = DatasetOptions()
        tensors: dict[str, Tensor] = {}
        names = []
        for number, sample in enumerate(self.source.read(self.pieces[block])):
            name = sample.name + sample.ending
            try:
                if sample.picture is None:
                    raise PictureError(str(sample.problem))
                style = model.encode(decode(sample.picture, whole)[:3])
            except PictureError as problem:
                raise DataError(
                    f"the painting {name} can't be used: {problem}; replace it or remove it "
                    "(which pairs all pictures anew), then start again"
                ) from problem
            names.append(name)
            for leaf, tensor in enumerate(flatten(style.prepared)):
                tensors[f"{number}.{leaf}"] = tensor.cpu().contiguous()
        body = save_tensors(tensors, {"names": json.dumps(names)})
        out.write(f"{FOLDER}/{block:06d}.safetensors", body)


class Styles:
    """Encoded paintings by number; those used last stay in memory.

    Args:
        paintings: which there are.
        model: that encoded them.
        out: where they are kept.
    """

    def __init__(self, paintings: Paintings, model: FeedForward, out: Storage) -> None:
        self._ends = list(accumulate(piece.count for piece in paintings.pieces))
        self._model, self._out = model, out
        # Only for its structure.
        self._like = model.encode_pixels(torch.full((1, 3, 64, 64), 0.5)).prepared
        self._blocks: OrderedDict[int, tuple[list[tuple[str, Style]], int]] = OrderedDict()
        self._bytes = 0

    def __getitem__(self, number: int) -> tuple[str, Style]:
        """Return a painting's name and style."""
        block = bisect_right(self._ends, number)
        if block not in self._blocks:
            found, size = self._read(block)
            self._blocks[block] = found, size
            self._bytes += size
            while self._bytes > KEPT_BYTES and len(self._blocks) > 1:
                self._bytes -= self._blocks.popitem(last=False)[1][1]
        self._blocks.move_to_end(block)
        return self._blocks[block][0][number - (self._ends[block - 1] if block else 0)]

    def _read(self, block: int) -> tuple[list[tuple[str, Style]], int]:
        body = self._out.read(f"{FOLDER}/{block:06d}.safetensors")
        tensors = load_tensors(body)
        length = int.from_bytes(body[:8], "little")
        names: list[str] = json.loads(json.loads(body[8 : 8 + length])["__metadata__"]["names"])
        count = len(flatten(self._like))
        styles = []
        for number, name in enumerate(names):
            leaves = [tensors[f"{number}.{i}"].to(self._model.device) for i in range(count)]
            styles.append((name, Style(rebuild(self._like, leaves), self._model.fingerprint)))
        return styles, len(body)
