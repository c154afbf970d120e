from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from optimization_nets import tiny_extractor

from stylemix.losses.style import GRAM_LAYERS
from stylemix.optimization import tiles

sizes = st.integers(16, 400)


@given(sizes, sizes, st.integers(8, 200))
def test_tiles_cover_every_map_once(height, width, tile):
    boxes = tiles.split(height, width, tile)
    for stride in sorted(set(tiles.STRIDES.values())):
        seen = torch.zeros(height // stride, width // stride)
        for box in boxes:
            rows, columns = box.on_map(stride).slices()
            seen[rows, columns] += 1
        assert (seen == 1).all()
    assert all(box.top % 8 == box.left % 8 == 0 for box in boxes)
    assert all(min(box.height, box.width) >= 8 for box in boxes)
    assert all(max(box.height, box.width) < tile + 16 for box in boxes)


def test_no_tile_is_the_whole():
    assert tiles.split(33, 21, 0) == [tiles.Box(0, 0, 33, 21)]


def test_the_halo_is_as_far_as_the_network_sees():
    """Beyond it a pixel changes nothing; within it the deepest map feels some pixel."""
    extractor, _, _ = tiny_extractor(mapped=False)
    image = torch.rand(1, 3, 8, 400, requires_grad=True)
    place = 200 // 8
    value = extractor.extract(image, ("relu4_3",))["relu4_3"][..., place].sum()
    (gradient,) = torch.autograd.grad(value, image)
    felt = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
    assert 200 - int(felt.min()) <= tiles.HALO
    assert int(felt.max()) - 207 <= tiles.HALO
    assert set(tiles.STRIDES) >= set(GRAM_LAYERS)
