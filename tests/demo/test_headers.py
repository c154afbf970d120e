from __future__ import annotations

import asyncio

from stylemix.demo.headers import HEADERS, Headers


def answered(given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": given})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message):
        sent.append(message)

    asyncio.run(Headers(app)({"type": "http"}, None, send))
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["headers"]


def test_every_answer_carries_them_beside_its_own():
    assert answered([(b"x", b"1")]) == [(b"x", b"1"), *HEADERS]


def test_what_the_application_sets_stays():
    own = (b"Referrer-Policy", b"no-referrer")
    headers = answered([own])
    assert own in headers
    assert [name for name, _ in headers if name.lower() == b"referrer-policy"] == [own[0]]


def test_connections_of_other_kinds_pass():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Headers(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
