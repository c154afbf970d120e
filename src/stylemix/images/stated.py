"""Color spaces that a file states by numbers instead of a profile: in EXIF, and as CICP codes."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from PIL import ExifTags, Image

from stylemix.images.matrix_profiles import D65, SRGB_CURVE, MatrixSpace

_UNCALIBRATED = 0xFFFF
_INTEROPERABILITY = 1  # tag of the rule that a camera's file follows

_ADOBE = MatrixSpace(
    "Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), curve=(563 / 256,)
)
"""Adobe RGB (1998) Color Image Encoding, version 2005-05, 4.3.1."""

# As H.273 (07/2021) numbers them, tables 2 and 3.
_PRIMARIES = {
    1: ("BT.709", ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65),
    9: ("BT.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65),
    11: ("DCI-P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), (0.314, 0.351)),
    12: ("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65),
}
# What is encoded for television (1, 6, 14, 15) is shown by the curve of a display, as video is.
_CURVES = {**dict.fromkeys((1, 6, 13, 14, 15), SRGB_CURVE), 4: (2.2,), 5: (2.8,), 8: (1.0,)}
HDR = {16: "PQ", 18: "HLG"}
"""Codes of the curves of high dynamic range, by which pictures aren't read."""


def stated_profile(image: Image.Image, shown: str) -> bytes | None:
    """Return a profile of the color space that an image without one states; None for none.

    Cameras mark Adobe RGB in EXIF by the uncalibrated color space and the interoperability rule
    "R03" (DCF 2.0, Exif 2.3). HEIC files may hold CICP codes.

    Args:
        image: loaded.
        shown: what to call it in a warning.
    """
    codes = image.info.get("nclx_profile")
    if isinstance(codes, dict):
        return profile_of_codes(
            codes.get("color_primaries"), codes.get("transfer_characteristics"), shown
        )
    return _profile(_ADOBE) if _is_adobe(image) else None


def profile_of_codes(primaries: Any, transfer: Any, shown: str) -> bytes | None:
    """Return a profile of the color space that CICP codes (H.273) name.

    Args:
        primaries: code of the primaries.
        transfer: code of the curve.
        shown: what to call the picture in a warning that it is of high dynamic range, which isn't
            read as such.

    Returns:
        None for codes that aren't known.
    """
    if transfer in HDR:
        warnings.warn(
            f"{shown} is of high dynamic range ({HDR[transfer]}), which is read as if it were of "
            "an ordinary one: save it as SDR for true colors",
            stacklevel=2,
        )
        return None
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    return _profile(MatrixSpace(*_PRIMARIES[primaries], _CURVES[transfer]))


@functools.cache
def _profile(space: MatrixSpace) -> bytes:
    return space.profile()


def _is_adobe(image: Image.Image) -> bool:
    try:
        exif = image.getexif()
        if exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace) != _UNCALIBRATED:
            return False
        rule = exif.get_ifd(ExifTags.IFD.Interop).get(_INTEROPERABILITY)
    except Exception:  # whatever damaged EXIF leads to, and KeyError where there is no rule
        return False
    return str(rule).rstrip("\0") == "R03"
