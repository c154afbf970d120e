from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.backbones import feature_net
from stylemix.losses import Content, Moments
from stylemix.losses.objective import LOSS_PRESETS, Objective


def maps(seed: int, n: int = 2) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand(n, 3, 6, 5, generator=random),
        "a": torch.randn(n, 4, 5, 7, generator=random) * 3 + seed,
        "b": torch.randn(n, 2, 3, 3, generator=random),
    }


def statistics(x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    flat = x.flatten(2).double().numpy()
    return flat.mean(2), np.sqrt(flat.var(2) + 1e-5)


def test_it_is_the_equation():
    out, ref = maps(1), maps(2)
    term = Moments(layers=("a", "b"))
    want = 0
    for layer in "ab":
        (m, s), (mean, std) = statistics(out[layer]), statistics(ref[layer])
        want = want + ((m - mean) ** 2).mean(1) + ((s - std) ** 2).mean(1)
    np.testing.assert_allclose(term(out, term.prepare(ref)), want, rtol=1e-5)


def test_relative_form():
    out, ref = maps(1), maps(2)
    term = Moments(layers=("a", "b"), relative=True)
    want = 0
    for layer in "ab":
        (m, s), (mean, std) = statistics(out[layer]), statistics(ref[layer])
        error = ((m - mean) ** 2).mean(1) + ((s - std) ** 2).mean(1)
        want = want + error / ((mean**2).mean(1) + (std**2).mean(1)) / 2
    np.testing.assert_allclose(term(out, term.prepare(ref)), want, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-1, 1e2])
def test_relative_form_ignores_feature_scale(scale):
    term = Moments(layers=("a",), relative=True)
    scaled = [{**f, "a": f["a"] * scale} for f in (maps(1), maps(2))]
    torch.testing.assert_close(
        term(scaled[0], term.prepare(scaled[1])),
        term(maps(1), term.prepare(maps(2))),
        rtol=1e-3,
        atol=1e-4,
    )


def test_places_do_not_matter_and_the_painting_itself_costs_nothing():
    out = maps(1)
    turned = {**out, "a": out["a"].flip(3).transpose(2, 3)}
    term = Moments(layers=("a",))
    torch.testing.assert_close(term(turned, term.prepare(out)), torch.zeros(2), atol=1e-6, rtol=0)


def test_one_painting_serves_several_photographs():
    term, ref = Moments(layers=("a",)), maps(2)
    one = {k: v[:1] for k, v in ref.items()}
    both = {k: v[:1].expand(2, -1, -1, -1) for k, v in ref.items()}
    torch.testing.assert_close(term(maps(1), term.prepare(one)), term(maps(1), term.prepare(both)))


def test_a_flat_channel_has_a_finite_gradient():
    x = torch.zeros(1, 4, 5, 5, requires_grad=True)
    term = Moments(layers=("a",))
    term({"image": x, "a": x}, term.prepare(maps(2, 1))).sum().backward()
    assert torch.isfinite(x.grad).all()


def test_normalised_content_is_that_of_normalised_maps():
    out, ref = maps(1), maps(2)
    term = Content(layers=("a",), normalized=True)
    (m, s), (mean, std) = statistics(out["a"]), statistics(ref["a"])
    flat = [x["a"].flatten(2).double().numpy() for x in (out, ref)]
    want = (
        ((flat[0] - m[..., None]) / s[..., None] - (flat[1] - mean[..., None]) / std[..., None])
        ** 2
    ).mean((1, 2))
    np.testing.assert_allclose(term(out, term.prepare(ref)), want, rtol=1e-4)
    scaled = {**ref, "a": 5 * ref["a"] + 2}
    torch.testing.assert_close(term(ref, term.prepare(scaled)), torch.zeros(2), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["reconstruction", "moments"])
def test_a_preset_costs_nothing_only_for_the_photograph_as_its_own_style(name):
    objective = Objective(LOSS_PRESETS[name], feature_net("thin"))
    random = torch.Generator().manual_seed(3)
    photo, painting = (torch.rand(1, 3, 32, 32, generator=random) for _ in range(2))
    own = torch.ones(1)
    targets = objective.prepare(photo, photo)
    assert float(objective.total(objective(photo, targets, own))) == pytest.approx(0, abs=1e-5)
    other = objective.prepare(photo, painting)
    assert float(objective.total(objective(painting, other, own))) > 0.1


def test_pixels_count_in_reconstruction_without_identity_pairs():
    """A model without injections has no pairs; its decoder must see pixels all the same."""
    objective = Objective(LOSS_PRESETS["reconstruction"], feature_net("thin"))
    photo = maps(1)["image"].repeat(1, 1, 4, 4)
    parts = objective(1 - photo, objective.prepare(photo, photo), torch.zeros(2))
    assert float(parts["pixel"]) == pytest.approx(float((1 - 2 * photo).square().mean()))
