"""ComfyUI nodes for stylemix: render pictures in the style of one or several paintings."""

from __future__ import annotations

try:
    import stylemix  # noqa: F401
except ImportError as problem:
    raise ImportError(
        "the stylemix nodes need the stylemix library: install it into the Python that runs "
        "ComfyUI, as README.md in this folder says"
    ) from problem

from comfy_api.latest import ComfyExtension, io

from .nodes import NODES

WEB_DIRECTORY = "./web"
"""ComfyUI serves the help pages in ``docs`` from here."""

__all__ = ["WEB_DIRECTORY", "StylemixExtension", "comfy_entrypoint"]


class StylemixExtension(ComfyExtension):
    """What ComfyUI asks for this pack's nodes."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """Return the node classes."""
        return list(NODES)


async def comfy_entrypoint() -> StylemixExtension:
    """Return the extension; ComfyUI calls this once at its start."""
    return StylemixExtension()
