from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.ops.running_statistics import RunningCovariance, RunningMoments


def pieces_of(seed: int, widths: list[int]) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 3, 4, w, generator=random) * 3 + 100 * i for i, w in enumerate(widths)]


@given(st.integers(0, 99), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_pieces_give_the_whole(seed, widths):
    pieces = pieces_of(seed, widths)
    whole = torch.cat(pieces, dim=3).double().flatten(2).numpy()
    moments, covariance = RunningMoments(), RunningCovariance()
    for piece in pieces:
        moments.add(piece)
        covariance.add(piece)
    mean, variance = moments.result()
    np.testing.assert_allclose(mean[..., 0, 0], whole.mean(2), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(variance[..., 0, 0], whole.var(2), rtol=1e-5)
    mean, matrix = covariance.result()
    np.testing.assert_allclose(mean[..., 0, 0], whole.mean(2), rtol=1e-9, atol=1e-9)
    for found, one in zip(matrix, whole, strict=True):
        wanted = np.cov(one, bias=True)
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-8 * np.abs(wanted).max())


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_chunks_change_nothing(chunk, monkeypatch):
    x = pieces_of(5, [16])[0]
    whole = RunningCovariance()
    whole.add(x)
    monkeypatch.setattr(RunningCovariance, "CHUNK", chunk)
    parts = RunningCovariance()
    parts.add(x)
    for a, b in zip(whole.result(), parts.result(), strict=True):
        torch.testing.assert_close(a, b)


def test_half_precision_is_measured_in_full():
    x = torch.full((1, 1, 64, 64), 0.1, dtype=torch.bfloat16)
    for kind in (RunningMoments, RunningCovariance):
        running = kind()
        running.add(x)
        assert float(running.result()[0]) == pytest.approx(float(x[0, 0, 0, 0]), abs=1e-6)
