"""From what a browser sends for a picture or clip to a file of ours, never to any other file."""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from stylemix.demo.limits import Limits, check_picture
from stylemix.demo.regions import MAX_PIXELS
from stylemix.errors import PictureError, StylemixError
from stylemix.images.files import open_file

MAX_LAYERS = 8


class Uploads:
    """The folders whose files a request may name.

    Args:
        folders: the server's cache, and where the prepared examples lie.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)

    def path(self, payload: Any, label: str) -> str | None:
        """Return the file that a request names.

        Args:
            payload: the browser's file record, or None.
            label: what to call it in messages.

        Raises:
            PictureError: it isn't a file in one of the folders.
        """
        if payload is None:
            return None
        name = payload.get("path") if isinstance(payload, Mapping) else None
        if isinstance(name, str) and name and "\0" not in name:
            path = Path(os.path.realpath(name))
            if any(path.is_relative_to(f) for f in self._folders) and path.is_file():
                return str(path)
        raise PictureError(f"{label} is no uploaded file: upload it again")


class Drawings:
    """Drawings on their way from the browser to a request; only the newest are kept.

    Args:
        most: how many.
    """

    def __init__(self, most: int = 40) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._layers: OrderedDict[str, dict[int, bytes]] = OrderedDict()

    def __len__(self) -> int:
        """Count the drawings kept."""
        return len(self._layers)

    def put(self, key: str, kind: str, index: int, data: bytes) -> None:
        """Keep one layer of a drawing; other kinds of picture aren't needed."""
        if kind != "layer" or not 0 <= index < MAX_LAYERS:
            return
        with self._lock:
            self._layers.setdefault(key, {})[index] = data
            self._layers.move_to_end(key)
            while len(self._layers) > self._most:
                self._layers.popitem(last=False)

    def get(self, key: str) -> list[bytes]:
        """Return the layers of a drawing, the lowest first.

        It is kept: estimates and previews look at a drawing before the picture is asked for.
        """
        with self._lock:
            layers = dict(self._layers.get(key, {}))
        return [layers[index] for index in sorted(layers)]


def read_layers(
    payload: Any, uploads: Uploads, drawings: Drawings, limits: Limits
) -> list[Image.Image]:
    """Return the layers of the regions' drawing.

    Args:
        payload: the editor's record: a drawing's key under ``"id"``, or files under ``"layers"``.
        uploads: where such files may lie.
        drawings: where the key leads.
        limits: bounds of files.

    Raises:
        PictureError: a layer is no picture or too large.
    """
    if not isinstance(payload, Mapping):
        return []
    if isinstance(payload.get("id"), str):
        return [_decode(data) for data in drawings.get(payload["id"])]
    layers = payload.get("layers")
    files = list(layers)[:MAX_LAYERS] if isinstance(layers, Sequence) else []
    images = []
    for file in files:
        path = uploads.path(file, "the regions' drawing")
        if path is not None:
            check_picture(path, "the regions' drawing", limits)
            with open_file(path, MAX_PIXELS) as image:
                images.append(image.convert("RGBA"))
    return images


def _decode(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureError("the regions' drawing is too large: use a smaller photograph")
            return image.convert("RGBA")
    except StylemixError:
        raise
    except Exception as problem:  # decoders raise anything on damaged data
        raise PictureError("the regions' drawing can't be read: draw it again") from problem
