"""Headers that tell browsers what the page may do and who may show it."""

from __future__ import annotations

from stylemix.demo.bodies import Application, Message, Receive, Send

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio's own page has programs in its text and compiles templates.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        # A Space is shown in a frame of the Hub's.
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
    )
)
"""Everything comes from this server; nothing can be loaded from or sent to another one."""

HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)


class Headers:
    """ASGI middleware that adds :data:`HEADERS` to every answer that doesn't set them itself.

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

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                more = [pair for pair in HEADERS if pair[0] not in names]
                message = {**message, "headers": [*given, *more]}
            await send(message)

        await self.app(scope, receive, adding)
