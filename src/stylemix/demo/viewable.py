"""Uploads of kinds that browsers don't show, such as HEIC and TIFF: copies of them that they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from stylemix.demo.limits import check_picture, named
from stylemix.demo.service import Service
from stylemix.demo.widgets import PRIVATE
from stylemix.errors import PictureError, StylemixError
from stylemix.images import read, save
from stylemix.images.files import open_file

SHOWN = {"AVIF", "BMP", "GIF", "JPEG", "PNG", "WEBP"}
"""Kinds of picture, in Pillow's words, that every browser of these years shows."""


def viewable(path: str, label: str, service: Service) -> str:
    """Return the path of a picture, or of a copy in full size where browsers can't show its kind.

    Args:
        path: of the upload.
        label: what to call it in messages.
        service: whose limits and folder hold.

    Returns:
        The same path, or that of a JPEG; of a PNG where it is transparent.

    Raises:
        PictureError: it is no picture, or too large.
    """
    check_picture(path, label, service.limits)
    with open_file(path, max_pixels=2**62) as image:
        if image.format in SHOWN:
            return path
    try:
        made = read(path, keep_space=True, max_pixels=service.limits.max_decoded).to_pil()
    except StylemixError as problem:
        raise PictureError(named(problem, path, label)) from None
    folder = service.folder / f"seen-{Path(path).parent.name}"
    target = folder / f"{Path(path).stem}{'.jpg' if made.mode == 'RGB' else '.png'}"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        save(made, target)
    return str(target)


def show_uploads(image: gr.Image, label: str, service: Service) -> None:
    """Let a component show what is uploaded to it, whatever its kind.

    Args:
        image: the component.
        label: what to call its picture in messages.
        service: whose limits and folder hold.
    """

    def shown(payload: Any) -> Any:
        try:
            found = service.uploads.path(payload, label)
            seen = found and viewable(found, label, service)
        except StylemixError:
            return gr.skip()  # it is told when the page takes the picture
        return gr.skip() if seen == found else seen

    image.upload(
        shown,
        image,
        image,
        preprocess=False,
        concurrency_limit=2,
        trigger_mode="always_last",
        **PRIVATE,
    )
