"""Pictures that a browser has had painted; it keeps their names, the server their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stylemix.demo.markup import comparison, strip
from stylemix.demo.uploads import Uploads
from stylemix.errors import PictureError

MOST = 12
"""Pictures that are listed; the oldest go first."""
_FILES = ("png", "jpeg", "before", "after", "thumbnail", "photo")


@dataclass(frozen=True)
class Entry:
    """One picture.

    Attributes:
        png: path of the picture in full size.
        jpeg: path of the same as a smaller file.
        before: path of the photograph, small.
        after: path of the picture, small.
        thumbnail: path of the picture, smaller still.
        photo: path of the photograph as it was uploaded.
        width: of the picture in pixels.
        height: of the picture in pixels.
        title: what it is, such as "temple, swirling-night".
        line: what was told of it.
    """

    png: str
    jpeg: str
    before: str
    after: str
    thumbnail: str
    photo: str
    width: int
    height: int
    title: str
    line: str

    def record(self) -> dict[str, Any]:
        """Return what the browser keeps."""
        return asdict(self)

    def comparison(self) -> str:
        """Return the picture beside the photograph as HTML."""
        return comparison(self.before, self.after, (self.width, self.height), self.title)


def recall(records: Any, uploads: Uploads) -> list[Entry]:
    """Return the pictures that a browser remembers, but for those that are gone.

    Whatever the browser sends, only files of the server's own folders are returned.

    Args:
        records: what :meth:`Entry.record` gave, or anything else.
        uploads: the files that may be named.
    """
    listed = records if isinstance(records, Sequence) and not isinstance(records, str) else []
    return [entry for r in listed[:MOST] if (entry := _entry(r, uploads)) is not None]


def with_new(entry: Entry, records: Any, uploads: Uploads) -> list[dict[str, Any]]:
    """Return what the browser is to keep now, the new picture first."""
    older = [e for e in recall(records, uploads) if e.png != entry.png]
    return [e.record() for e in (entry, *older)][:MOST]


def strip_of(records: Any, uploads: Uploads) -> str:
    """Return the row of pictures as HTML; empty where there is none."""
    entries = recall(records, uploads)
    # The number tells pictures of one pair apart for those who can't see them.
    titles = [f"{e.title} ({n} of {len(entries)})" for n, e in enumerate(entries, 1)]
    shown = [(e.thumbnail, title, "") for e, title in zip(entries, titles, strict=True)]
    return strip(shown, "Your pictures")


def _entry(record: Any, uploads: Uploads) -> Entry | None:
    if not isinstance(record, Mapping):
        return None
    try:
        files = {name: uploads.path({"path": record.get(name)}, name) for name in _FILES}
    except PictureError:
        return None
    sides = {name: record.get(name) for name in ("width", "height")}
    if any(isinstance(v, bool) or not isinstance(v, int) or v < 1 for v in sides.values()):
        return None
    words = {name: str(record.get(name, ""))[:200] for name in ("title", "line")}
    return Entry(**files, **sides, **words)  # type: ignore[arg-type]
