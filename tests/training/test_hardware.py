from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.training.hardware import join_processes, pick_device, pick_precision
from stylemix.training.model.config import RuntimeConfig

CPU = torch.device("cpu")


def test_named_device():
    assert pick_device(RuntimeConfig(device="cpu")) == CPU


def test_automatic_device_is_a_gpu_where_there_is_one():
    assert pick_device(RuntimeConfig()).type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["banana", "cuda:99", ""])
def test_device_that_is_not_there(name):
    with pytest.raises(ConfigError, match=rf"runtime\.device: '{name}' can't be used"):
        pick_device(RuntimeConfig(device=name))
    with pytest.raises(ConfigError, match=rf"^--device: '{name}' can't be used"):
        pick_device(RuntimeConfig(device=name), "--device")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_each_process_of_a_machine_gets_its_own_gpu(monkeypatch, name):
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert pick_device(RuntimeConfig(device=name)) == torch.device("cuda", 1)


def test_precision():
    assert pick_precision(RuntimeConfig(precision="float32"), CPU) == torch.float32
    assert pick_precision(RuntimeConfig(precision="bfloat16"), CPU) == torch.bfloat16


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="needs Linux to tell")
def test_automatic_precision_on_a_cpu_is_what_its_hardware_has():
    fast = "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    wanted = torch.bfloat16 if fast else torch.float32
    assert pick_precision(RuntimeConfig(), CPU) == wanted


def test_one_process_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert join_processes(CPU) == (0, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert join_processes(CPU) == (0, 1)
