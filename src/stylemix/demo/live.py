"""Pictures of a camera, painted as they come."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from PIL import Image

from stylemix.demo.markup import said
from stylemix.demo.service import Service
from stylemix.demo.video_controls import PAINTING
from stylemix.errors import ConfigError, PictureError, StylemixError

SIDES = (256, 384, 512)
"""Long sides in pixels to choose from."""
MOST_PIXELS = 4_000_000
"""Of one picture of a camera."""
SESSIONS = 100
"""Browsers whose rate is remembered."""
_SHARE = 0.2  # of the newest interval in the mean


class Live:
    """Paints the pictures of cameras, one at a time.

    It runs beside the pictures that are asked for by the button, and doesn't wait for them; the
    network draws one at a time.

    Args:
        service: whose models and limits hold.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._turn = asyncio.Lock()
        self._last: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def frame(
        self, session: str, camera: Any, painting: Any, strength: Any, side: Any
    ) -> tuple[str, str]:
        """Paint the newest picture of a camera.

        Gradio keeps only the newest one while another is painted; the rest is dropped.

        Args:
            session: tells browsers apart.
            camera: the browser's record of the picture, its data in the address.
            painting: the browser's record of the painting.
            strength: as for :func:`stylemix.stylize`.
            side: long side of the result in pixels.

        Returns:
            The picture and how many came in a second, as HTML; nothing is written to the disk.

        Raises:
            PictureError: there is no painting, or a picture can't be used.
            ConfigError: a number is out of range.
        """
        path = self._service.uploads.path(painting, PAINTING)
        if path is None:
            raise PictureError("there is no painting yet: choose one below")
        if side not in SIDES:
            raise ConfigError(f"size must be one of {', '.join(map(str, SIDES))}, got {side!r}")
        async with self._turn:
            started = time.perf_counter()
            made = await asyncio.to_thread(self._paint, camera, path, strength, side)
            took = time.perf_counter() - started
        rate = self._rate(session, time.perf_counter(), took)
        return _as_html(made), said(f"{rate:.1f} frames per second · {1000 * took:.0f} ms each")

    def _paint(self, camera: Any, path: str, strength: Any, side: int) -> Image.Image:
        model = self._service.quick_model
        if model is None:
            raise ConfigError(
                "the camera needs a model that draws in one pass; this server has none"
            )
        stylizer = self._service.stylizer(model)
        style = self._service.style(stylizer, model, path)
        picture = picture_of(camera)
        picture.thumbnail((side, side), Image.Resampling.BILINEAR)
        return stylizer.stylize(picture, style, strength=strength)

    def _rate(self, session: str, now: float, took: float) -> float:
        """Return pictures per second, a moving mean of the intervals between them."""
        last, mean = self._last.pop(session, (now - took, took))
        interval = now - last
        # After a pause it is counted anew.
        mean = interval if interval > 3 else mean + _SHARE * (interval - mean)
        self._last[session] = (now, mean)
        while len(self._last) > SESSIONS:
            self._last.popitem(last=False)
        return 1 / max(mean, 1e-3)


def _as_html(picture: Image.Image) -> str:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=85)
    address = "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
    return f'<img src="{address}" alt="The camera\'s picture, painted">'


def picture_of(camera: Any) -> Image.Image:
    """Decode a camera's picture from the address that the browser sends.

    Raises:
        PictureError: it is none, or too large.
    """
    address = camera.get("url") if isinstance(camera, Mapping) else None
    if not isinstance(address, str) or not address.startswith("data:image/"):
        raise PictureError("the camera sent no picture: start it again")
    try:
        data = base64.b64decode(address.partition(",")[2], validate=True)
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PictureError("the camera's picture is too large: choose a smaller resolution")
            return image.convert("RGB")
    except StylemixError:
        raise
    except Exception as problem:  # decoders raise anything on damaged data
        raise PictureError("the camera's picture can't be read: start it again") from problem
