from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

import gradio

from stylemix.demo.changes import Changes


@dataclass(frozen=True)
class Part(Changes):
    first: Any = None
    second: Any = None
    third: Any = None


def test_values_come_in_the_order_of_the_fields_and_what_is_none_stays():
    assert Part(third="c", first="").values() == ("", gradio.skip(), "c")
