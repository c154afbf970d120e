from __future__ import annotations

import threading

import pytest
import torch
from helpers import odd_defaults
from torch import nn

from stylemix.ops.defaults import building, drawing, usual


@pytest.fixture(params=[torch.float64, torch.bfloat16])
def odd(request):
    with odd_defaults(request.param):
        yield request.param


def test_networks_are_made_as_in_a_fresh_process(odd):
    with torch.inference_mode(), building():
        made = nn.Linear(2, 3)
        one = torch.tensor([0.1])
    assert made.weight.dtype == one.dtype == torch.float32
    assert made.weight.device == one.device == torch.device("cpu")
    assert one.item() == torch.tensor([0.1], dtype=torch.float32, device="cpu").item()
    with torch.device("cpu"):
        made(torch.ones(1, 2, dtype=torch.float32)).sum().backward()
    assert made.weight.grad is not None
    assert torch.get_default_dtype() == odd
    assert torch.get_default_device() == torch.device("meta")


def test_random_numbers_and_defaults_are_the_caller_s_again_after_an_error():
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    with pytest.raises(KeyError), building():
        torch.rand(100)
        raise KeyError
    assert torch.equal(torch.rand(4), wanted)
    assert not torch.is_inference_mode_enabled()


def test_threads_build_one_after_the_other(odd):
    seen, inside = [], threading.Barrier(2, timeout=30)

    def build() -> None:
        inside.wait()
        with building():
            for _ in range(200):
                seen.append(torch.get_default_dtype())

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {torch.float32} and len(seen) == 400
    assert torch.get_default_dtype() == odd


def test_tensors_without_a_device_are_made_on_the_cpu():
    torch.set_default_device("meta")
    try:
        with drawing():
            assert torch.ones(1).item() == 1
        assert torch.ones(1).is_meta
    finally:
        torch.set_default_device(None)
    with drawing(), torch.device("meta"):  # what the block itself says goes before
        assert torch.ones(1).is_meta


def test_long_work_has_the_usual_defaults_and_gives_back_the_others(odd):
    @usual()
    def work() -> list[torch.Tensor]:
        return [torch.tensor([0.5]), nn.Linear(1, 1).weight]

    for _ in range(2):
        assert {(t.dtype, t.device.type) for t in work()} == {(torch.float32, "cpu")}
    with pytest.raises(KeyError), usual():
        raise KeyError
    assert torch.get_default_dtype() == odd
    assert torch.get_default_device() == torch.device("meta")
