"""``stylemix demo``: the page in the browser."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from stylemix.errors import ConfigError


@click.command()
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="NAME|FOLDER|OWNER/NAME",
    help="One more model to choose from: a name that `stylemix models` lists, a "
    "checkpoint folder, or a repository on the Hugging Face Hub. May be given "
    "several times; the first is the default.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on; 0.0.0.0 lets other machines in.  [default: this machine only]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port to listen on; 0 takes any free one.  [default: the first free one from 7860]",
)
@click.option(
    "--examples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Pictures to offer: a folder with the folders photos and paintings.  "
    "[default: those that ship with stylemix]",
)
@click.option(
    "--max-megapixels",
    type=click.FloatRange(min=0.01),
    default=24.0,
    show_default=True,
    metavar="N",
    help="Larger results are refused.",
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    metavar="N",
    help="Requests that may wait; more are refused.",
)
@click.option("--open/--no-open", "open_browser", default=False, help="Open the page.")
@click.option(
    "--mcp",
    is_flag=True,
    help="Offer it to assistants by the Model Context Protocol too, at /gradio_api/mcp "
    "(needs: pip install 'gradio[mcp]').",
)
@click.option("--share", is_flag=True, help="Ask Gradio for a public address (needs internet).")
def demo(
    models: tuple[str, ...],
    host: str | None,
    port: int | None,
    examples: Path | None,
    max_megapixels: float,
    queue: int,
    open_browser: bool,
    share: bool,
    mcp: bool,
) -> None:
    """Open the demo: photograph, paintings, strength, regions and more, in the browser.

    It works offline with the models that ship with stylemix, and offers the API endpoint
    `/stylize` to gradio_client. It needs Gradio, stylemix's extra "demo".

    \b
    Examples:
      stylemix demo --open
      stylemix demo --model ./my-checkpoint --port 8000
      stylemix demo --host 0.0.0.0 --max-megapixels 12
    """  # noqa: D301 (click wants the character \b)
    try:
        import gradio  # noqa: F401 - told apart from errors inside our own modules
    except ImportError:
        from stylemix.plugins.installing import install_line

        raise ConfigError(f"the demo needs Gradio; run: {install_line('demo')}") from None
    from stylemix.demo import Limits, launch

    # As Ctrl-C does, so that the server's files are deleted when a supervisor ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    limits = Limits(max_pixels=int(max_megapixels * 1e6), queue=queue)
    running = launch(
        models,
        host=host,
        port=port,
        examples=examples,
        limits=limits,
        open_browser=open_browser,
        share=share,
        mcp=mcp,
    )
    try:
        click.echo(f"stylemix demo at {running.url} (Ctrl-C ends it)")
        running.blocks.block_thread()
    finally:
        running.close()
