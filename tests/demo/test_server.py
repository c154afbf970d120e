"""What strangers may not do to a real server."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

from stylemix.demo.server import model_choices
from stylemix.errors import ConfigError

ROOT = Path(__file__).parents[2]


def fetch(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as problem:
        return problem.code, problem.read()


def call(server, *data) -> tuple[int, bytes]:
    """Call the endpoint by hand; give the status and the stream of events."""
    status, body = fetch(
        f"{server.url}gradio_api/call/stylize",
        json.dumps({"data": list(data)}).encode(),
        **{"Content-Type": "application/json"},
    )
    if status != 200:
        return status, body
    event = json.loads(body)["event_id"]
    return fetch(f"{server.url}gradio_api/call/stylize/{event}")


def record(path: str) -> dict:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


REST = [
    *(None, None, None, 1, 1, 1, 1, 1, False, None, "1024", "automatic", "tiny", 0, "thin", None),
    *("pixels", "auto"),
]


def test_the_page_is_there(server):
    status, body = fetch(server.url)
    assert status == 200
    assert b"stylemix" in body


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../../../../../etc/passwd",
        str(ROOT / "pyproject.toml"),
        "pyproject.toml",
        "{model}/config.json",
        "{photo}",
    ],
)
@pytest.mark.parametrize("quote", [False, True])
def test_no_other_file_is_served(server, files, path, quote):
    path = path.format(model=files.models[0], photo=files.photo)
    path = urllib.parse.quote(path, safe="") if quote else path
    status, body = fetch(f"{server.url}gradio_api/file={path}")
    assert status in (403, 404)
    assert b"root:" not in body


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{photo}", "../../etc/passwd", str(ROOT / "pyproject.toml")]
)
def test_no_other_file_is_read(server, files, path):
    """The photograph exists and is a picture, but it was never uploaded."""
    path = path.format(photo=files.photo)
    status, events = call(server, record(path), record(path), *REST)
    assert status == 200
    assert b"event: error" in events
    assert b"event: complete" not in events


def test_addresses_are_not_fetched(server):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.settimeout(2)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.png"
    status, body = call(server, record(url), record(url), *REST)
    assert status == 400
    assert b"upload the file" in body
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


def test_a_huge_body_is_refused_by_its_declared_length(server):
    for path in ("gradio_api/upload", "gradio_api/queue/join", "gradio_api/call/stylize"):
        address = urllib.parse.urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as peer:
            peer.sendall(
                f"POST /{path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                "Content-Type: application/json\r\n"
                "Content-Length: 99999999999\r\n\r\n".encode()
            )
            assert peer.recv(100).startswith(b"HTTP/1.1 413")


def multipart(name: str, content: bytes) -> tuple[bytes, str]:
    head = (
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode()
    return head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def upload(server, name: str, content: bytes) -> tuple[int, bytes]:
    body, kind = multipart(name, content)
    return fetch(f"{server.url}gradio_api/upload", body, **{"Content-Type": kind})


def test_a_file_above_the_limit_is_refused(server):
    assert upload(server, "a.png", b"x" * (50 * 2**20 + 1))[0] == 413


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "..\\\\evil.png"])
def test_upload_names_lead_nowhere(server, name):
    status, body = upload(server, name, b"x")
    assert status == 200
    path = Path(json.loads(body)[0])
    assert path.parent.parent.name == "cache"
    assert path.is_file()
    assert not (path.parent.parent.parent / "evil.png").exists()


def test_a_decompression_bomb_is_refused(server):
    """Some bytes whose header promises 900 megapixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    chunk = struct.pack(">I", 13) + b"IHDR" + header + checksum
    chunk += struct.pack(">I", 100) + b"IDAT" + b"x" * 50
    status, body = upload(server, "bomb.png", b"\x89PNG\r\n\x1a\n" + chunk)
    assert status == 200
    uploaded = record(json.loads(body)[0])
    _, events = call(server, uploaded, uploaded, *REST)
    assert b"event: error" in events
    assert b"megapixels" in events


def test_the_queue_can_t_be_skipped(server):
    data = json.dumps({"data": [None, None, *REST]}).encode()
    for path in ("run/stylize", "api/stylize"):
        status, _ = fetch(
            f"{server.url}gradio_api/{path}", data, **{"Content-Type": "application/json"}
        )
        assert status in (404, 405)


def test_files_go_with_the_server(start_server):
    server = start_server()
    folder = Path(json.loads(upload(server, "a.png", b"x")[1])[0]).parents[2]
    assert folder.name.startswith("stylemix-demo-")
    server.process.terminate()
    server.process.wait(120)
    assert not folder.exists()


def test_names_of_models(files):
    from stylemix.checkpoint.catalogue import models

    known = [info.name for info in models()]
    assert "gatys" in known
    choices = model_choices(files.models)
    assert list(choices) == ["tiny", "other", *known]
    assert Path(choices["tiny"]) == Path(files.models[0])
    assert next(iter(model_choices(["owner/name"]))) == "owner/name"
    for name in known:
        assert next(iter(model_choices([name]))) == name
    with pytest.raises(ConfigError, match="'tiny'"):
        model_choices([files.models[0], files.models[0]])


def test_answers_tell_browsers_what_is_allowed(server):
    for path in ("", "config", "gradio_api/file=/etc/passwd", "no/such/page"):
        try:
            answer = urllib.request.urlopen(server.url + path, timeout=60)
        except urllib.error.HTTPError as problem:
            answer = problem
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self' https://huggingface.co" in policy


@pytest.mark.parametrize("kind", ["application/json; x=multipart", "text/plain"])
def test_no_parameter_of_the_media_type_opens_a_way_to_the_web(server, kind):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.settimeout(2)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.png"
    body = json.dumps({"data": [record(url), record(url), *REST]}).encode()
    status, answer = fetch(f"{server.url}gradio_api/call/stylize", body, **{"Content-Type": kind})
    assert (status, b"upload the file" in answer) == (400, True)
    assert fetch(f"{server.url}gradio_api/file={url}")[0] == 400
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


def test_no_sample_is_shown_that_would_not_work(server):
    """Gradio's page of samples names a picture in the web, which is refused."""
    config = json.loads(fetch(f"{server.url}config")[1])
    assert config["footer_links"] == []


def test_assistants_are_offered_the_endpoint_when_asked_for(start_server, server, files):
    mcp = pytest.importorskip("mcp", reason="it needs: pip install 'gradio[mcp]'")
    from mcp.client.streamable_http import streamablehttp_client

    def picture(path: str) -> str:
        return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()

    async def use(url: str) -> tuple[list[str], list[Any]]:
        async with (
            streamablehttp_client(url) as (reader, writer, _),
            mcp.ClientSession(reader, writer) as session,
        ):
            await session.initialize()
            names = [tool.name for tool in (await session.list_tools()).tools]
            asked = {
                "photo": picture(files.photo),
                "painting_1": picture(files.paintings[0]),
                "size": "384",
            }
            answers = [
                await session.call_tool(names[0], {**asked, **change})
                for change in ({}, {"photo": "http://127.0.0.1:1/a.png"})
            ]
            return names, answers

    assert fetch(f"{server.url}gradio_api/mcp/", b"{}")[0] in (404, 405)  # not unless asked
    running = start_server("--mcp")
    names, (made, refused) = asyncio.run(use(f"{running.url}gradio_api/mcp/"))
    assert names == ["stylize"]
    assert not made.isError
    assert "384 × 288 pixels" in made.content[-1].text
    assert refused.isError
