"""The nodes, one a file. A new node is added to ``NODES``."""

from __future__ import annotations

from comfy_api.latest import io

from .apply_style import ApplyStyle
from .encode_style import EncodeStyle
from .load_example import LoadExample
from .load_model import LoadModel
from .load_style import LoadStyle
from .mix_styles import MixStyles
from .optimise_picture import OptimisePicture
from .save_style import SaveStyle
from .stylize import Stylize

NODES: tuple[type[io.ComfyNode], ...] = (
    LoadModel,
    EncodeStyle,
    MixStyles,
    ApplyStyle,
    OptimisePicture,
    Stylize,
    LoadExample,
    SaveStyle,
    LoadStyle,
)
"""Every node of this pack, in the order in which they are used."""
