"""The suite that every injection passes, and what is special about this one."""

from __future__ import annotations

import pytest
import torch
from stylemix_template import Gate

from stylemix import Site
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.testing import injection_suite

test_gate = injection_suite("gate")
test_gate_with_a_larger_limit = injection_suite("gate", limit=4.0)

SITE = Site("block1.1.norm", "norm", 5, 4)


def test_gates_lie_between_nothing_and_the_limit() -> None:
    gate = Gate(SITE, {"embedding": 8}, limit=3.0)
    gates = gate.prepare({"embedding": torch.randn(20, 8) * 50})
    assert gates.shape == (20, 5, 1, 1)
    assert gates.min() < 0.01
    assert 2.99 < gates.max() <= 3.0


def test_a_limit_that_shuts_every_gate_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"gate\.limit must be a number above 0, got 0"):
        check_table(Gate, {"limit": 0.0}, "gate")
