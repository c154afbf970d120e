"""A stylised data set, from a source and paintings to the last file: the public call."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylemix.dataset import state
from stylemix.dataset.cluster import Cluster
from stylemix.dataset.lock import locked
from stylemix.dataset.model import choose_model
from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.paintings import BLOCK, FOLDER, Paintings
from stylemix.dataset.plan import Setup, make_units
from stylemix.dataset.pool import Pool, usual_workers
from stylemix.dataset.running import Here, Runner
from stylemix.dataset.sample import Unit
from stylemix.dataset.sources import Scan, Source, open_source
from stylemix.dataset.storage import STATE, Local, Storage, storage
from stylemix.dataset.targets import make_target
from stylemix.errors import ConfigError, DataError
from stylemix.ops.defaults import usual
from stylemix.types import Progress, ProgressEvent, whole_number

Place = str | os.PathLike[str]


@dataclass(frozen=True)
class DatasetReport:
    """What a run has made.

    Attributes:
        out: where it lies.
        results: pictures written, those of earlier runs among them.
        failed: samples without a result; ``failures.jsonl`` says why.
        left_out: files of the source that have no place in the output's layout.
    """

    out: str
    results: int
    failed: int
    left_out: tuple[str, ...] = ()


@usual()
def stylize_dataset(
    source: Place,
    paintings: Place,
    out: Place,
    *,
    to: str | None = None,
    model: Place = "film",
    seed: int = 0,
    per_image: int = 1,
    strength: float | tuple[float, float] = 1.0,
    paintings_per_image: int = 1,
    keep_original: float = 0.0,
    size: int | None = None,
    crop: int | None = None,
    format: str = "jpeg",
    quality: int = 95,
    shard_size: int = 500,
    batch: int | None = None,
    workers: int | None = None,
    ray: str | None = None,
    fail_fast: bool = False,
    device: str | None = None,
    runtime: str = "auto",
    progress: Progress | None = None,
) -> DatasetReport:
    """Stylize a data set for training; labels, splits, names and metadata stay as they are.

    The output depends on the arguments up to ``batch``, the kind of ``device`` and ``runtime``
    alone. A run that was stopped, or killed at any moment, goes on when it is called again, and
    its output is the same to the last byte, by whatever number of processes and machines of one
    kind it is made. A sample that can't be read is listed in ``failures.jsonl`` and has no result.

    Args:
        source: a folder of pictures (class folders, perhaps below ``train`` and ``val``), tar
            shards in WebDataset's layout, or Parquet files in that of Hugging Face's
            ``datasets``: a folder, a file, a pattern, or an address such as ``s3://bucket/set``,
            for which fsspec is needed (the extra ``dataset``).
        paintings: likewise; every picture in it is a painting.
        out: where the data set is written: a folder that is empty or not there, or an address.
        to: its layout, ``"folder"``, ``"shards"`` or ``"parquet"``; None is the source's.
        model: as in :func:`stylemix.stylize`; for any painting, and of one pass.
        seed: of pairings and strengths, a function of seed, sample name and copy number.
        per_image: results for each picture.
        strength: as in :func:`stylemix.stylize`, in [0, 1]; or the least and the most, between
            which it is drawn for each result. Below 1 a picture takes two passes.
        paintings_per_image: how many different paintings each result mixes in equal parts.
        keep_original: probability that a result is the picture itself, without style.
        size: pixels of the short side; None is the picture's own.
        crop: pixels of the square that is then cut out of the middle.
        format: of the pictures, ``"jpeg"``, ``"png"`` or ``"webp"``.
        quality: of JPEG and WebP, 1 to 100.
        shard_size: results in a shard; in a folder, results that are finished together.
        batch: pictures of one size that pass the network together; None is 1 on a CPU, where more
            gain nothing, and 16 on a GPU.
        workers: processes, each computing in one thread; None is one for each core, at most 8 with
            a GPU. 0 works in this process. With Ray, actors at most.
        ray: None works on this machine; an address on that Ray cluster, whose nodes must reach
            source, paintings and output by the same names; an empty text on the cluster that
            ``RAY_ADDRESS`` names, or on a Ray of this machine (the extra ``ray``).
        fail_fast: raise an error at the first sample that can't be read.
        device: where to compute; None takes a GPU when there is one.
        runtime: ``"torch"`` or ``"openvino"``, see :func:`stylemix.load`; ``"auto"`` is settled
            once and recorded.
        progress: is told how many results there are, and how many there will be. An exception that
            it raises stops the run.

    Returns:
        What was made.

    Raises:
        DataError: the source or a painting is damaged, two samples have one name, the output
            can't be written or holds something else, another run writes to it, or with
            ``fail_fast`` a sample can't be read.
        ConfigError: an argument is out of range or other than when the output was begun, or a
            library is missing.
        UnknownNameError: no such model.
        CheckpointError: the model's files are damaged.
        MemoryLimitError: the memory is full.
    """
    if workers is not None:
        workers = whole_number("workers", workers, 0)
    choice, batch = choose_model(model, device, runtime, batch)
    options = DatasetOptions(
        seed=seed,
        per_image=per_image,
        strength=strength,  # type: ignore[arg-type]  # it makes two of one
        paintings_per_image=paintings_per_image,
        keep_original=keep_original,
        size=size,
        crop=crop,
        format=format,
        quality=quality,
        shard_size=shard_size,
        batch=batch,
    )
    samples, entries = open_source(source, "SOURCE")
    target_storage = storage(out)
    _refuse_overlap(samples, target_storage)
    scan = samples.scan(entries, max(1, options.shard_size // options.per_image))
    samples.classes = scan.classes
    if not scan.count:
        raise DataError(f"SOURCE: {os.fspath(source)} holds no samples; check the path")
    painted, entries = open_source(paintings, "PAINTINGS")
    styles = painted.scan(entries, BLOCK)
    setup = Setup(
        samples,
        Paintings(painted, tuple(styles.pieces), styles.fingerprint),
        make_target(to or samples.layout, target_storage, samples, scan, options.per_image),
        target_storage,
        options,
        choice,
    )
    if len(setup.paintings) < options.paintings_per_image:
        raise ConfigError(
            f"paintings_per_image is {options.paintings_per_image}, but there are only "
            f"{len(setup.paintings)} paintings; give more of them, or a smaller number"
        )

    def runner() -> Runner:
        if ray is not None:
            return Cluster(setup, ray, workers, fail_fast)
        count = usual_workers(choice.device) if workers is None else workers
        return Pool(setup, count, fail_fast) if count else Here(setup, fail_fast)

    units = make_units(scan.pieces)
    state.refuse_others(target_storage)
    with locked(target_storage):
        identity = setup.identity(scan.fingerprint)
        if not state.begin(target_storage, identity):
            _work(setup, scan, units, runner, progress or (lambda event: None))
            setup.target.finish(samples, scan)
            state.finish(target_storage, units, identity)
        results, failed = state.totals(target_storage)
    return DatasetReport(os.fspath(out), results, failed, setup.target.left_out(scan))


def _work(
    setup: Setup,
    scan: Scan,
    units: list[Unit],
    runner: Callable[[], Runner],
    progress: Callable[[ProgressEvent], Any],
) -> None:
    """Do what earlier runs have left to do."""
    out = setup.out
    out.remove(f"{STATE}/part")
    setup.target.begin(scan)
    done = state.done(out)
    total = scan.count * setup.options.per_image
    there = sum(units[i].piece.count for i in done) * setup.options.per_image
    progress(ProgressEvent(there, total))
    left = [unit for unit in units if unit.index not in done]
    if not left:
        return
    kept = {int(name.partition(".")[0]) for name in out.names(FOLDER)}
    blocks = [i for i in range(len(setup.paintings.pieces)) if i not in kept]
    try:
        with runner() as workers:
            for task, items in (("encode_paintings", blocks), ("stylize", left)):
                for count in workers.run(task, items):
                    there += count
                    progress(ProgressEvent(there, total))
    finally:
        _note_failures(out, units)


def _note_failures(out: Storage, units: list[Unit]) -> None:
    """Write what has failed so far, for whoever looks before the run is finished."""
    # It is no more than a courtesy, and must not hide what stopped the run, such as a full disk.
    with contextlib.suppress(DataError):
        done = state.done(out)
        state.write_failures(out, [unit for unit in units if unit.index in done])


def _refuse_overlap(source: Source, out: Storage) -> None:
    """Refuse an output within the source, whose files would be samples of it, or around it.

    Raises:
        DataError: it is so.
    """
    one, other = (_parts(place) for place in (source.storage, out))
    within = other[: len(one)] == one and source.pattern is None
    if within or one[: len(other)] == other:
        raise DataError(
            f"OUT ({out.root}) and SOURCE ({source.storage.root}) lie in each other; choose "
            "another OUT"
        )


def _parts(place: Storage) -> tuple[str, ...]:
    if isinstance(place, Local):
        return Path(place.root).resolve().parts
    return tuple(place.root.rstrip("/").split("/"))
