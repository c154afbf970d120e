from __future__ import annotations

import re
import sys

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.training.encoder.tsne import tsne


def groups(each=20):
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(3, 8, generator=generator)
    labels = torch.arange(3).repeat_interleave(each)
    return centres[labels] + 0.1 * torch.randn(3 * each, 8, generator=generator), labels


def test_neighbours_stay_neighbours():
    pytest.importorskip("sklearn")
    vectors, labels = groups()
    plane = tsne(vectors * torch.rand(60, 1).add(0.5))  # length doesn't count
    assert plane.shape == (60, 2)
    assert plane.dtype == torch.float32
    distance = torch.cdist(plane, plane).fill_diagonal_(torch.inf)
    assert (labels[distance.argmin(1)] == labels).float().mean() > 0.95


def test_the_seed_decides():
    pytest.importorskip("sklearn")
    vectors, _ = groups(4)
    assert torch.equal(tsne(vectors, seed=3), tsne(vectors, seed=3))


def test_few_points():
    pytest.importorskip("sklearn")
    assert torch.isfinite(tsne(torch.randn(5, 3))).all()
    with pytest.raises(ConfigError, match="at least 5"):
        tsne(torch.randn(4, 3))


def test_without_scikit_learn_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)  # what a missing package does
    with pytest.raises(ConfigError, match=re.escape(install_line("metrics"))):
        tsne(torch.randn(9, 3))
