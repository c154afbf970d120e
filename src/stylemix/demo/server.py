"""Starts the demo's server."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from stylemix.checkpoint.catalogue import models as known
from stylemix.demo import look, page
from stylemix.demo.addresses import NoAddresses
from stylemix.demo.bodies import BodyLimit
from stylemix.demo.cache import Sweeper
from stylemix.demo.examples import find_folder, prepare
from stylemix.demo.headers import Headers
from stylemix.demo.limits import PAINTINGS, Limits
from stylemix.demo.service import Service
from stylemix.demo.showcase import Showcase
from stylemix.demo.uploads import Uploads
from stylemix.errors import ConfigError

_OTHER_BODIES = 4 * 2**20  # requests without files; a drawing's layer is the largest
_MCP_BODIES = 32 * 2**20  # an assistant sends pictures in the text of its request


@dataclass(frozen=True)
class Running:
    """A server that was started.

    Attributes:
        url: where it listens, with a slash at the end.
        service: what answers.
        showcase: what paints the examples.
        folder: its uploads, results and examples.
        blocks: Gradio's application.
    """

    url: str
    service: Service
    showcase: Showcase
    folder: Path
    blocks: gr.Blocks

    def close(self) -> None:
        """Stop the server and delete its files."""
        self.blocks.close(verbose=False)
        self.showcase.close()
        self.service.jobs.close()
        if os.environ.get("GRADIO_TEMP_DIR") == str(self.folder / "cache"):
            del os.environ["GRADIO_TEMP_DIR"]
        shutil.rmtree(self.folder, ignore_errors=True)


def model_choices(more: Sequence[str] = ()) -> dict[str, str]:
    """Return the names of the list of models, and what each stands for.

    Args:
        more: checkpoint folders, Hub repositories or names, besides the models of
            :func:`stylemix.models`; they come first.

    Raises:
        ConfigError: two of ``more`` have the same name, or there is none at all.
    """
    choices: dict[str, str] = {}
    for model in more:
        name = Path(model).resolve().name if Path(model).is_dir() else model
        if name in choices:
            raise ConfigError(f"two models are called {name!r}; rename one of the folders")
        choices[name] = str(Path(model).resolve()) if Path(model).is_dir() else model
    for info in known():
        choices.setdefault(info.name, info.name)
    if not choices:
        raise ConfigError(
            "no model ships with this copy of stylemix; give a checkpoint folder or "
            "owner/name with --model"
        )
    return choices


def launch(
    models: Sequence[str] = (),
    *,
    host: str | None = None,
    port: int | None = None,
    examples: Path | None = None,
    limits: Limits | None = None,
    open_browser: bool = False,
    share: bool = False,
    mcp: bool = False,
) -> Running:
    """Start the server and return.

    Args:
        models: as for :func:`model_choices`.
        host: address to listen on; None takes GRADIO_SERVER_NAME, or this machine alone.
        port: 0 takes any free one; None GRADIO_SERVER_PORT, or the first free one from 7860.
        examples: a folder with the folders ``photos`` and ``paintings``; None looks for the
            repository's.
        limits: bounds of what users may ask for.
        open_browser: open the page.
        share: ask Gradio for a public address.
        mcp: offer the endpoint to programs that speak the Model Context Protocol too.

    Raises:
        ConfigError: there is no model, the port can't be used, or the package for ``mcp`` is
            missing.
    """
    if mcp:
        _check_mcp()
    limits = limits or Limits()
    choices = model_choices(models)
    folder = Path(tempfile.mkdtemp(prefix="stylemix-demo-")).resolve()
    cache, shown = folder / "cache", folder / "examples"
    cache.mkdir()
    shown.mkdir()
    # Gradio reads it when components are made, and again when the server starts.
    os.environ["GRADIO_TEMP_DIR"] = str(cache)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    gr.set_static_paths([str(shown)])
    service = Service(choices, limits, Uploads(cache, shown), cache)
    found = prepare(examples or find_folder(), shown)
    showcase = Showcase(service, found.pairs, shown / "finished")
    blocks = page.build(service, found, showcase)
    # The service has a queue of its own; Gradio's holds the page's small events too.
    blocks.queue(max_size=10 * limits.queue + 100, default_concurrency_limit=4, api_open=False)
    try:
        _, url, public = blocks.launch(
            server_name=host,
            server_port=_free_port() if port == 0 else port,
            inbrowser=open_browser,
            share=share,
            prevent_thread_lock=True,
            quiet=True,
            show_error=True,
            max_file_size=limits.max_file_bytes,
            ssr_mode=False,
            run_history=False,
            footer_links=[],
            mcp_server=mcp,
            state_session_capacity=500,
            enable_monitoring=False,
            theme=look.theme(),
            css=look.css(),
            app_kwargs={
                "lifespan": _sweeping(cache, limits),
                "middleware": _middleware(limits, mcp),
            },
        )
    except OSError as problem:
        showcase.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise ConfigError(
            f"the demo can't listen there ({problem}); choose another --port"
        ) from problem
    return Running(public or url, service, showcase, folder, blocks)


def _check_mcp() -> None:
    try:
        import_module("mcp.server")  # Gradio would start without it and say nothing
    except ImportError as problem:
        raise ConfigError(
            f"--mcp needs one more package ({problem}); run: pip install 'gradio[mcp]'"
        ) from problem


def _middleware(limits: Limits, mcp: bool) -> list[Middleware]:
    uploads = (PAINTINGS + 1) * limits.max_file_bytes + 2**20
    return [
        Middleware(Headers),
        Middleware(
            BodyLimit,
            upload_bytes=uploads,
            other_bytes=_MCP_BODIES if mcp else _OTHER_BODIES,
        ),
        Middleware(NoAddresses),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sweeping(cache: Path, limits: Limits) -> Any:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        sweeper = Sweeper(cache, limits.cache_bytes, limits.cache_seconds)
        try:
            yield
        finally:
            sweeper.close()

    return lifespan
