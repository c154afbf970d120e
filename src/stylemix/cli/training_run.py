"""What the commands that train have in common: options, and a run to its end or to Ctrl-C."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from stylemix.cli.errors import EXIT_CODES

if TYPE_CHECKING:
    from stylemix.training.run_config import RunConfig

C = TypeVar("C", bound="RunConfig")


class Training(Protocol):
    """What a command trains."""

    def run(self) -> Path:
        """Train to the end of the schedule, and return what was written."""


R = TypeVar("R", bound=Training)


def training_command(
    metavar: str, output: str, restart: str
) -> Callable[[Callable[..., None]], click.Command]:
    """Turn a function into a command with CONFIG.toml and the options of a training.

    The function is called with ``config``, ``output``, ``device``, ``no_progress`` and
    ``restart``, which :func:`train_to_the_end` takes.

    Args:
        metavar: what ``--output`` is, such as ``"DIR"``.
        output: help of ``--output``, up to what CONFIG.toml says.
        restart: help of ``--restart``.
    """
    parameters = (
        click.argument("config", metavar="CONFIG.toml"),
        click.option(
            "-o",
            "--output",
            metavar=metavar,
            help=f"{output}, instead of the one that CONFIG.toml names.",
        ),
        click.option(
            "--device",
            metavar="D",
            help="Where to compute, such as cpu or cuda, instead of what CONFIG.toml says.",
        ),
        click.option(
            "--no-progress", is_flag=True, help="Show no bars. (They are shown on a terminal only.)"
        ),
        click.option("--restart", is_flag=True, help=restart),
    )

    def decorate(function: Callable[..., None]) -> click.Command:
        for parameter in reversed(parameters):
            function = parameter(function)
        return click.command(epilog=EXIT_CODES)(function)

    return decorate


def train_to_the_end(
    kind: type[C],
    make: Callable[..., R],
    config: str,
    output: str | None,
    device: str | None,
    no_progress: bool,
    restart: bool,
) -> tuple[R, Path]:
    """Train as a file and the command's options say.

    Args:
        kind: of the configuration.
        make: the run's class, which takes that, ``progress`` and ``restart``.
        config: the TOML file.
        output: instead of the file's.
        device: instead of the file's.
        no_progress: show no bars.
        restart: begin afresh.

    Returns:
        The finished run, and what it wrote.

    Raises:
        StylemixError: what configuration and run raise.
        KeyboardInterrupt: after a word on how to go on.
    """
    wanted = kind.from_toml(config)
    if output is not None:
        wanted = dataclasses.replace(wanted, output=output)  # type: ignore[type-var]
    if device is not None:
        runtime = dataclasses.replace(wanted.runtime, device=device)
        wanted = dataclasses.replace(wanted, runtime=runtime)  # type: ignore[type-var]
    run = make(wanted, progress=not no_progress and sys.stderr.isatty(), restart=restart)
    try:
        return run, run.run()
    except KeyboardInterrupt:
        click.echo("\nThe state is saved; the same command goes on from here.", err=True)
        raise
