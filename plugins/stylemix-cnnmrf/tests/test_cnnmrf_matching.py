"""Patches and matches against loops and brute force."""

from __future__ import annotations

import numpy as np
import pytest
import stylemix_cnnmrf.matching as matching
import torch
from stylemix_cnnmrf.matching import nearest, patches, sample, starts


def _map(seed: int, channels: int = 4, height: int = 7, width: int = 9) -> torch.Tensor:
    return torch.randn(channels, height, width, generator=torch.Generator().manual_seed(seed))


def _by_loops(x: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray:
    """Cut patches one by one, positions before channels."""
    return np.stack(
        [x[:, r : r + 3, c : c + 3].transpose(1, 2, 0).ravel() for r in rows for c in columns]
    )


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [3, 4, 5, 8, 10])
def test_patches_cover_every_position(size: int, stride: int) -> None:
    found = starts(size, stride)
    assert {p + i for p in found for i in range(3)} == set(range(size))
    assert found == sorted(set(found))


def test_patches_equal_loops() -> None:
    x = _map(0)
    rows, columns = [0, 2, 4], [0, 3, 6]
    found = patches(x, torch.tensor(rows), torch.tensor(columns))
    assert np.array_equal(found.numpy(), _by_loops(x.numpy(), rows, columns))


def test_nearest_equals_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    x, s = _map(1), _map(2, height=8, width=6)
    all_rows, all_columns = list(range(5)), list(range(7))
    queries = _by_loops(x.numpy(), all_rows, all_columns)
    keys = _by_loops(s.numpy(), list(range(6)), list(range(4)))
    correlation = [
        [q @ k / (np.linalg.norm(q) * np.linalg.norm(k)) for k in keys]
        for q in queries.astype(np.float64)
    ]
    expected = np.argmax(correlation, axis=1)
    assert len(set(expected)) > 5
    # In runs of one query, of a few, and at once.
    for entries in (1, 100, 10**6):
        monkeypatch.setattr(matching, "ENTRIES", entries)
        found = nearest(torch.from_numpy(queries), torch.from_numpy(keys))
        assert np.array_equal(found.numpy(), expected)


def test_lengths_do_not_matter_to_matches() -> None:
    queries, keys = torch.randn(20, 12), torch.randn(9, 12)
    lengths = torch.rand(9, 1) * 10 + 0.1
    assert torch.equal(nearest(queries, keys), nearest(5 * queries, keys * lengths))


def test_a_patch_finds_itself() -> None:
    keys = sample(_map(3), 1000, torch.Generator().manual_seed(0))
    assert len(keys) == 5 * 7
    assert torch.equal(nearest(3 * keys, keys), torch.arange(len(keys)))


def test_samples_are_patches_and_depend_on_the_seed_alone() -> None:
    x = _map(4, height=12, width=11)
    everything = {tuple(p) for p in _by_loops(x.numpy(), list(range(10)), list(range(9)))}
    one, again, other = (sample(x, 20, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert {tuple(p) for p in one.numpy()} < everything
    assert len({tuple(p) for p in one.numpy()}) == 20
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
