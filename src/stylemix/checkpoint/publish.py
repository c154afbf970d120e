"""Publishing a checkpoint on the Hugging Face Hub."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stylemix.checkpoint import checkpoint
from stylemix.checkpoint.checkpoint import CARD, CONFIG, WEIGHTS
from stylemix.checkpoint.hub import patience, remedy, said, status_of, too_slow
from stylemix.checkpoint.model_card import PLACEHOLDER, card_text, shown_pictures
from stylemix.checkpoint.published import REPOSITORY
from stylemix.errors import CheckpointError, ConfigError, StylemixError
from stylemix.stylizers import Stylizer

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_COMMIT = re.compile(r"[0-9a-f]{40}")


def push(
    model: str | os.PathLike[str] | Stylizer,
    repository: str,
    *,
    private: bool = False,
    revision: str | None = None,
    message: str = "Upload a stylemix model",
    token: str | None = None,
) -> str:
    """Publish a checkpoint: configuration, weights, model card and the pictures that it shows.

    The files are copied first, and the copy must load, so nothing is uploaded that others
    couldn't use. All files are one commit: it is published whole or not at all. Where to is set
    by the environment variable ``HF_ENDPOINT``, as for everything from the Hub.

    Args:
        model: a checkpoint folder, or a model, which is given a model card without further facts
            (see :func:`stylemix.checkpoint.save` for one with).
        repository: ``owner/name``, made if missing. In the model card's example it takes the
            place of ``path/to/this/folder``.
        private: make a new repository visible to its owner only. One that exists must be private
            already.
        revision: branch to commit to, made if missing; None is the main branch.
        message: of the commit.
        token: one that may write to the repository; None takes ``HF_TOKEN`` or what ``hf auth
            login`` has stored.

    Returns:
        The address of what was published; its last part is the commit, the ``revision`` to pin.

    Raises:
        ConfigError: the repository's name, the revision or the token is missing or wrong, or the
            repository is public where ``private`` is asked for.
        CheckpointError: the checkpoint doesn't load, shows pictures that aren't there, or can't
            be uploaded.

    Example:
        >>> import stylemix
        >>> stylemix.push("film", "just-a-name")
        Traceback (most recent call last):
        stylemix.errors.ConfigError: the repository must be owner/name, such as ...
    """
    from huggingface_hub import HfApi, constants, get_token

    if not REPOSITORY.fullmatch(repository):
        raise ConfigError(
            f"the repository must be owner/name, such as 'me/my-style', got {repository!r}"
        )
    if revision is not None and _COMMIT.fullmatch(revision):
        raise ConfigError(
            f"the revision {revision!r} is a commit, which can't change; give a branch"
        )
    with tempfile.TemporaryDirectory(prefix="stylemix-push-") as name:
        folder = Path(name)
        files = _prepare(model, repository, folder)
        checkpoint.load(folder)
        if constants.HF_HUB_OFFLINE:
            raise ConfigError("HF_HUB_OFFLINE is set, so nothing can be published; unset it")
        token = token or get_token()
        if not token:
            raise ConfigError(
                "there is no token for the Hugging Face Hub: run `hf auth login`, or "
                "set HF_TOKEN to a token with the right to write, made at "
                f"{constants.ENDPOINT}/settings/tokens"
            )
        api = HfApi(token=token, library_name="stylemix")
        try:
            commit = _upload(api, repository, folder, files, private, revision, message)
        except StylemixError:
            raise
        # Networks fail in many ways, and each version of the client has other exceptions for them.
        except Exception as problem:
            raise _explained(problem, repository, api.endpoint) from problem
    return f"{api.endpoint}/{repository}/tree/{commit}"


def _prepare(model: str | os.PathLike[str] | Stylizer, repository: str, folder: Path) -> list[str]:
    """Copy what is to be published into a folder; return the files' names."""
    if isinstance(model, Stylizer):
        checkpoint.save(model, folder)
        source, title = folder, repository.split("/")[1]
        (folder / CARD).unlink()
    else:
        source = Path(model)
        title = source.resolve().name
    config = checkpoint.read_config(source)
    card = source / CARD
    try:
        text = card.read_text("utf-8") if card.is_file() else card_text(title, config)
        pictures = shown_pictures(text)
        for name in [CONFIG, WEIGHTS, *pictures]:
            file = source / name
            if not file.resolve().is_relative_to(source.resolve()):
                raise CheckpointError(
                    f"{card} shows {name}, which lies outside of its folder; "
                    "copy it beside the card"
                )
            if not file.is_file():
                what = f"; {card} shows it" if name in pictures else ""
                raise CheckpointError(
                    f"{source} holds no {name}{what}; copy the whole checkpoint folder"
                )
            if source != folder:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, folder / name)
        (folder / CARD).write_text(text.replace(PLACEHOLDER, repository), "utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CheckpointError(
            f"{source} can't be read ({problem}); check your rights, the model "
            "card and the room for temporary files"
        ) from problem
    return [CONFIG, WEIGHTS, CARD, *pictures]


def _upload(
    api: HfApi,
    repository: str,
    folder: Path,
    files: list[str],
    private: bool,
    revision: str | None,
    message: str,
) -> str:
    """Make repository and branch as needed and commit the files; return the commit."""
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.errors import HfHubHTTPError

    # What follows has no limit of time in the client: a server that is silent shows here.
    with contextlib.suppress(HfHubHTTPError):
        api.model_info(repository, timeout=patience())
    api.create_repo(repository, private=private or None, exist_ok=True)
    if private and not api.model_info(repository).private:
        raise ConfigError(
            f"the repository {repository!r} exists and is public; make it private "
            f"first ({api.endpoint}/{repository}/settings), or publish it openly"
        )
    if revision is not None and not revision.startswith("refs/"):
        api.create_branch(repository, branch=revision, exist_ok=True)
    commit = api.create_commit(
        repository,
        [CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in files],
        commit_message=message,
        revision=revision,
    )
    return str(commit.oid)


def _explained(problem: Exception, repository: str, endpoint: str) -> StylemixError:
    """Say what a failure means and what to do about it."""
    reason = said(problem)
    status = status_of(problem)
    if status == 401:
        return ConfigError(
            f"the Hugging Face Hub doesn't know the token ({reason}); run `hf auth "
            f"login` again, or set HF_TOKEN to one made at {endpoint}/settings/"
            "tokens"
        )
    if status == 403:
        return ConfigError(
            f"the token may not write to {repository!r} ({reason}); take a token "
            "with the right to write, or a repository of your own"
        )
    hint = remedy(problem, repository, endpoint, "write to") if too_slow(problem) else None
    return CheckpointError(
        f"the model wasn't published as {repository!r} at {endpoint} "
        f"({type(problem).__name__}: {reason}); "
        + (hint or "check the name and the connection, and try again")
    )
