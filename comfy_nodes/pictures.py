"""Between ComfyUI's tensors and the pictures that stylemix takes and gives."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .errors import NodeError

_EMPTY_MASK = 64  # LoadImage gives a black mask of 64 x 64 pixels for an opaque picture


def check_images(images: Tensor, source: str) -> Tensor:
    """Check an IMAGE and give it as a batch.

    Args:
        images: [B, H, W, C] or [H, W, C] floats in [0, 1]; C is 1, 3 or 4 (RGB and opacity).
        source: the input's name, for messages.

    Returns:
        [B, H, W, C], a view.

    Raises:
        NodeError: it is no such tensor, or empty.
    """
    if not isinstance(images, Tensor):
        raise NodeError(f"{source}: expected an IMAGE, got {type(images).__name__}")
    batch = images[None] if images.ndim == 3 else images
    if batch.ndim != 4 or batch.shape[-1] not in (1, 3, 4) or not batch.is_floating_point():
        raise NodeError(
            f"{source}: expected an IMAGE, floats [batch, height, width, 1, 3 or 4], got "
            f"{str(images.dtype).removeprefix('torch.')} {list(images.shape)}"
        )
    if batch.numel() == 0:
        raise NodeError(f"{source}: the batch of pictures is empty ({list(images.shape)})")
    return batch


def to_picture(image: Tensor) -> np.ndarray:
    """Return one image [H, W, C] as an array for stylemix, [H, W, C] float32.

    Resizing and decoding nodes overshoot [0, 1] a little, and ComfyUI itself clips only when it
    saves; so do we here.
    """
    return image.detach().float().clamp(0, 1).cpu().numpy()


def to_image(picture: Image.Image, channels: int) -> Tensor:
    """Return a PIL picture as an image [H, W, C] in [0, 1].

    Args:
        picture: what stylemix made, RGB or RGBA.
        channels: of the image that it was made of; 4 keeps the opacity, anything else gives RGB.
    """
    array = np.array(picture.convert("RGBA" if channels == 4 else "RGB"), dtype=np.float32)
    return torch.from_numpy(array).div_(255)


def to_pil(image: Tensor) -> Image.Image:
    """Return an image [H, W, 3 or 4] of :func:`to_image` as the PIL picture that it was."""
    return Image.fromarray(to_bytes(image.numpy()))


def to_bytes(array: np.ndarray) -> np.ndarray:
    """Return floats in [0, 1] as uint8."""
    return (array * 255).round().astype(np.uint8)


def check_mask(mask: Tensor | None, source: str) -> Tensor | None:
    """Check an optional MASK and give it as a batch.

    Args:
        mask: [B, H, W], [B, 1, H, W] or [H, W] in [0, 1], or None.
        source: the input's name, for messages.

    Returns:
        [B, H, W], a view; None for no mask, which a black one of 64 x 64 pixels also stands for.

    Raises:
        NodeError: it is no such tensor, or empty.
    """
    if mask is None:
        return None
    if not isinstance(mask, Tensor):
        raise NodeError(f"{source}: expected a MASK, got {type(mask).__name__}")
    batch = mask
    if mask.ndim == 2:
        batch = mask[None]
    elif mask.ndim == 4 and mask.shape[1] == 1:
        batch = mask[:, 0]
    if batch.ndim != 3 or batch.numel() == 0:
        raise NodeError(
            f"{source}: expected a MASK, [batch, height, width], got {list(mask.shape)}"
        )
    if batch.shape[-2:] == (_EMPTY_MASK, _EMPTY_MASK) and not bool(batch.any()):
        return None
    return batch


def fit_mask(mask: Tensor, height: int, width: int, source: str) -> Tensor:
    """Bring one mask to a picture's size.

    Args:
        mask: [h, w].
        height: of the picture.
        width: of the picture.
        source: the input's name, for messages.

    Returns:
        [height, width], float32 in [0, 1], on the CPU. A mask of one value, such as Solid Mask
        or an inverted empty one makes, fits every picture.

    Raises:
        NodeError: its proportions are not the picture's, or it holds NaN.
    """
    own_height, own_width = mask.shape
    if bool((mask == mask[0, 0]).all()):
        return mask.detach()[:1, :1].float().cpu().clamp(0, 1).repeat(height, width)
    wanted = own_height * width / own_width  # the mask's height at the picture's width
    # One pixel of either is what rounding costs where something was resized before.
    if abs(wanted - height) > max(0.02 * height, 1, height / own_height, width / own_width):
        raise NodeError(
            f"{source}: the mask is {own_width} x {own_height} pixels, but the image is {width} x "
            f"{height}: crop or resize the mask to the image's proportions"
        )
    out = mask.detach().float().cpu()
    if not bool(out.isfinite().all()):
        raise NodeError(f"{source}: the mask holds NaN or infinite values")
    if out.shape != (height, width):
        out = F.interpolate(
            out[None, None], (height, width), mode="bilinear", antialias=True, align_corners=False
        )[0, 0]
    return out.clamp(0, 1)
