"""What downloads from the Hugging Face Hub and uploads share: patience, and failures in words.

Networks fail in many ways, and each version of the client has other exceptions for them.
"""

from __future__ import annotations

from collections.abc import Iterator

LOGIN = "run `hf auth login`, or set HF_TOKEN to a token that may {may} it"


def patience() -> float:
    """Return how many seconds the Hub may take to answer.

    The client's own environment variable HF_HUB_ETAG_TIMEOUT says it; 10 without it.
    """
    from huggingface_hub import constants

    return float(constants.HF_HUB_ETAG_TIMEOUT)


def too_slow(problem: BaseException) -> bool:
    """Tell whether a failure is that nobody answered in time."""
    return any(
        isinstance(cause, TimeoutError) or _is(cause, "TimeoutException")
        for cause in _causes(problem)
    )


def cut_off(problem: BaseException) -> bool:
    """Tell whether a failure is a connection that broke off, which may be taken up again."""
    # What the Hub answers and damaged files are OSErrors and ValueErrors.
    final = isinstance(problem, OSError | ValueError) or _is(problem, "ConnectError")
    return not final and not too_slow(problem)


def status_of(problem: BaseException) -> int | None:
    """Return the status that the Hub answered with; None where it didn't answer."""
    for cause in _causes(problem):
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if status is not None:
            return int(status)
    return None


def said(problem: BaseException, most: int = 300) -> str:
    """Return the message of a failure on one line, cut where it is long."""
    text = " ".join(str(problem).split())
    return text[:most] + "..." if len(text) > most else text


def remedy(problem: BaseException, repository: str, endpoint: str, may: str) -> str | None:
    """Return what to do about a failure that the Hub or its silence explains; None for others.

    Args:
        problem: the failure.
        repository: ``owner/name``.
        endpoint: the Hub's address.
        may: what a token has to allow, ``"read"`` or ``"write to"``.
    """
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    login = LOGIN.format(may=may)
    if too_slow(problem):
        return (
            f"{endpoint} didn't answer in time: check the connection, or wait longer by the "
            f"environment variables HF_HUB_ETAG_TIMEOUT (for an answer, now {patience():g} s) and "
            "HF_HUB_DOWNLOAD_TIMEOUT (for the next bytes), in seconds"
        )
    if isinstance(problem, GatedRepoError):
        return (
            "its authors ask for consent: accept their conditions at "
            f"{endpoint}/{repository}, then {login}"
        )
    status, made = status_of(problem), f"made at {endpoint}/settings/tokens"
    if status == 401 and "invalid credentials" in str(problem).lower():
        return (
            "the Hub doesn't know the token: run `hf auth login` again, or set HF_TOKEN to one "
            f"{made}"
        )
    if isinstance(problem, RepositoryNotFoundError) or status == 401:
        return (
            "check the name, the revision and the connection (there is no folder of that name); if "
            f"it is private, {login}"
        )
    if status == 403:
        return f"the token may not {may} it: take one with that right, {made}"
    if status == 429:
        return f"{endpoint} answers no more for now: wait some minutes; with a token, {login}"
    if status is not None and status >= 500:
        return f"{endpoint} has a problem of its own: try again in a while"
    return None


def _is(problem: BaseException, name: str) -> bool:
    """Tell whether an error is of a class of the HTTP library, which each version has its own."""
    return any(kind.__name__ == name for kind in type(problem).__mro__)


def _causes(problem: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = problem
    while found is not None:
        yield found
        found = found.__cause__
