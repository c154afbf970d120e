"""From the name of a layout to the target, checked against the source."""

from __future__ import annotations

from collections.abc import Callable

from stylemix.dataset.options import LAYOUTS
from stylemix.dataset.sources import Scan, Source
from stylemix.dataset.sources.base import refuse_twice
from stylemix.dataset.sources.parquet import Parquet
from stylemix.dataset.state import FAILURES, MANIFEST
from stylemix.dataset.storage import Storage
from stylemix.dataset.targets.base import Target
from stylemix.dataset.targets.folder import RECORDS, FolderTarget
from stylemix.dataset.targets.parquet import RECORD as COLUMN
from stylemix.dataset.targets.parquet import ParquetTarget
from stylemix.dataset.targets.shards import RECORD, ShardTarget, member_name
from stylemix.errors import ConfigError, DataError
from stylemix.plugins.registries import suggest


def make_target(to: str, storage: Storage, source: Source, scan: Scan, copies: int) -> Target:
    """Return the target of a layout.

    Args:
        to: a name of :data:`stylemix.dataset.options.LAYOUTS`.
        storage: where the files go.
        source: of the samples.
        scan: what was found in it.
        copies: results per sample.

    Raises:
        ConfigError: there is no such layout.
        DataError: two results, or two columns, would have one name.
    """
    if to not in LAYOUTS:
        raise ConfigError(
            f"to must be one of {', '.join(LAYOUTS)}, got {to!r}{suggest(str(to), LAYOUTS)}"
        )
    _refuse_stylised(source, scan)
    if to == "folder":
        return FolderTarget(storage, copies, scan.classes, source.layout == "folder")
    if to == "shards":
        _refuse_clashes(scan.names, member_name)
        return ShardTarget(storage, copies, scan.classes)
    column = source.column if isinstance(source, Parquet) else "image"
    if taken := {"image", "label", "name", "metadata"} & set(scan.endings):
        raise DataError(
            f"the files ending in .{min(taken)} would become a column that there is already; give "
            "them another ending"
        )
    return ParquetTarget(storage, copies, scan.classes, column, scan.endings, scan.described)


def _refuse_stylised(source: Source, scan: Scan) -> None:
    """Refuse a source whose records would be overwritten.

    Raises:
        DataError: it is an output of stylemix.
    """
    own = {MANIFEST, FAILURES, RECORDS} & set(scan.loose) if source.layout == "folder" else set()
    own |= {RECORD} & set(scan.endings)
    if isinstance(source, Parquet) and COLUMN in source.columns:
        own.add(COLUMN)
    if own:
        raise DataError(
            f"SOURCE has been stylised already, as it holds {', '.join(sorted(own))}; give the "
            "data set that it was made from, or rename these"
        )


def _refuse_clashes(names: list[str], form: Callable[[str], str]) -> None:
    """Refuse names that become one in the target; numbers of results keep them apart.

    Raises:
        DataError: there are two such.
    """
    seen: dict[str, str] = {}
    for name in names:
        made = form(name)
        if made in seen:
            refuse_twice(made, seen[made], name)
        seen[made] = name
