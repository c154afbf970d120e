"""Every loss term against its formula in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.losses import Content, Gram, IdentityFeatures, Pixel, Variation
from stylemix.losses.objective import Objective

torch.manual_seed(0)
OUT = {"image": torch.rand(2, 3, 6, 5), "a": torch.randn(2, 4, 3, 3), "b": torch.randn(2, 2, 2, 2)}
REF = {"image": torch.rand(2, 3, 6, 5), "a": torch.randn(2, 4, 3, 3), "b": torch.randn(2, 2, 2, 2)}


def np_gram(x):
    n, c, h, w = x.shape
    f = x.numpy().reshape(n, c, -1)
    return f @ f.transpose(0, 2, 1) / (c * h * w)


def test_content():
    term = Content(layers=("a", "b"))
    want = sum(((OUT[k] - REF[k]).numpy() ** 2).mean((1, 2, 3)) for k in "ab") / 2
    np.testing.assert_allclose(term(OUT, term.prepare(REF)), want, rtol=1e-5)


def test_relative_content_is_one_for_black_features():
    term = Content(layers=("a",), relative=True)
    black = {**OUT, "a": torch.zeros_like(OUT["a"])}
    torch.testing.assert_close(term(black, term.prepare(REF)), torch.ones(2))


def test_gram_paper_form():
    term = Gram(layers=("a", "b"))
    want = sum(((np_gram(OUT[k]) - np_gram(REF[k])) ** 2).mean((1, 2)) for k in "ab")
    np.testing.assert_allclose(term(OUT, term.prepare(REF)), want, rtol=1e-4)


def test_gram_balanced_form():
    term = Gram(layers=("a",), balanced=True)
    g, s = np_gram(OUT["a"]), np_gram(REF["a"])
    want = 2 * ((g - s) ** 2).sum((1, 2)) / ((g**2).sum((1, 2)) + (s**2).sum((1, 2)))
    np.testing.assert_allclose(term(OUT, term.prepare(REF)), want, rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_balanced_gram_ignores_feature_scale(scale):
    term = Gram(layers=("a",), balanced=True)
    scaled = [{**f, "a": f["a"] * scale} for f in (OUT, REF)]
    torch.testing.assert_close(
        term(scaled[0], term.prepare(scaled[1])), term(OUT, term.prepare(REF))
    )


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_balanced_gram_lies_between_0_and_2(seed, contrast):
    """No Gram matrices are further apart than those without a channel in common."""
    generator = torch.Generator().manual_seed(seed)
    out, ref = (
        {"image": REF["image"], "a": scale * torch.randn(1, 4, 3, 3, generator=generator)}
        for scale in (contrast, 1)
    )
    term = Gram(layers=("a",), balanced=True)
    assert 0 < term(out, term.prepare(ref)) < 2
    assert term(ref, term.prepare(ref)) == 0
    for features, channels in ((out, slice(2)), (ref, slice(2, 4))):
        features["a"][:, channels] = 0
    torch.testing.assert_close(term(out, term.prepare(ref)), torch.full((1,), 2.0))


def test_root_of_balanced_gram():
    found = Gram(layers=("a", "b"), balanced=True, root=True)
    each = [Gram(layers=(k,), balanced=True) for k in "ab"]
    want = sum(term(OUT, term.prepare(REF)).sqrt() for term in each) / 2
    torch.testing.assert_close(found(OUT, found.prepare(REF)), want)


def test_root_of_balanced_gram_nears_the_measured_relative_error():
    """With ``a`` close to ``b``, ``2 / (|A|^2 + |B|^2)`` is ``1 / |B|^2``."""
    near = {**REF, "a": REF["a"] * 1.02}
    term = Gram(layers=("a",), balanced=True, root=True)
    g, s = np_gram(near["a"]), np_gram(REF["a"])
    want = np.sqrt(((g - s) ** 2).sum((1, 2)) / (s**2).sum((1, 2)))
    np.testing.assert_allclose(term(near, term.prepare(REF)), want, rtol=0.05)


def test_root_of_balanced_gram_has_a_slope_where_nothing_is_left():
    same = {**REF, "a": REF["a"].clone().requires_grad_()}
    term = Gram(layers=("a",), balanced=True, root=True)
    term(same, term.prepare(REF)).sum().backward()
    assert (same["a"].grad == 0).all()


def test_root_of_plain_gram_is_refused():
    with pytest.raises(ConfigError, match="balanced = true"):
        Gram(root=True)


def test_one_painting_serves_several_photographs():
    term = Gram(layers=("a",))
    one = {k: v[:1] for k, v in REF.items()}
    both = {k: v[:1].expand(2, -1, -1, -1) for k, v in REF.items()}
    torch.testing.assert_close(term(OUT, term.prepare(one)), term(OUT, term.prepare(both)))


def test_variation_both_forms():
    x = OUT["image"].numpy()
    v, h = np.diff(x, axis=2) ** 2, np.diff(x, axis=3) ** 2
    np.testing.assert_allclose(
        Variation()(OUT, None), v.mean((1, 2, 3)) + h.mean((1, 2, 3)), rtol=1e-5
    )
    np.testing.assert_allclose(
        Variation(summed=True)(OUT, None), 255**2 * (v.sum((1, 2, 3)) + h.sum((1, 2, 3))), rtol=1e-5
    )


def test_pixel():
    term = Pixel()
    want = ((OUT["image"] - REF["image"]) ** 2).mean((1, 2, 3))
    torch.testing.assert_close(term(OUT, term.prepare(REF)), want)


def test_identity_features_count_for_identity_pairs_and_relative_to_the_photograph():
    def doubled(image, layers):
        return {layer: 2 * image for layer in layers}

    objective = Objective({"id": {"name": "identity-features", "layers": ["a", "b"]}}, doubled)
    content = REF["image"]
    targets = objective.prepare(content, content)
    found = objective(1.5 * content, targets, torch.tensor([1.0, 0.0]))["id"]
    torch.testing.assert_close(found, torch.tensor(0.125))  # (1.5 - 1)^2 for the first of two
    assert objective(1.5 * content, targets)["id"] == 0
    assert IdentityFeatures().layers == ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
