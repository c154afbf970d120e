"""Training pictures: folders, globs and tar shards, read once into memory as uint8."""

from __future__ import annotations

import glob
import io
import logging
import os
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from stylemix.errors import DataError, PictureError
from stylemix.images import MAX_PIXELS, Raster, is_picture_name, open_file, read, resize

log = logging.getLogger(__name__)


def read_pictures(
    sources: Sequence[str | os.PathLike[str]],
    side: int,
    *,
    what: str = "pictures",
    limit: int = 0,
    progress: bool = False,
) -> list[Tensor]:
    """Read every picture of some folders (with their subfolders), globs and tar shards.

    Unreadable pictures are left out with a warning that names them.

    Args:
        sources: where to look.
        side: larger pictures are shrunk to this short side, in pixels.
        what: for messages.
        limit: read only so many, spread evenly over all; 0 reads all.
        progress: show a bar.

    Returns:
        uint8 tensors [3, H, W], ordered by source and name.

    Raises:
        DataError: a source doesn't exist, or no picture could be read.
    """
    found = spread(find_pictures(sources, what=what), limit)

    def shrunk(rgb: Tensor) -> Tensor:
        return resize(rgb, short_side=side) if min(rgb.shape[-2:]) > side else rgb

    return [rgb for _, rgb in read_found(found, shrunk, what=what, progress=progress)]


@dataclass(frozen=True)
class Found:
    """A picture in a file of its own, or ``size`` bytes from ``offset`` on in a tar shard.

    Attributes:
        path: of the file or the shard.
        name: for messages.
        inside: the path below the folder or in the shard that it was found in, with slashes; for
            a picture named by itself or by a pattern, its folder's name and its own.
        offset: where it begins in the shard.
        size: its bytes in the shard.
    """

    path: str
    name: str
    inside: str
    offset: int = 0
    size: int = 0


def find_pictures(sources: Sequence[str | os.PathLike[str]], *, what: str) -> list[Found]:
    """List the pictures of folders (with their subfolders), globs and tar shards.

    They are files whose names end as pictures do (:func:`stylemix.images.picture_endings`). Others
    are counted in the log, and so are folders in the sources that trainings wrote.

    Args:
        sources: where to look.
        what: for messages.

    Returns:
        At least one, ordered by source and name.

    Raises:
        DataError: a source doesn't exist or is damaged, or there are no pictures in them.
    """
    if not sources:
        raise DataError(f"no {what} to train on: give data.{what} a folder, glob or tar shard")
    found = [item for source in sources for item in _find(os.fspath(source), what)]
    if not found:
        raise DataError(
            f"there are no pictures in {', '.join(map(str, sources))}; give folders or tar shards "
            "of JPEG, PNG, WebP, TIFF or other picture files"
        )
    return found


