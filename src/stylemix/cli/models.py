"""``stylemix models``: which models can be used by name."""

from __future__ import annotations

import dataclasses
import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list, for programs.")
def models(as_json: bool) -> None:
    """List the models that ship with stylemix, the default first, then others by name.

    One a line: name, kind and description, with tabs between. The kind "plugin" comes with an
    installed plugin, "hub" is published on the Hugging Face Hub and downloaded on first use,
    "method" needs no trained model. `--model` of `stylemix stylize` also takes checkpoint folders
    and repositories of the Hugging Face Hub.

    \b
    Examples:
      stylemix models
      stylemix models --json
      stylemix models | cut -f 1
    """  # noqa: D301 (click wants the character \b)
    from stylemix.checkpoint.catalogue import models as catalogue

    found = catalogue()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(info) for info in found], indent=2))
        return
    if all(info.kind != "embedded" for info in found):
        click.echo(
            "no model ships with this copy of stylemix; give a checkpoint folder or "
            "owner/name to --model",
            err=True,
        )
    for info in found:
        note = " (not downloaded yet)" if info.kind == "hub" and not info.path else ""
        click.echo(f"{info.name}\t{info.kind}\t{' '.join(info.description.split())}{note}")
