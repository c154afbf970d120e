"""Checks of options that components have in common."""

from __future__ import annotations

from stylemix.errors import ConfigError


def check_counts(owner: str = "", /, **counts: tuple[int, int]) -> None:
    """Refuse options that aren't whole numbers from a least value on.

    Args:
        owner: what has the options, for the message; may be empty.
        counts: value and least value by name.

    Raises:
        ConfigError: one isn't.
    """
    for name, (value, least) in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(
                f"{owner}{'.' * bool(owner)}{name} must be a whole number >= {least}, got {value!r}"
            )
