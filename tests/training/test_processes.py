from __future__ import annotations

import torch

from stylemix.training.processes import join_processes


def test_one_process_alone(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert join_processes(cpu) == (0, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert join_processes(cpu) == (0, 1)
