"""Words to the user that are no error: in ComfyUI's log, and on the node."""

from __future__ import annotations

import logging

from comfy_execution.utils import get_executing_context
from server import PromptServer

_log = logging.getLogger(__name__)


def warn(text: str) -> None:
    """Say what the user should know; the node goes on."""
    _log.warning("stylemix: %s", text)
    context = get_executing_context()
    if context is not None:
        PromptServer.instance.send_progress_text(text, context.node_id)
