from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from stylemix.errors import ConfigError
from stylemix.ops import has_bfloat16, has_float64, place, usable_device, usable_precision

CPU = torch.device("cpu")


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 5, 3, stride=2))


def test_convolutions_hand_channels_last_on_and_give_the_same_values():
    x = torch.rand(2, 3, 17, 20)
    placed = place(net(), "cpu")
    found = placed(x)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert not found.is_contiguous()
    torch.testing.assert_close(found, net()(x))


def test_it_is_the_same_network_with_the_same_weights():
    own = net()
    placed = place(own, torch.device("cpu"))
    assert placed is own
    assert all(
        torch.equal(a, b) for a, b in zip(placed.parameters(), net().parameters(), strict=True)
    )


def test_other_devices_get_the_usual_order_back():
    placed = place(place(net(), "cpu"), "meta")
    assert all(p.is_contiguous() and p.device.type == "meta" for p in placed.parameters())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda():
    placed = place(net(), "cuda")
    found = placed(torch.rand(1, 3, 16, 16, device="cuda"))
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", ["cpu", CPU, "meta"])
def test_a_named_device(name):
    assert usable_device(name) == torch.device(name)


@pytest.mark.parametrize("name", [None, "auto"])
@pytest.mark.parametrize(
    ("cuda", "mps", "wanted"), [(False, False, "cpu"), (False, True, "mps"), (True, True, "cuda")]
)
def test_the_automatic_device_is_a_gpu_where_there_is_one(monkeypatch, name, cuda, mps, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    made = []
    monkeypatch.setattr(torch, "empty", lambda *size, device: made.append(device))
    assert usable_device(name).type == wanted
    assert [device.type for device in made] == [wanted]  # and it was tried


@pytest.mark.parametrize("name", ["banana", "cuda:99", ""])
def test_a_device_that_is_not_there(name):
    with pytest.raises(ConfigError, match=rf"^device: '{name}' can't be used here"):
        usable_device(name)
    with pytest.raises(ConfigError, match=rf"^runtime\.device: '{name}' can't be used here"):
        usable_device(name, "runtime.device")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="it is there")
def test_the_reason_is_one_sentence():
    """torch adds a list of all that it can do elsewhere, of 2,000 characters."""
    with pytest.raises(
        ConfigError, match=r"'mps' can't be used here \(.*\); try 'cpu', or"
    ) as caught:
        usable_device("mps")
    assert len(str(caught.value)) < 300


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", [None, "auto", "cuda"])
def test_each_process_of_a_machine_gets_its_own_gpu(monkeypatch, name):
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert usable_device(name) == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "99")
    with pytest.raises(ConfigError, match="can't be used here"):
        usable_device(name)


def test_a_named_precision():
    assert usable_precision("float32", CPU) == torch.float32
    assert usable_precision("bfloat16", CPU) == torch.bfloat16


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="needs Linux to tell")
def test_the_automatic_precision_of_a_cpu_is_what_its_hardware_has():
    fast = "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    assert has_bfloat16("cpu") == fast
    assert usable_precision("auto", CPU) == (torch.bfloat16 if fast else torch.float32)


def test_apples_gpus_compute_in_float32_only():
    assert usable_precision("auto", torch.device("mps")) == torch.float32
    assert not has_float64("mps") and has_float64("cpu")
