"""TIFF files beyond Pillow: more than one floating-point or 32-bit channel, and unusual depths."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageFile

from stylemix.errors import PictureError
from stylemix.plugins.installing import install_line

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED = 1
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def is_tiff(head: bytes) -> bool:
    """Tell a TIFF file by its first four bytes."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def readable() -> bool:
    """Tell whether tifffile is installed."""
    return importlib.util.find_spec("tifffile") is not None


def missing() -> str:
    """Return what to say of such a file where tifffile or imagecodecs isn't installed."""
    return (
        f"is a TIFF picture of a depth that needs the extra tiff: {install_line('tiff')}, or save "
        "it with 8 or 16 bits per channel"
    )


class DeepTiff(ImageFile.ImageFile):
    """The first page of a TIFF file as a PIL image of 8 bits, read by tifffile.

    Integers count by their depth, floats are in [0, 1]; both are rounded to 8 bits when the image
    is loaded. WhiteIsZero is honored, premultiplied transparency undone.
    """

    format = "TIFF"
    format_description = "TIFF of any depth"

    def _open(self) -> None:
        import tifffile

        assert self.fp is not None
        try:
            page: Any = tifffile.TiffFile(self.fp).pages[0]
            photometric, samples = int(page.photometric), int(page.samplesperpixel)
        except Exception as problem:  # whatever damaged tags lead to
            raise SyntaxError(f"it can't be read ({problem})") from problem
        colors = 3 if photometric == _RGB else 1
        if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB) or samples < colors:
            raise SyntaxError("neither grey nor RGB")
        # More channels than colors and transparency are some program's own.
        self._channels = min(samples, colors + 1)
        self._mode = _MODES[self._channels]
        self._size = (int(page.imagewidth), int(page.imagelength))
        self._page, tags = page, page.tags
        if 34675 in tags:
            self.info["icc_profile"] = bytes(tags[34675].value)
        if 274 in tags:
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = int(tags[274].value)
            self.info["exif"] = exif.tobytes()
        self.tile = []

    def load(self) -> Any:
        """Decode the pixels.

        Raises:
            PictureError: values are outside of what the depth or [0, 1] allows, or the file is
                compressed in a way that takes another package.
        """
        if self._im is None:
            try:
                values = self._values()
            except ValueError as problem:
                if "imagecodecs" in str(problem):
                    raise PictureError(f"{self.filename!s} {missing()}") from problem
                raise
            pixels = np.round(values * 255).astype(np.uint8)
            if pixels.shape[2] == 1:
                pixels = pixels[..., 0]
            self.im = Image.fromarray(pixels).im
        return super().load()

    def _values(self) -> np.ndarray:
        """Return [H, W, C] in [0, 1]."""
        values = self._page.asarray()
        if values.ndim == 2:
            values = values[..., None]
        elif self._page.axes[:1] == "S":
            values = np.moveaxis(values, 0, -1)
        values = values[..., : self._channels]
        if values.dtype.kind in "iu":
            bits = int(self._page.bitspersample) - (values.dtype.kind == "i")
            values = values / np.float64(2**bits - 1)
        values = values.astype(np.float32)
        low, high = float(values.min()), float(values.max())
        if not (low >= -1e-4 and high <= 1 + 1e-4):  # NaN compares as false
            raise PictureError(
                f"{self.filename!s} holds values from {low:.4g} to {high:.4g}, where 0 is black "
                "and 1 is white: scale or clip them first"
            )
        values = values.clip(0, 1)
        if int(self._page.photometric) == _WHITE_IS_ZERO:
            values[..., 0] = 1 - values[..., 0]
        extra = [int(e) for e in self._page.extrasamples][:1]
        if self._channels in (2, 4) and extra == [_PREMULTIPLIED]:
            values[..., :-1] /= np.maximum(values[..., -1:], 1e-6)
        return values.clip(0, 1)
