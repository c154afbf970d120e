"""The command ``stylemix``; its commands are imported when they are asked for."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import sys
from typing import Any

import click

from stylemix.cli.errors import EXIT_CODES, reporting

COMMANDS = (
    "stylize",
    "video",
    "dataset",
    "compare",
    "train",
    "pretrain-encoder",
    "distill",
    "evaluate",
    "tsne",
    "demo",
    "push",
    "export",
    "models",
    "plugins",
)
"""Each is the click command in the module of the same name, with underscores for hyphens."""


class LazyGroup(click.Group):
    """A group whose commands lie in modules that are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order that help shows."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"stylemix.cli.{name}"), name)
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; names that the terminal can't show are told by their code points."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong becomes a line and an exit status."""
        with reporting(debug=ctx.params["debug"]):
            return super().invoke(ctx)


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    try:
        version = importlib.metadata.version("stylemix")
    except importlib.metadata.PackageNotFoundError:
        version = "source"
    click.echo(f"stylemix {version}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Render photographs in the style of one or several paintings.

    \b
    Examples:
      stylemix stylize photo.jpg painting.jpg -o out.png
      stylemix models
      stylemix train my-training.toml
      stylemix stylize --help
    """  # noqa: D301 (click wants the character \b)
