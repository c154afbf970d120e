"""HEIC and HEIF files, the photographs of phones, which Pillow reads with pillow-heif's help."""

from __future__ import annotations

import functools
import importlib.util

from stylemix.plugins.installing import install_line

ENDINGS = (".heic", ".heif", ".hif")

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def readable() -> bool:
    """Tell whether pillow-heif is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


def is_heif(head: bytes) -> bool:
    """Tell a HEIC or HEIF file by its first 32 bytes; AVIF, which begins alike, isn't meant."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS and b"avif" not in head


def missing() -> str:
    """Return what to say of a HEIC file where pillow-heif isn't installed."""
    return f"is a HEIC picture, which needs the extra heic: {install_line('heic')}, or give a JPEG"


@functools.cache
def register() -> None:
    """Teach Pillow the format; pillow-heif must be installed."""
    import pillow_heif

    pillow_heif.register_heif_opener()
