from __future__ import annotations

import asyncio

import pytest

from stylemix.demo.bodies import BodyLimit


def call(path, chunks, *, declared=None, kind="http"):
    """Send a request through the middleware; give the status and what the application read."""
    sent, read = [], []
    queue = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    queue.append({"type": "http.request", "body": b"", "more_body": False})

    async def app(scope, receive, send):
        while True:
            message = await receive()
            read.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive():
        return queue.pop(0)

    async def send(message):
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    limit = BodyLimit(app, upload_bytes=100, other_bytes=10)
    asyncio.run(limit({"type": kind, "path": path, "headers": headers}, receive, send))
    return (sent[0]["status"] if sent else None), b"".join(read)


@pytest.mark.parametrize(
    "path, size, status",
    [
        ("/gradio_api/upload", 100, 200),
        ("/gradio_api/upload", 101, 413),
        ("/gradio_api/upload/", 100, 200),
        ("/gradio_api/queue/join", 10, 200),
        ("/gradio_api/queue/join", 11, 413),
        ("/", 0, 200),
    ],
)
@pytest.mark.parametrize("with_length", [True, False])
def test_limits(path, size, status, with_length):
    got, read = call(path, [b"x" * size], declared=size if with_length else None)
    assert got == status
    if status == 200:
        assert len(read) == size


def test_a_body_in_pieces_is_counted_together():
    assert call("/a", [b"1234", b"5678", b"9012"])[0] == 413


def test_a_declared_length_is_refused_before_anything_is_read():
    assert call("/a", [b"1234"], declared=10**12) == (413, b"")
    assert call("/a", [b"1234"], declared="lots") == (413, b"")


def test_other_protocols_pass():
    assert call("/a", [b"x" * 50], kind="websocket")[0] == 200
