"""The demo in the browser (``stylemix demo``); it needs the extra ``stylemix[demo]``.

``server.launch`` is what the command and the Space call. Gradio is imported by ``server``,
``page``, ``service`` and ``look`` only; every other module works, and is tested, without it.
"""

from __future__ import annotations
