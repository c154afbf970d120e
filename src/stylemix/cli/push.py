"""``stylemix push``: a checkpoint folder, published on the Hugging Face Hub."""

from __future__ import annotations

import click

from stylemix.cli.errors import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="FOLDER")
@click.argument("repository", metavar="OWNER/NAME")
@click.option(
    "--private",
    is_flag=True,
    help="Make a new repository that only its owner sees; one that exists must be private already.",
)
@click.option(
    "--revision", metavar="R", help="Branch to publish on, made if missing.  [default: main]"
)
@click.option(
    "--message",
    default="Upload a stylemix model",
    show_default=True,
    metavar="TEXT",
    help="What the repository's history says.",
)
def push(folder: str, repository: str, private: bool, revision: str | None, message: str) -> None:
    """Publish the checkpoint in FOLDER as OWNER/NAME on the Hugging Face Hub.

    Uploaded are its configuration, weights, model card and the pictures that the card shows,
    after a check that the checkpoint loads. It needs a token with the right to write: run `hf
    auth login` once, or set HF_TOKEN. The environment variable HF_ENDPOINT names another server.

    \b
    Examples:
      stylemix push my-model me/my-style
      stylemix push my-model me/my-style --private
      stylemix push my-model me/my-style --revision v2 --message "Trained for longer"
    """  # noqa: D301 (click wants the character \b)
    from stylemix.checkpoint.publish import push as publish

    address = publish(folder, repository, private=private, revision=revision, message=message)
    click.echo(f"published {address}")
    click.echo(f"use it:  stylemix stylize photo.jpg painting.jpg --model {repository} -o out.png")
    click.echo(f'pin it:  stylemix.load("{repository}", revision="{address.rsplit("/", 1)[1]}")')
