"""Times and rates as people write them; nothing slow is imported for it."""

from __future__ import annotations

from fractions import Fraction

from stylemix.errors import ConfigError


def seconds(value: str | float | Fraction, name: str = "a time") -> Fraction:
    """Return a time in seconds.

    Args:
        value: a number of seconds, or text such as ``"12.5"``, ``"1:30"`` or ``"1:02:03.5"``.
        name: what to call it in the message.

    Raises:
        ConfigError: it is no time, or negative.
    """
    parts = value.split(":") if isinstance(value, str) else [str(value)]
    try:
        numbers = [Fraction(part.strip()) for part in parts]
    except (ValueError, ZeroDivisionError):
        numbers = []
    whole = all(n.denominator == 1 and n < 60 for n in numbers[1:-1]) and (
        len(numbers) < 2 or (numbers[-1] < 60 and numbers[0].denominator == 1)
    )
    if not 1 <= len(numbers) <= 3 or not whole or any(n < 0 for n in numbers):
        raise ConfigError(
            f"{name} must be seconds or minutes:seconds, such as 12.5 or 1:30, got {value!r}"
        )
    total = Fraction(0)
    for number in numbers:
        total = total * 60 + number
    return total


def interval(
    start: str | float | Fraction, end: str | float | Fraction | None
) -> tuple[Fraction, Fraction | None]:
    """Return when a part of a video begins and ends, in seconds; None for the video's end.

    Raises:
        ConfigError: one is no time (see :func:`seconds`), or the end isn't later.
    """
    begin = seconds(start, "start")
    until = None if end is None else seconds(end, "end")
    if until is not None and until <= begin:
        raise ConfigError(f"end ({end}) must be later than start ({start})")
    return begin, until


def frame_rate(fps: float | Fraction) -> Fraction:
    """Return frames per second as a fraction; 29.97 means 30000/1001 and so on.

    Raises:
        ConfigError: it is no number above 0 and at most 1000.
    """
    good = isinstance(fps, int | float | Fraction) and not isinstance(fps, bool)
    if not good or not 0 < fps <= 1000:
        raise ConfigError(f"fps must be a number above 0 and at most 1000, got {fps!r}")
    rate = Fraction(fps).limit_denominator(1001)
    ntsc = Fraction(round(fps) * 1000, 1001)
    return ntsc if round(fps) and abs(float(ntsc) - float(fps)) < 0.005 else rate
