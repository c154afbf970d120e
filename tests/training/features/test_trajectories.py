from __future__ import annotations

import pytest
import torch
from distillation_cases import inputs
from optimization_nets import tiny_net

from stylemix.backbones import BLOCK_ENDS
from stylemix.images import match_moments
from stylemix.ops import gram_error, gram_sum
from stylemix.training.features.config import WalkConfig
from stylemix.training.features.trajectories import TrajectoryPool

NET = tiny_net((4, 6, 8, 10))


def trajectories(first=match_moments, **changes):
    options = {"walkers": 4, "batch": 2, "steps": 1, "life": 40, "model": "", **changes}
    found = TrajectoryPool(WalkConfig(**options), inputs(side=32), first)
    found.begin()
    return found


def losses(pool):
    """Give each trajectory's own weighted loss."""
    with torch.no_grad():
        y, c, s = (NET(x) for x in (pool.image, pool.content, pool.style))
        content = (y["relu3_3"] - c["relu3_3"]).square().sum((1, 2, 3)) / c["relu3_3"].square().sum(
            (1, 2, 3)
        )
        style = sum(gram_error(gram_sum(y[k]), gram_sum(s[k])) for k in BLOCK_ENDS) / len(
            BLOCK_ENDS
        )
        return content + pool.weight * style


def test_trajectories_go_down_in_turn():
    pool = trajectories(lambda content, style: content)
    before, pictures = losses(pool), pool.image.clone()
    moved = pool.move(0, NET)
    assert torch.equal(moved, pool.image[:2])
    assert torch.equal(pool.image[2:], pictures[2:])
    assert not torch.equal(pool.image[:2], pictures[:2])
    assert moved.min() >= 0 and moved.max() <= 1
    for step in range(1, 24):
        pool.move(step, NET)
    assert losses(pool).sum() < 0.85 * before.sum()


def test_one_at_the_end_of_its_way_begins_anew():
    pool = trajectories(steps=3, life=6)
    # The ages begin all over the way.
    assert pool.age.tolist() == [0, 1, 2, 3]
    contents = pool.content.clone()
    pool.move(0, NET)
    pool.move(1, NET)
    assert pool.age.tolist() == [3, 4, 5, 6]
    assert torch.equal(pool.content, contents)
    pool.move(2, NET)
    pool.move(3, NET)
    assert pool.age.tolist() == [6, 7, 8, 3]
    assert torch.equal(pool.content[:3], contents[:3])
    assert not torch.equal(pool.content[3], contents[3])


def test_a_restored_pool_goes_the_same_way():
    one = trajectories()
    for step in range(3):
        one.move(step, NET)
    two = trajectories()
    two.load_state_dict({k: v.clone() for k, v in one.state_dict().items()})
    for step in range(3, 6):
        assert torch.equal(one.move(step, NET), two.move(step, NET))


@pytest.mark.parametrize("first", [0.0, 1.0])
def test_trajectories_begin_between_photograph_and_first_pass(first):
    made = TrajectoryPool(
        WalkConfig(walkers=6, batch=1, model=""),
        inputs(side=16),
        lambda content, style: torch.full_like(content, first),
    )
    made.begin()
    share = 1 - (made.image - first).flatten(1).norm(dim=1) / (made.content - first).flatten(
        1
    ).norm(dim=1)
    assert (share >= -1e-6).all() and (share <= 1 + 1e-6).all()
    torch.testing.assert_close(
        made.image,
        torch.lerp(made.content, torch.full_like(made.image, first), share.view(-1, 1, 1, 1)),
        rtol=1e-4,
        atol=1e-4,
    )
    assert len(share.unique()) > 3
