"""What one process does: decode, draw and encode the samples of a unit, all at once.

A batch holds pictures of one size in the order of the plan, and which they are depends on nothing
but the plan and the samples: never on the clock, on other processes or on where a run was
interrupted. So a unit's bytes are the same whoever draws it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from stylemix.dataset.batching import Batcher, Waiting
from stylemix.dataset.model import single_threaded
from stylemix.dataset.paintings import Styles
from stylemix.dataset.pairing import pair
from stylemix.dataset.pictures import decode, encode, ending
from stylemix.dataset.plan import Setup
from stylemix.dataset.sample import Output, Sample, Unit
from stylemix.dataset.state import write_record
from stylemix.errors import DataError, MemoryLimitError, PictureError, out_of_memory
from stylemix.stylizers import draw_batch

DECODERS = 2
"""Threads that decode. They wait for files most of the time, and Pillow frees the interpreter."""

AHEAD = 8
"""Pictures that are decoded, or wait to be encoded, beside those of a batch."""


class Stopped(Exception):  # noqa: N818 - a wish, not a fault
    """The run was asked to stop; the unit is left for the next one."""


@dataclass(frozen=True)
class _Decoded:
    position: int
    sample: Sample
    pixels: Tensor


class Engine:
    """Does the work of a run, piece by piece, in one thread of arithmetic.

    Args:
        setup: the run's.
        fail_fast: raise an error for the first sample that can't be read.
        report: called with the number of results whenever some are drawn.
        stopped: asked between pictures whether to stop.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        fail_fast: bool = False,
        report: Callable[[int], object] = lambda count: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        single_threaded()
        self.setup = setup
        self.fail_fast = fail_fast
        self._report, self._stopped = report, stopped
        self._model = setup.model.load()
        self._styles: Styles | None = None

    def encode_paintings(self, block: int) -> None:
        """Encode a block of paintings and keep it.

        Raises:
            DataError: a painting can't be read.
        """
        self._check()
        self.setup.paintings.encode(block, self._model, self.setup.out)

    def stylize(self, unit: Unit) -> None:
        """Make the results of a unit, write them, and its record after them.

        Raises:
            DataError: a file can't be read or written, or with ``fail_fast`` a sample can't.
            MemoryLimitError: the memory is full.
            Stopped: ``stopped`` said so.
        """
        try:
            outputs, failures = self._results(unit)
        except (RuntimeError, MemoryError) as problem:
            if isinstance(problem, MemoryLimitError) or not out_of_memory(problem):
                raise
            raise MemoryLimitError(
                "the memory is full: give fewer workers, a smaller size or a smaller batch; the "
                "same command goes on"
            ) from problem
        self._check()
        files = self.setup.target.write(unit, outputs)
        self.setup.out.settle(files)
        write_record(self.setup.out, unit, len(outputs), failures)

    def _check(self) -> None:
        if self._stopped():
            raise Stopped

    def _results(self, unit: Unit) -> tuple[list[Output], list[dict[str, str]]]:
        options = self.setup.options
        made: dict[tuple[int, int], tuple[Output, Future[bytes]]] = {}
        problems: dict[int, tuple[str, str]] = {}
        batcher = Batcher(options.batch)
        with ThreadPoolExecutor(DECODERS) as decoding, ThreadPoolExecutor(1) as encoding:
            pending: deque[Future[bytes]] = deque()

            def encoded(item: Waiting, pixels: Tensor) -> None:
                while len(pending) > options.batch + AHEAD:
                    pending.popleft().exception()
                if item.alpha is not None:
                    pixels = torch.cat([pixels, item.alpha])
                future = encoding.submit(encode, pixels, options)
                pending.append(future)
                made[item.position, item.output.copy] = item.output, future
                self._report(1)

            def drawn(batch: list[Waiting]) -> None:
                self._check()
                contents = torch.stack([item.pixels for item in batch])
                styles = [item.styles for item in batch]
                strengths = [item.output.record["strength"] for item in batch]
                try:
                    found = draw_batch(self._model, contents, styles, strengths).cpu()
                except PictureError as problem:
                    names = ", ".join(item.output.sample.name for item in batch)
                    raise DataError(f"{names} can't be drawn: {problem}") from problem
                for item, pixels in zip(batch, found, strict=True):
                    encoded(item, pixels)

            for found in self._decoded(unit, decoding, problems):
                for item in self._copies(found):
                    if not item.styles or not item.output.record["strength"]:
                        self._check()
                        encoded(item, item.pixels)
                        continue
                    for batch in batcher.add(item):
                        drawn(batch)
            for batch in batcher.rest():
                drawn(batch)
        return self._gathered(made, problems)

    def _gathered(
        self,
        made: dict[tuple[int, int], tuple[Output, Future[bytes]]],
        problems: dict[int, tuple[str, str]],
    ) -> tuple[list[Output], list[dict[str, str]]]:
        """Return the results in order, without samples of which one failed, and the failures."""
        for (position, _), (output, future) in sorted(made.items(), key=lambda item: item[0]):
            problem = future.exception()
            if isinstance(problem, PictureError):
                self._failed(problems, position, output.sample.name, str(problem))
            elif problem is not None:
                raise problem
        outputs = [
            replace(output, picture=future.result())
            for (position, _), (output, future) in sorted(made.items(), key=lambda item: item[0])
            if position not in problems
        ]
        failures = [{"name": n, "reason": reason} for _, (n, reason) in sorted(problems.items())]
        return outputs, failures

    def _failed(
        self, problems: dict[int, tuple[str, str]], position: int, name: str, reason: str
    ) -> None:
        if self.fail_fast:
            raise DataError(f"{name}: {reason}")
        problems[position] = name, reason

    def _decoded(
        self, unit: Unit, decoding: ThreadPoolExecutor, problems: dict[int, tuple[str, str]]
    ) -> Iterator[_Decoded]:
        """Return the samples of a unit that can be read, decoded a few ahead, in order."""
        ahead: deque[tuple[int, Sample, Future[Tensor]]] = deque()

        def first() -> Iterator[_Decoded]:
            position, sample, future = ahead.popleft()
            try:
                pixels = future.result()
            except PictureError as problem:
                self._failed(problems, position, sample.name, str(problem))
                self._report(self.setup.options.per_image)
            else:
                yield _Decoded(position, sample, pixels)

        for position, sample in enumerate(self.setup.source.read(unit.piece)):
            # Decoded it is kept as pixels, and later as the result: the file's bytes may go.
            slim = replace(sample, picture=None)
            ahead.append((position, slim, decoding.submit(self._decode, sample)))
            if len(ahead) > AHEAD:
                yield from first()
        while ahead:
            yield from first()

    def _decode(self, sample: Sample) -> Tensor:
        if sample.picture is None:
            raise PictureError(str(sample.problem))
        return decode(sample.picture, self.setup.options)

    def _copies(self, found: _Decoded) -> Iterator[Waiting]:
        """Return what is to be made of a sample."""
        setup = self.setup
        options = setup.options
        if self._styles is None:
            self._styles = Styles(setup.paintings, self._model, setup.out)
        for copy in range(options.per_image):
            pairing = pair(options, len(setup.paintings), found.sample.name, copy)
            named = [self._styles[number] for number in pairing.paintings]
            record: dict[str, Any] = {
                "source": found.sample.name,
                "copy": copy,
                "paintings": [name for name, _ in named],
                "strength": pairing.strength,
                "seed": options.seed,
                "model": setup.model.name,
                "model_sha256": setup.model.sha256,
                "runtime": setup.model.runtime,
            }
            output = Output(found.sample, copy, b"", ending(found.sample.ending, options), record)
            alpha = found.pixels[3:] if len(found.pixels) == 4 else None
            styles = [style for _, style in named]
            yield Waiting(found.position, output, found.pixels[:3], alpha, styles)