def spread(found: list[Found], limit: int) -> list[Found]:
    """Return ``limit`` of the pictures, spread evenly over all; 0 returns all."""
    if not limit or limit >= len(found):
        return found
    return [found[i * len(found) // limit] for i in range(limit)]


def read_found(
    found: Sequence[Found], sized: Callable[[Tensor], Tensor], *, what: str, progress: bool = False
) -> list[tuple[Found, Tensor]]:
    """Read pictures; those that can't be read are left out with a warning that names them.

    Args:
        found: what :func:`find_pictures` gave, or a part of it.
        sized: brings a uint8 tensor [3, H, W] to the size that is kept.
        what: for messages.
        progress: show a bar.

    Returns:
        Each picture that could be read with its uint8 tensor [3, h, w], in the same order.

    Raises:
        DataError: none could be read.
    """

    def one(item: Found) -> tuple[Found, Tensor] | None:
        try:
            rgb = _read(item).mostly_visible()
        except (PictureError, OSError) as problem:
            log.warning("left out %s: %s", item.name, problem)
            return None
        if rgb.is_floating_point():  # TIFF knows such pictures
            rgb = (rgb * 255).round().to(torch.uint8)
        return item, sized(rgb)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        read_one = pool.map(one, found)
        bar = tqdm(read_one, total=len(found), desc=f"reading {what}", disable=not progress)
        pictures = [p for p in bar if p is not None]
    if not pictures:
        raise DataError(f"none of the {len(found)} {what} could be read; the warnings say why")
    return pictures


def _find(source: str, what: str) -> Iterator[Found]:
    matches = [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))
    if not matches:
        raise DataError(
            f"data.{what}: there is no {source}; give a folder, a tar shard or a "
            "pattern of them (relative paths start at the configuration file)"
        )
    for match in matches:
        if os.path.isdir(match):
            for path in _pictures_below(Path(match)):
                yield Found(str(path), str(path), path.relative_to(match).as_posix())
        elif match.endswith(".tar"):
            try:
                with tarfile.open(match, "r:") as archive:
                    members = [m for m in archive if m.isfile()]
            except (tarfile.TarError, OSError) as problem:
                raise DataError(
                    f"the tar shard {match} is damaged ({problem}); copy it again"
                ) from None
            _tell_of_others(match, [m.name for m in members if not is_picture_name(m.name)])
            for m in sorted(members, key=lambda m: m.name):
                if is_picture_name(m.name):
                    yield Found(match, f"{match}:{m.name}", m.name, m.offset_data, m.size)
        else:
            yield Found(match, match, "/".join(Path(match).absolute().parts[-2:]))


def _pictures_below(folder: Path) -> list[Path]:
    """Return the picture files of a folder by name; what else lies there is counted in the log.

    Folders in it that a training or :func:`stylemix.checkpoint.save` wrote are passed over, with
    their sheets of samples.
    """
    pictures: list[Path] = []
    others: list[str] = []
    written: list[str] = []
    for place, folders, files in os.walk(folder):
        own = [name for name in folders if _is_output(Path(place, name))]
        written += [os.path.join(place, name) for name in own]
        folders[:] = [name for name in folders if name not in own]
        pictures += [Path(place, name) for name in files if is_picture_name(name)]
        others += [n for n in files if not is_picture_name(n) and not n.startswith(".")]
    _tell_of_others(str(folder), others)
    if written:
        log.warning("left out what trainings wrote: %s", ", ".join(sorted(written)))
    return sorted(pictures)


def _is_output(folder: Path) -> bool:
    """Tell whether a folder is a checkpoint, or the one in it that a training resumes from."""
    checkpoint = all((folder / name).is_file() for name in ("config.json", "model.safetensors"))
    return checkpoint or any(
        (place / "state.safetensors").is_file() for place in (folder, folder / "training")
    )


def _tell_of_others(place: str, names: Sequence[str]) -> None:
    """Count what isn't taken for a picture, by ending."""
    if names:
        endings = Counter(PurePath(name).suffix.lower() or "without an ending" for name in names)
        listed = [f"{count} {ending}" for ending, count in endings.most_common(5)]
        more = ", ..." if len(endings) > 5 else ""
        log.warning(
            "left out %d of the files in %s, which are no pictures by their names: %s%s",
            len(names),
            place,
            ", ".join(listed),
            more,
        )


def _read(item: Found) -> Raster:
    if item.name == item.path:
        return read(item.path)
    with open(item.path, "rb") as file:
        file.seek(item.offset)
        content = io.BytesIO(file.read(item.size))
    with open_file(content, MAX_PIXELS, "it") as image:
        return read(image)


class Crops:
    """Draws random square crops from pictures of any size.

    Args:
        pictures: uint8 [3, H, W], kept on ``device``.
        device: where crops are cut.
    """

    def __init__(self, pictures: Sequence[Tensor], device: torch.device) -> None:
        self.pictures = [p.to(device) for p in pictures]
        self.device = device

    def __len__(self) -> int:
        return len(self.pictures)

    def cut(self, indices: Sequence[int], side: int, chance: Tensor, zoom: float = 1.0) -> Tensor:
        """Cut one flipped-or-not crop of each picture.

        Args:
            indices: which pictures, N of them.
            side: of the result.
            chance: uniform numbers in [0, 1), [N, 4]: window, row, column, flip.
            zoom: the window covers ``side`` to ``zoom * side`` pixels, uniformly (at most the whole
                picture, which is enlarged when it is smaller than ``side``).

        Returns:
            float32 [N, 3, side, side] in [0, 1].
        """
        return torch.cat(
            [
                self._one(self.pictures[i], side, zoom, c)
                for i, c in zip(indices, chance.tolist(), strict=True)
            ]
        )

    def _one(self, picture: Tensor, side: int, zoom: float, chance: list[float]) -> Tensor:
        height, width = picture.shape[-2:]
        wanted = round(side * (1 + chance[0] * (zoom - 1)))
        window = min(wanted, height, width)
        top = int(chance[1] * (height - window + 1))
        left = int(chance[2] * (width - window + 1))
        crop = picture[None, :, top : top + window, left : left + window].float() / 255
        if window != side:
            crop = F.interpolate(
                crop, size=(side, side), mode="bilinear", antialias=True, align_corners=False
            ).clamp(0, 1)
        return crop.flip(3) if chance[3] < 0.5 else crop
