from __future__ import annotations

import asyncio
import json

import pytest

from stylemix.demo.addresses import NoAddresses


def call(
    body: bytes,
    *,
    kind: bytes = b"application/json",
    method: str = "POST",
    pieces: int = 1,
    path: str = "/",
):
    """Send a request through the middleware; give the status and what the application read."""
    sent, read = [], []
    size = max(1, -(-len(body) // pieces))
    parts = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    queue = [{"type": "http.request", "body": p, "more_body": p is not parts[-1]} for p in parts]

    async def app(scope, receive, send):
        more = True
        while more:
            message = await receive()
            read.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return queue.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": [(b"content-type", kind)]}
    asyncio.run(NoAddresses(app)(scope, receive, send))
    return sent[0]["status"], b"".join(read)


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/a.png",
        "https://example.org/a.png",
        " HTTP://example.org/a.png",
        "https:/example.org",
    ],
)
def test_addresses_anywhere_are_refused(path):
    record = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for data in (record, {"data": [1, [record]]}, {"data": [{"layers": [record]}]}):
        assert call(json.dumps(data).encode()) == (400, b"")


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize(
    "data",
    [
        {"data": [{"path": "/tmp/a.png", "url": "http://127.0.0.1:7860/file=/tmp/a.png"}]},
        {"data": ["http://words.example", {"path": None}, {"path": 3}]},
        [],
        "text",
    ],
)
def test_other_bodies_pass_unchanged(data, pieces):
    body = json.dumps(data).encode()
    assert call(body, pieces=pieces) == (200, body)


def test_what_is_no_json_passes_for_the_application_to_refuse():
    assert call(b"{") == (200, b"{")
    deep = b"[" * 100_000
    assert call(deep) == (200, deep)
    assert call(b'{"path": "http://a"}', kind=b"multipart/form-data") == (
        200,
        b'{"path": "http://a"}',
    )
    assert call(b"", method="GET") == (200, b"")


@pytest.mark.parametrize(
    "kind",
    [
        b"application/json; x=multipart",
        b"application/json; boundary=multipart/form-data",
        b"text/multipart",
        b"",
    ],
)
def test_only_the_media_type_tells_how_a_body_is_read(kind):
    assert call(b'{"path": "http://a"}', kind=kind) == (400, b"")
    assert call(b"x", kind=b"Multipart/Form-Data; boundary=b") == (200, b"x")


@pytest.mark.parametrize("path", ["/gradio_api/file=http://a/b.png", "/x/file=HTTPS:/a/b.png"])
def test_no_address_is_served_as_a_file(path):
    assert call(b"", method="GET", path=path) == (400, b"")
    assert call(b"", method="GET", path="/gradio_api/file=/tmp/http.png") == (200, b"")
