from __future__ import annotations

import torch
import torch.nn.functional as F
from helpers import picture, tiny_model

from stylemix.injections import Concat
from stylemix.injections.style import StyleMix
from stylemix.types import Site


def test_appends_the_embedding_at_every_place():
    module = Concat(Site("s", "conv", 5, 4), {"embedding": 7})
    z, x = torch.randn(2, 7), torch.randn(2, 5, 3, 4)
    out = module(x, module.prepare({"embedding": z}))
    torch.testing.assert_close(out[:, :5], x)
    torch.testing.assert_close(out[:, 5:], z[:, :, None, None].expand(-1, -1, 3, 4))
    assert module.extra_channels == 7


def test_it_moves_as_fast_as_a_linear_layer_whatever_the_kernel():
    """One step of Adam, the same for every weight, changes the output by ``lr * sum |z|``."""
    z = torch.randn(1, 7)
    moved = []
    for kernel in (1, 3, 9):
        module = Concat(Site("s", "conv", 5, 4, kernel=kernel), {"embedding": 7})
        torch.manual_seed(0)
        convolution = torch.nn.Conv2d(12, 1, kernel)
        optimizer = torch.optim.Adam([convolution.weight], lr=0.01)
        x = module(torch.zeros(1, 5, 9, 9), module.prepare({"embedding": z}))
        before = convolution(x).mean()
        before.backward()
        optimizer.step()
        moved.append((before - convolution(x).mean()).detach())
    torch.testing.assert_close(
        torch.stack(moved), (0.01 * z.abs().sum()).expand(3), rtol=1e-3, atol=1e-5
    )


def test_one_style_serves_a_batch():
    module = Concat(Site("s", "conv", 5, 4), {"embedding": 7})
    out = module(torch.randn(3, 5, 2, 2), module.prepare({"embedding": torch.randn(1, 7)}))
    assert out.shape == (3, 12, 2, 2)


def test_before_a_normalised_convolution_it_would_do_nothing():
    """The trap that makes the host normalise first: a constant input is normalised away."""
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(12, 6, 3)
    x = torch.randn(1, 5, 9, 9)
    outs = []
    for seed in (1, 2):
        z = torch.randn(1, 7, 1, 1, generator=torch.Generator().manual_seed(seed))
        padded = F.pad(torch.cat([x, z.expand(-1, -1, 9, 9)], 1), (1,) * 4, mode="reflect")
        outs.append(F.instance_norm(convolution(padded)))
    assert (outs[0] - outs[1]).abs().max() < 1e-4
    model = tiny_model({"name": "concat"})
    a, b = (model(picture(0), StyleMix.single(model.prepare(picture(s)))) for s in (1, 2))
    assert (a - b).abs().mean() > 1e-3
