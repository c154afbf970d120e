from __future__ import annotations

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.training.descent import Descent
from stylemix.training.run_config import OptimizerConfig

CPU = torch.device("cpu")


def line(clip=0.5):
    torch.manual_seed(0)
    net = torch.nn.Linear(3, 1)
    descent = Descent(
        dict(net.named_parameters()), OptimizerConfig(lr=0.1, betas=(0.8, 0.9), clip=clip), CPU
    )
    return net, descent


def loss_of(net, seed, scale=1.0):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    return (scale * net(x)).square().mean()


@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_steps_are_adams_with_a_rate_of_its_own_each(clip):
    net, descent = line(clip)
    other, _ = line()
    adam = torch.optim.Adam(other.parameters(), betas=(0.8, 0.9))
    for step in range(4):
        descent.set(step, 0.1 / (step + 1))
        assert bool(descent(loss_of(net, step)))
        adam.param_groups[0]["lr"] = 0.1 / (step + 1)
        adam.zero_grad()
        loss_of(other, step).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(other.parameters(), clip)
        adam.step()
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    descent.check()


@pytest.mark.parametrize("clip", [0.0, 1.0])
@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 1e30])
def test_nothing_changes_from_the_first_step_on_that_is_not_finite(clip, scale):
    net, descent = line(clip)
    for step in range(2):
        descent.set(step, 0.1)
        descent(loss_of(net, step))
    before = [p.detach().clone() for p in net.parameters()]
    state = [{k: v.clone() for k, v in s.items()} for s in descent.adam.state.values()]
    for step, factor in ((2, scale), (3, 1.0), (4, scale)):
        descent.set(step, 0.1)
        assert not bool(descent(loss_of(net, step, factor)))
    assert descent.failure() == 2
    for parameter, wanted in zip(net.parameters(), before, strict=True):
        assert torch.equal(parameter, wanted)
    for found, wanted in zip(descent.adam.state.values(), state, strict=True):
        assert all(torch.equal(found[k], wanted[k]) for k in wanted)
    with pytest.raises(ConfigError, match=r"infinite at step 2; .*lower optimizer\.lr"):
        descent.check()


def test_parameters_without_a_gradient_stay():
    net, descent = line()
    net.bias.requires_grad_(False)
    before = net.bias.clone()
    descent(loss_of(net, 0))
    assert torch.equal(net.bias, before)
    assert set(descent.adam.state) == {net.weight}
