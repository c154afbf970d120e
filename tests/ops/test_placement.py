from __future__ import annotations

import pytest
import torch
from torch import nn

from stylemix.ops.placement import place


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
