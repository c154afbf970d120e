"""From the bytes of a file to the pixels that pass the network, and back."""

from __future__ import annotations

import io
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor

from stylemix.dataset.options import FORMATS, DatasetOptions
from stylemix.errors import PictureError
from stylemix.images import MAX_PIXELS, from_float, open_file, read, resize, to_pil


def decode(body: bytes, options: DatasetOptions) -> Tensor:
    """Return a picture as pixels of the size that was asked for.

    It is turned upright and brought to sRGB. The short side gets ``options.size`` pixels, or is
    enlarged to ``options.crop`` where only that is given and more than there is; then the middle
    is cut out, as the usual preparation of ImageNet does.

    Args:
        body: of a picture file.
        options: ``size`` and ``crop`` count.

    Returns:
        uint8 [3, H, W], or [4, H, W] with transparency.

    Raises:
        PictureError: it is damaged, or no picture.
    """
    try:
        with open_file(io.BytesIO(body), MAX_PIXELS, "it") as image:
            found = read(image)
    except PictureError as problem:
        raise PictureError(str(problem).replace("the PIL image", "it")) from problem
    short, long = min(found.size), max(found.size)
    wanted = options.size or max(short, options.crop or 0)
    if wanted != short and found.alpha is None:
        found = replace(found, pixels=resize(found.pixels, short_side=wanted))
    elif wanted != short:
        found = found.resized(round(long * wanted / short))
    pixels = found.pixels
    if pixels.is_floating_point():  # TIFF knows such pictures
        pixels = from_float(pixels, torch.uint8)
    if found.alpha is not None:
        pixels = torch.cat([pixels, found.alpha[None]])
    if options.crop is None:
        return pixels
    top, left = ((side - options.crop) // 2 for side in pixels.shape[-2:])
    return pixels[:, top : top + options.crop, left : left + options.crop].contiguous()


def encode(pixels: Tensor, options: DatasetOptions) -> bytes:
    """Return the bytes of a picture's file.

    JPEG is written without chroma subsampling, as :func:`stylemix.images.save` does, and with
    transparency flattened on white; PNG and WebP keep it.

    Args:
        pixels: uint8 [3, H, W], or [4, H, W] with transparency.
        options: ``format`` and ``quality`` count.

    Raises:
        PictureError: the format can't hold it.
    """
    image = to_pil(pixels[:3], pixels[3] if len(pixels) == 4 else None)
    settings: dict[str, object] = {}
    if options.format == "jpeg":
        settings = {"quality": options.quality, "subsampling": 0}
        if image.mode == "RGBA":
            flat = Image.new("RGB", image.size, "white")
            flat.paste(image.convert("RGB"), mask=image.getchannel("A"))
            image = flat
    elif options.format == "webp":
        settings = {"quality": options.quality, "exact": True}
    body = io.BytesIO()
    try:
        image.save(body, options.format, **settings)
    except (ValueError, OSError) as problem:
        raise PictureError(
            f"its {image.width} x {image.height} pixels can't be written as {options.format} "
            f"({problem}); give a smaller size, or png"
        ) from problem
    return body.getvalue()


def ending(own: str, options: DatasetOptions) -> str:
    """Return the ending of a result's file: the picture's own, where it says the format.

    Args:
        own: of the picture's file, such as ``".JPEG"``; may be empty.
        options: ``format`` counts.
    """
    kinds = Image.registered_extensions()
    return own if kinds.get(own.lower()) == options.format.upper() else FORMATS[options.format]
