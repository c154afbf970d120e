"""Color profiles that tests make themselves, and what differences of colors look like."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image, ImageCms

D50 = np.array([0.9642, 1, 0.8249])
D65 = (0.3127, 0.3290)
REC709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def matrix_profile(
    primaries: tuple[tuple[float, float], ...],
    white: tuple[float, float],
    curve: float | np.ndarray,
) -> bytes:
    """Build an RGB profile from three matrix columns and one curve (ICC.1:2001-04, 6.3.1.2).

    Args:
        primaries: chromaticities x, y of red, green and blue.
        white: of white, which is adapted to D50 (Bradford).
        curve: an exponent, or linear light in [0, 1] at evenly spaced code values.
    """

    def xyz(x: float, y: float) -> np.ndarray:
        return np.array([x / y, 1, (1 - x - y) / y])

    def numbers(values: np.ndarray) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(v) * 65536) for v in values))

    columns = np.stack([xyz(*p) for p in primaries], 1)
    columns = columns * np.linalg.solve(columns, xyz(*white))
    scale = (_BRADFORD @ D50) / (_BRADFORD @ xyz(*white))
    columns = np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ columns
    if isinstance(curve, float):
        trc = b"curv" + bytes(4) + struct.pack(">IH", 1, round(curve * 256))
    else:
        points = np.round(curve * 65535).astype(">u2")
        trc = b"curv" + bytes(4) + struct.pack(">I", len(points)) + points.tobytes()
    tags = {b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": numbers(D50)}
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True):
        tags[name] = numbers(column)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), trc)
    return assemble(tags, b"mntr", b"RGB ", b"XYZ ")


def assemble(tags: dict[bytes, bytes], kind: bytes, space: bytes, connection: bytes) -> bytes:
    """Put a profile's header, table and tags together, with a description."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78), **tags}
    body, table = b"", struct.pack(">I", len(tags))
    first = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">2I", first + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = first + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02100000, kind, space, connection)
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


_LEVELS = np.linspace(0, 1, 1024)
_SRGB_CURVE = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)

SRGB = matrix_profile(REC709, D65, _SRGB_CURVE)
P3 = matrix_profile(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65, _SRGB_CURVE)
ADOBE = matrix_profile(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 2.19921875)
PROPHOTO = matrix_profile(
    ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), (0.3457, 0.3585), 1.8
)
LINEAR = matrix_profile(REC709, D65, 1.0)
SPACES = {"sRGB": SRGB, "P3": P3, "Adobe": ADOBE, "ProPhoto": PROPHOTO, "linear": LINEAR}


def grey_profile(exponent: float) -> bytes:
    """Build a grey profile whose light is a power of its values."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(exponent * 256))
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return assemble({b"wtpt": white, b"kTRC": curve}, b"mntr", b"GRAY", b"XYZ ")


def cmyk_profile() -> bytes:
    """Build a small CMYK profile: paper is mid-grey, Lab (50, 0, 0), and any ink black."""
    # lut16: 4 inputs, 3 outputs, 2 grid points, identity curves, Lab (v2 encoding).
    lab = struct.pack(">3H", 0x7F80, 0x8000, 0x8000) + struct.pack(">3H", 0, 0x8000, 0x8000) * 15
    table = (
        b"mft2"
        + bytes(4)
        + bytes([4, 3, 2, 0])
        + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
        + struct.pack(">2H", 2, 2)
        + struct.pack(">2H", 0, 65535) * 4
        + lab
        + struct.pack(">2H", 0, 65535) * 3
    )
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return assemble({b"A2B0": table, b"wtpt": white}, b"prtr", b"CMYK", b"Lab ")


def scanner_profile() -> bytes:
    """Build an RGB profile that only leads out of its space: red and blue exchanged, to Lab."""
    # lut8: 3 inputs and outputs, 2 grid points; 8-bit Lab of the cube's corners.
    corners = [(0, 128, 128), (136, 208, 195), (224, 42, 211), (248, 106, 222)]
    corners += [(82, 207, 20), (154, 226, 67), (232, 80, 114), (255, 128, 128)]
    identity = bytes(range(256)) * 3
    table = b"mft1" + bytes(4) + bytes([3, 3, 2, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += identity + b"".join(bytes(c) for c in corners) + identity
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return assemble({b"A2B0": table, b"wtpt": white}, b"scnr", b"RGB ", b"Lab ")


def converted(image: Image.Image, source: bytes, target: bytes) -> Image.Image:
    """Return an RGB image in another color space, with its profile."""
    one, other = (ImageCms.ImageCmsProfile(io.BytesIO(icc)) for icc in (source, target))
    out = ImageCms.profileToProfile(image, one, other, renderingIntent=1, outputMode="RGB")
    assert out is not None
    out.info["icc_profile"] = target
    return out


def lab(image: Image.Image) -> np.ndarray:
    """Return CIE L*a*b* [H, W, 3] of an sRGB image (white D65), for differences dE76."""
    value = np.asarray(image.convert("RGB"), float) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    t = linear @ to_xyz.T / to_xyz.sum(1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)
