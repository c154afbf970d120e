from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from stylemix.backbones import InceptionMixed6e, feature_net
from stylemix.metrics.perceptual import describe, join
from stylemix.metrics.retrieval import gram_cosine, inception_means, mean_cosine, ranks, top


@pytest.fixture(scope="module")
def paintings():
    net = feature_net("thin")
    return join([describe(picture(i, 32, 32 + 8 * i), net, content=False) for i in range(5)])


def test_copies_of_the_paintings_find_themselves(paintings):
    similarity = gram_cosine(paintings, paintings)
    found = ranks(similarity, torch.arange(5))
    assert found.tolist() == [1] * 5
    assert torch.diagonal(similarity) == pytest.approx(1, abs=1e-5)


def test_cosine_equals_brute_force(paintings):
    wanted = np.zeros((5, 5))
    for grams in paintings.grams:
        g = grams.double().numpy()
        for i in range(5):
            for j in range(5):
                wanted[i, j] += (g[i] * g[j]).sum() / np.sqrt((g[i] ** 2).sum() * (g[j] ** 2).sum())
    np.testing.assert_allclose(gram_cosine(paintings, paintings).numpy(), wanted / 4, rtol=1e-4)


def test_mean_cosine_equals_brute_force():
    torch.manual_seed(0)
    a, b = torch.randn(3, 7).double(), torch.randn(4, 7).double()
    wanted = [[float(x @ y / x.norm() / y.norm()) for y in b] for x in a]
    np.testing.assert_allclose(mean_cosine(a, b).numpy(), wanted, rtol=1e-10)


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=1, max_size=6), st.data()
)
def test_rank_is_the_place_in_a_sorted_list_ties_last(rows, data):
    own = [data.draw(st.integers(0, 3)) for _ in rows]
    found = ranks(torch.tensor(rows).float(), torch.tensor(own))
    for row, column, rank in zip(rows, own, found.tolist(), strict=True):
        order = sorted(range(4), key=lambda k: (-row[k], k == column))
        assert rank == order.index(column) + 1


def test_equal_similarities_find_nothing():
    assert ranks(torch.ones(1, 40), torch.tensor([0])).tolist() == [40]


def test_top_counts_ranks():
    found = torch.tensor([1, 2, 5, 6])
    assert top(found, 1).tolist() == [1, 0, 0, 0]
    assert top(found, 5).mean() == 0.75


def test_inception_means_are_the_means_of_mixed_6e():
    torch.manual_seed(0)
    net = InceptionMixed6e().eval()
    image = picture(1, 80, 96)
    with torch.no_grad():
        wanted = net(image)["mixed_6e"].numpy().mean((2, 3))
    found = inception_means(image[0], net)
    assert found.shape == (1, 768)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-3, atol=1e-6)
