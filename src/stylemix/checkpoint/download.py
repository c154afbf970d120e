"""Checkpoints from the Hugging Face Hub, into the Hub's own cache, checked before use."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import warnings
from pathlib import Path

from stylemix.checkpoint.checkpoint import CARD, CONFIG, WEIGHTS
from stylemix.checkpoint.hub import cut_off, patience, remedy, said
from stylemix.errors import CheckpointError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TRIES = 4
"""How often a download goes on after its connection was cut, with a 1.x client; from 2 on, the
client sees to that itself."""


def download(repository: str, revision: str | None = None, sha256: str | None = None) -> Path:
    """Return the folder of a repository's checkpoint; what the cache lacks is downloaded.

    The Hub has HF_HUB_ETAG_TIMEOUT seconds to answer (10 unless that environment variable says
    otherwise), and HF_HUB_DOWNLOAD_TIMEOUT seconds for the next bytes of a file.

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
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.errors import RemoteEntryNotFoundError

    try:
        config = _file(repository, CONFIG, revision)
        commit = config.parent.name
        if try_to_load_from_cache(repository, CARD, revision=commit) is None:
            with contextlib.suppress(RemoteEntryNotFoundError):
                _file(repository, CARD, commit)
        _file(repository, WEIGHTS, commit)
    except RemoteEntryNotFoundError as problem:
        lacking = WEIGHTS if WEIGHTS in str(problem) else CONFIG
        raise CheckpointError(
            f"the model {repository!r} lacks {lacking}; check that the repository is a stylemix "
            "model"
        ) from problem
    except Exception as problem:
        if constants.HF_HUB_OFFLINE:
            hint = "HF_HUB_OFFLINE is set and it isn't in the cache: unset it once to download"
        else:
            hint = remedy(problem, repository, constants.ENDPOINT, "read") or (
                "check the name, the revision and the connection (there is no folder of that name)"
            )
        raise CheckpointError(
            f"the model {repository!r} can't be had from the Hugging Face Hub "
            f"({type(problem).__name__}: {said(problem, 200)}); {hint}"
        ) from problem
    return config.parent


def _file(repository: str, name: str, revision: str | None) -> Path:
    """Return a file in the cache, downloaded where it is missing or may be another one by now."""
    from huggingface_hub import (
        constants,
        get_hf_file_metadata,
        hf_hub_url,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import RemoteEntryNotFoundError, RevisionNotFoundError

    here = try_to_load_from_cache(repository, name, revision=revision)
    fixed = revision is not None and _COMMIT.fullmatch(revision)
    if isinstance(here, str) and (fixed or constants.HF_HUB_OFFLINE):
        return Path(here)
    if not constants.HF_HUB_OFFLINE:
        try:
            # The client itself would ask a server that doesn't answer again for minutes.
            get_hf_file_metadata(
                hf_hub_url(repository, name, revision=revision),
                timeout=patience(),
                library_name="stylemix",
            )
        except (RemoteEntryNotFoundError, RevisionNotFoundError):
            raise
        except Exception:
            if isinstance(here, str):
                return Path(here)
            raise
    return Path(_resumed(repository, name, revision))


def _resumed(repository: str, name: str, revision: str | None) -> str:
    """Let the client download; a cut connection is taken up where it broke off."""
    from huggingface_hub import __version__, hf_hub_download

    fetch = functools.partial(
        hf_hub_download, repository, name, revision=revision, library_name="stylemix"
    )
    for _ in range(_TRIES - 1 if __version__.startswith("1.") else 0):
        try:
            return str(fetch())
        except Exception as problem:
            if not cut_off(problem):
                raise
    return str(fetch())


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
