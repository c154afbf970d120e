"""A server that answers with any bytes, and the client that stylemix asks it by.

The client reads its settings when it is imported, so :func:`prepare` has to come first.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socketserver
import tempfile
import threading
from pathlib import Path


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answer = b""

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that leave early."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.settimeout(2)
            self.request.recv(65536)
            self.request.sendall(self.server.answer)


@functools.cache
def _server() -> _Server:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@functools.cache
def prepare() -> Path:
    """Start the server, and direct the client to it; return the client's folder."""
    folder = Path(tempfile.mkdtemp(prefix="stylemix-fuzz-hub-"))
    os.environ |= {
        "HF_ENDPOINT": f"http://127.0.0.1:{_server().server_address[1]}",
        "HF_HOME": str(folder),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_ETAG_TIMEOUT": "1",
        "HF_HUB_DOWNLOAD_TIMEOUT": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    return folder


def ask(answer: bytes) -> None:
    """Load a model from a Hub that answers every question with these bytes."""
    folder = prepare()
    from stylemix.checkpoint import load
    from stylemix.checkpoint.download import download

    shutil.rmtree(folder / "hub", ignore_errors=True)
    _server().answer = answer
    load(download("owner/name"))
