"""Refuses requests that ask the server to fetch files from the web."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from stylemix.demo.bodies import Application, Message, Receive, Send, refuse

REFUSAL = (
    "Web addresses aren't fetched: upload the file, or give what it holds as an address that "
    'begins with "data:image/png;base64,".'
)
_ADDRESS = re.compile(r"/file=\s*https?:", re.IGNORECASE)


class NoAddresses:
    """ASGI middleware that answers 400 to whatever names a web address as a file's path.

    That is JSON with such a path, or the path of a file to be served. Gradio would download it,
    however large it is. It must run behind :class:`stylemix.demo.bodies.BodyLimit`, for it holds
    the body in memory.

    Args:
        app: what to call.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _ADDRESS.search(str(scope.get("path", ""))):
            await refuse(send, 400, REFUSAL)
            return
        kind = dict(scope.get("headers", ())).get(b"content-type", b"")
        # Only the media type decides how a body is read, not its parameters.
        multipart = kind.partition(b";")[0].strip().lower() == b"multipart/form-data"
        if scope.get("method") in ("GET", "HEAD") or multipart:
            await self.app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client has left
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if _names_address(body):
            await refuse(send, 400, REFUSAL)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)


def _names_address(body: bytes) -> bool:
    try:
        todo: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        return False  # Gradio refuses it as well
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            path = value.get("path")
            if isinstance(path, str) and path.strip().lower().startswith(("http:", "https:")):
                return True
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return False
