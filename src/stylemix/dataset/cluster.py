"""A Ray cluster: the same plan through Ray Data.

Rows are units of the plan, a few kilobytes each. Actors hold the model, read what a unit names,
and write its shard to the storage themselves: no picture passes Ray's object store, and as many
units are under way as there are actors. When a node dies, Ray gives its units to others, which
write the same files.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from stylemix.dataset.engine import Engine
from stylemix.dataset.extras import ray
from stylemix.dataset.plan import Setup
from stylemix.dataset.running import Runner
from stylemix.dataset.sample import Unit
from stylemix.errors import DataError, StylemixError


class Work:
    """What an actor does with a batch of one row."""

    def __init__(self, setup: Setup, fail_fast: bool, task: str) -> None:
        self._task = task
        self._engine = Engine(setup, fail_fast=fail_fast)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Do one item; what goes wrong for good comes back, since Ray would retry it."""
        problem = b""
        try:
            getattr(self._engine, self._task)(pickle.loads(batch["item"][0]))
        except StylemixError as found:
            problem = pickle.dumps(found)
        return {"count": batch["count"], "problem": [problem]}


class Cluster(Runner):
    """Works in actors of a Ray cluster.

    Args:
        setup: the run's; the storages in it must be reached from every node by the same names.
        address: of the cluster; empty for the one that ``RAY_ADDRESS`` names, or else a Ray of
            this machine, started for the run.
        workers: actors at most; None takes as many as there are cores, or GPUs.
        fail_fast: stop at the first sample that can't be read.

    Raises:
        ConfigError: Ray isn't installed.
        DataError: the cluster can't be reached.
    """

    def __init__(self, setup: Setup, address: str, workers: int | None, fail_fast: bool) -> None:
        self._ray = ray()
        self._setup, self._fail_fast = setup, fail_fast
        self._started = not self._ray.is_initialized()
        if self._started:
            try:
                _knock(address)
                self._ray.init(address=address or None, log_to_driver=False)
            except (OSError, RuntimeError, ValueError) as problem:
                raise DataError(
                    f"the Ray cluster {address!r} can't be reached ({problem}); check the address, "
                    "or leave it out for a Ray of this machine"
                ) from problem
        self._gpu = setup.model.device != "cpu"
        there = self._ray.cluster_resources().get("GPU" if self._gpu else "CPU", 1)
        self._workers = workers or max(1, int(there))

    def run(self, task: str, items: Sequence[Any]) -> Iterator[int]:
        """Do a task for each item; see :meth:`Runner.run`."""
        if not items:
            return
        data = self._ray.data
        copies = self._setup.options.per_image
        rows = [
            {
                "item": pickle.dumps(item),
                "count": item.piece.count * copies if isinstance(item, Unit) else 0,
            }
            for item in items
        ]
        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        actors = min(self._workers, len(items))
        found = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            Work,
            fn_constructor_args=(self._setup, self._fail_fast, task),
            batch_size=1,
            compute=data.ActorPoolStrategy(min_size=1, max_size=actors, initial_size=actors),
            num_cpus=1,
            num_gpus=1 if self._gpu else None,
        )
        for row in found.iter_rows():
            if row["problem"]:
                raise pickle.loads(row["problem"])
            yield int(row["count"])

    def close(self) -> None:
        """Leave the cluster, or end the Ray that was started for the run."""
        if self._started:
            self._ray.shutdown()


def _knock(address: str) -> None:
    """Try an address such as ``head:6379``; Ray itself would try a wrong one for many minutes.

    Raises:
        OSError: nobody answers.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
