from __future__ import annotations

import pytest
import torch
from helpers import picture

from stylemix.backbones import ThinVGG
from stylemix.errors import ConfigError, UnknownNameError
from stylemix.losses import LossTerm
from stylemix.losses.objective import LOSS_PRESETS, Objective, terms_of


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return ThinVGG().requires_grad_(False)


def test_paper_preset_has_the_papers_weights(net):
    assert Objective("paper", net).weights == {"content": 1.0, "style": 5.0, "tv": 1e-5}


@pytest.mark.parametrize("preset", LOSS_PRESETS)
def test_gradient_reaches_the_picture(net, preset):
    objective = Objective(preset, net)
    content, style = picture(1), picture(2)
    targets = objective.prepare(content, style)
    output = picture(3).requires_grad_()
    objective.total(objective(output, targets)).backward()
    assert output.grad.abs().sum() > 0


def test_total_is_the_weighted_sum(net):
    objective = Objective("balanced", net)
    parts = objective(picture(3), objective.prepare(picture(1), picture(2)))
    want = sum(LOSS_PRESETS["balanced"][k]["weight"] * float(v) for k, v in parts.items())
    assert float(objective.total(parts)) == pytest.approx(want)


def test_photograph_with_its_own_style_costs_only_variation(net):
    objective = Objective("balanced", net)
    parts = objective(picture(1), objective.prepare(picture(1), picture(1)), torch.ones(1))
    assert float(parts["content"]) == float(parts["identity"]) == 0
    assert float(parts["style"]) == pytest.approx(0, abs=1e-6)
    assert float(parts["tv"]) > 0


def test_identity_term_counts_marked_samples_only(net):
    objective = Objective("balanced", net)
    content = torch.cat([picture(1), picture(2)])
    targets = objective.prepare(content, content)
    output = torch.cat([picture(3), picture(4)])
    none = objective(output, targets)["identity"]
    one = objective(output, targets, torch.tensor([0.0, 1.0]))["identity"]
    assert float(none) == 0
    torch.testing.assert_close(one, (picture(4) - picture(2)).square().mean() / 2)


class _Between(LossTerm):
    """|y - (2 c + 3 s)|^2: what it is given has to be in this order."""

    source = "both"

    def prepare(self, features):
        return [features["image"].mean((2, 3))]

    def forward(self, features, target):
        content, style = target
        style = style.repeat_interleave(len(content) // len(style), dim=0)
        found = features["image"].mean((2, 3))
        return (found - (2 * content + 3 * style)).square().mean(1)


def test_a_term_may_look_at_both_pictures(net):
    objective = Objective({"tv": {"name": "tv"}}, net)
    objective.terms["between"], objective.weights["between"] = _Between(), 1.0
    content = torch.cat([picture(1), picture(2)])
    style = picture(3)
    targets = {**objective.prepare_one("content", content), **objective.prepare_one("style", style)}
    wanted = 2 * content.mean((2, 3)) + 3 * style.mean((2, 3))
    output = wanted[:, :, None, None].expand(-1, -1, 8, 8)
    assert float(objective(output, targets)["between"]) == pytest.approx(0, abs=1e-10)
    off = objective(output + 1, targets)["between"]
    assert float(off) == pytest.approx(1, abs=1e-5)
    # A photograph that is its own style has another target than the painting's.
    one = objective(output + 1, targets, torch.tensor([1.0, 0.0]))["between"]
    assert float(one) == pytest.approx(0.5, abs=1e-5)


def test_bad_objectives(net):
    with pytest.raises(ConfigError, match="paper, balanced"):
        Objective("papr", net)
    with pytest.raises(ConfigError, match=r"^losses\.terms\.c\.weight must be a number >= 0"):
        Objective({"c": {"name": "content", "weight": -1}}, net)
    with pytest.raises(ConfigError, match=r"^losses\.terms\.c\.relative must be true or false"):
        Objective({"c": {"name": "content", "relative": "no"}}, net)
    with pytest.raises(ConfigError, match=r"unknown key 'losses\.terms\.c\.wieght'.*'weight'"):
        Objective({"c": {"name": "content", "wieght": 1}}, net)
    with pytest.raises(ConfigError, match=r"^losses\.terms\.c must be a table with the name"):
        Objective({"c": "content"}, net)
    with pytest.raises(UnknownNameError, match="did you mean 'content'"):
        Objective({"c": {"name": "contnet"}}, net)
    with pytest.raises(ConfigError, match="at least one"):
        Objective({}, net)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_terms_on_paintings_weigh_the_square_of_the_strength(net, share):
    objective = Objective(
        {"style": {"name": "gram"}, "content": {"name": "content"}, "identity": {"name": "pixel"}},
        net,
    )
    content, style, output = picture(1, 24, 24), picture(2, 24, 24), picture(3, 24, 24)
    targets = objective.prepare(content, style)
    full = objective(output, targets, torch.zeros(1))
    found = objective(output, targets, torch.tensor([share]))
    assert float(found["style"]) == pytest.approx((1 - share) ** 2 * float(full["style"]))
    assert float(found["content"]) == float(full["content"]) > 0
    assert (float(found["identity"]) > 0) == (share == 1)


@pytest.mark.parametrize("label", ["type", "forward", "weights", "style-2", "my_term", "two words"])
def test_a_label_may_be_any_word(net, label):
    objective = Objective({label: {"name": "palette", "weight": 2.0}}, net)
    targets = objective.prepare(picture(1), picture(2))
    parts = objective(picture(3), targets)
    assert list(parts) == list(objective.weights) == [label]
    assert float(objective.total(parts)) == pytest.approx(2 * float(parts[label]))


@pytest.mark.parametrize("label", ["my.term", "a/b", "a@style", "", " ", "a  b", " a"])
def test_a_label_that_would_break_keys_is_refused(net, label):
    with pytest.raises(ConfigError, match=r"^losses\.terms: a label is made of .*rename the term"):
        Objective({label: {"name": "palette"}}, net)


def test_terms_move_with_the_objective(net):
    objective = Objective({"type": {"name": "palette"}}, net).double()
    assert objective.terms["type"].axes.dtype == torch.float64
    objective.float()
    net.float()


def test_terms_are_laid_over_a_presets():
    found = terms_of("balanced", {"style": {"weight": 9.0}, "new": {"name": "palette"}})
    assert list(found) == [*LOSS_PRESETS["balanced"], "new"]
    assert found["style"] == {"name": "gram", "weight": 9.0, "balanced": True}
    assert found["tv"] == LOSS_PRESETS["balanced"]["tv"]
    with pytest.raises(ConfigError, match=r"losses\.preset: .*'balancd'; did you mean 'balanced'"):
        terms_of("balancd", {})
