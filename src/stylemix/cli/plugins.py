"""``stylemix plugins``: what is installed, and what each plugin brings."""

from __future__ import annotations

import dataclasses
import json
import warnings
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stylemix.plugins import PluginInfo


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list, for programs.")
def plugins(as_json: bool) -> None:
    """List stylemix itself and the installed plugins.

    One a line: name, version, and the names that it registers by kind, with tabs between. A
    plugin that can't be loaded is listed with the reason, and left out by every other command.

    \b
    Examples:
      stylemix plugins
      stylemix plugins --json
    """  # noqa: D301 (click wants the character \b)
    from stylemix.plugins import plugin_info

    with warnings.catch_warnings():
        # They say what the list says.
        warnings.filterwarnings("ignore", "the stylemix plugin", RuntimeWarning)
        infos = plugin_info()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(info) for info in infos], indent=2))
        return
    for info in infos:
        click.echo(f"{info.name}\t{info.version}\t{_contents(info)}")


def _contents(info: PluginInfo) -> str:
    parts = [f"{kind}: {', '.join(names)}" for kind, names in info.provides.items() if names]
    if info.error is not None:
        parts.append("BROKEN: " + " ".join(info.error.split()))
    return "; ".join(parts) or "nothing"
