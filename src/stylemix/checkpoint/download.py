"""Checkpoints from the Hugging Face Hub, into the Hub's own cache, checked before use."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import warnings
from pathlib import Path

from stylemix.checkpoint.checkpoint import CARD, CONFIG, WEIGHTS
from stylemix.errors import CheckpointError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TRIES = 4
"""How often a download goes on after its connection was cut; the first 1.x clients don't do so."""


def download(repository: str, revision: str | None = None, sha256: str | None = None) -> Path:
    """Return the folder of a repository's checkpoint; what the cache lacks is downloaded.

    Weights whose SHA-256 is known are checked on every call, and a file that differs is removed
    from the cache. It is known where ``sha256`` gives it, and also where the Hub keeps the file
    as a large one: the cache names such files by their SHA-256.

    Args:
        repository: ``owner/name``.
        revision: branch, tag or commit; None is the main branch.
        sha256: what the weights must be, 64 hexadecimal digits; then ``revision`` must be a
            commit, and one that lies in the cache is used without asking the Hub.

    Raises:
        CheckpointError: it can't be downloaded, isn't in the cache when offline, is no stylemix
            model, or its weights aren't the ones expected.
    """
    for first in (True, False):
        folder = cached(repository, revision) if first and sha256 is not None else None
        folder = _snapshot(repository, revision) if folder is None else folder
        weights = folder / WEIGHTS
        expected = sha256 or _recorded(weights)
        if expected is None or _digest_of(weights) == expected:
            return folder
        _discard(weights)
        if first:
            warnings.warn(
                f"the {WEIGHTS} of {repository} in the cache was damaged and is "
                "removed; downloading it again",
                RuntimeWarning,
                stacklevel=2,
            )
    raise CheckpointError(
        f"the {WEIGHTS} that was downloaded for {repository!r} isn't the one "
        f"that was published (its SHA-256 isn't {expected}) and is removed; try "
        "again, and if that doesn't help tell the model's authors"
    )


def cached(repository: str, revision: str | None) -> Path | None:
    """Return the folder of a checkpoint that lies in the Hub's cache, unchecked; else None."""
    from huggingface_hub import try_to_load_from_cache

    found = [
        try_to_load_from_cache(repository, name, revision=revision) for name in (CONFIG, WEIGHTS)
    ]
    return Path(str(found[0])).parent if all(isinstance(f, str) for f in found) else None


def _snapshot(repository: str, revision: str | None) -> Path:
    from huggingface_hub import constants

    offline = "HF_HUB_OFFLINE is set and it isn't in the cache: unset it once to download"
    try:
        folder = _fetched(repository, revision)
    # Networks fail in many ways, and each version of the client has other exceptions for them.
    except Exception as problem:
        reason = " ".join(str(problem).split())
        if len(reason) > 200:
            reason = reason[:200] + "..."
        hint = (
            offline
            if constants.HF_HUB_OFFLINE
            else (
                "check the name, the revision and the connection (there is no folder of that name)"
            )
        )
        raise CheckpointError(
            f"the model {repository!r} can't be had from the Hugging Face Hub "
            f"({type(problem).__name__}: {reason}); {hint}"
        ) from problem
    # Without a connection the client gives what the cache has, be it a part only.
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            hint = (
                offline
                if constants.HF_HUB_OFFLINE
                else ("check the connection, and that the repository is a stylemix model")
            )
            raise CheckpointError(f"the model {repository!r} lacks {name}; {hint}")
    return folder


def _fetched(repository: str, revision: str | None) -> Path:
    """Let the client download what is missing; a cut connection is taken up where it broke off."""
    from huggingface_hub import snapshot_download

    fetch = functools.partial(
        snapshot_download,
        repository,
        revision=revision,
        allow_patterns=[CONFIG, WEIGHTS, CARD],
        library_name="stylemix",
    )
    for _ in range(_TRIES - 1):
        try:
            return Path(fetch())
        # The Hub's answers, a missing connection and damaged files are OSErrors: final.
        except (OSError, ValueError):
            raise
        except Exception:  # of the HTTP library, another one in each version of the client
            continue
    return Path(fetch())


def _recorded(weights: Path) -> str | None:
    """Return the SHA-256 by which the cache names a large file; None for other files.

    A cache on a file system without links has no such names.
    """
    name = weights.resolve().name
    return name if _SHA256.fullmatch(name) else None


def _digest_of(path: Path) -> str:
    stat = path.stat()
    return _digest(path.resolve(), stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=16)
def _digest(path: Path, changed: int, size: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _discard(path: Path) -> None:
    """Remove a file and what it links to, so that the client doesn't take it for downloaded."""
    # In a cache that can't be written it stays, and every call finds it wrong again.
    with contextlib.suppress(OSError):
        path.resolve().unlink()
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
