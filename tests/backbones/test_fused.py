from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from helpers import picture

from stylemix.backbones import LAYERS, VGG16
from stylemix.backbones.fused import FusedVGG16, _ConvReLU


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    """cuDNN's kernel by what it computes, since a CPU has none."""

    def plain(x, weight, bias, stride, padding, dilation, groups):
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups).relu()

    if not torch.cuda.is_available():
        monkeypatch.setattr(torch, "cudnn_convolution_relu", plain, raising=False)


def networks(dtype=torch.float64):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    plain = VGG16()
    # Deep maps vanish at torch's own initial weights.
    for convolution in plain.features.values():
        torch.nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        torch.nn.init.normal_(convolution.bias)
    plain = plain.to(device, dtype).requires_grad_(False)
    fused = FusedVGG16().to(device, dtype).requires_grad_(False)
    fused.load_state_dict(plain.state_dict())
    return plain, fused, picture(1, 24, 32).to(device, dtype)


TYPE = torch.float32 if torch.cuda.is_available() else torch.float64
CLOSE = {"rtol": 1e-3, "atol": 1e-2} if torch.cuda.is_available() else {"rtol": 1e-9, "atol": 1e-9}


def test_maps_are_the_plain_networks():
    plain, fused, image = networks(TYPE)
    for layer, found in fused(image, LAYERS).items():
        torch.testing.assert_close(found, plain(image, [layer])[layer], **CLOSE)


def test_the_gradient_is_the_plain_networks():
    plain, fused, image = networks(TYPE)
    found, wanted = (
        torch.autograd.grad(
            sum(x.square().mean() for x in net(image.requires_grad_(), LAYERS).values()), image
        )[0]
        for net in (fused, plain)
    )
    assert float(wanted.abs().max()) > 0
    torch.testing.assert_close(found / wanted.norm(), wanted / wanted.norm(), **CLOSE)


@pytest.mark.skipif(torch.cuda.is_available(), reason="cuDNN has no float64 kernel")
def test_the_autograd_function_has_the_gradient_of_finite_differences():
    torch.manual_seed(0)
    x, weight, bias = (torch.randn(s, dtype=torch.float64) for s in ((2, 3, 5, 4), (6, 3, 3, 3), 6))
    assert torch.autograd.gradcheck(lambda y: _ConvReLU.apply(y, weight, bias), x.requires_grad_())


def test_maps_come_in_the_weights_type():
    _, fused, image = networks(torch.bfloat16)
    found = fused(image.float(), ["relu2_2"])["relu2_2"]
    assert found.dtype == torch.bfloat16
    image = image.float().requires_grad_()
    fused(image, ["relu2_2"])["relu2_2"].sum().backward()
    assert image.grad.dtype == torch.float32 and bool(image.grad.any())


def test_nothing_is_kept_for_a_gradient_where_none_is_asked_for():
    _, fused, image = networks(TYPE)
    assert not fused(image, ["relu1_1"])["relu1_1"].requires_grad
