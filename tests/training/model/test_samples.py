from __future__ import annotations

import torch
from helpers import picture, tiny_model

from stylemix.injections.style import StyleMix
from stylemix.training.model.samples import sheet


def test_sheet_shows_every_photograph_with_every_painting():
    model = tiny_model()
    photographs = torch.cat([picture(i, 16, 16) for i in range(2)])
    paintings = torch.cat([picture(9 + i, 16, 16) for i in range(3)])
    found = sheet(model, photographs, paintings)
    assert found.shape == (3, 3 * 16, 4 * 16)
    assert found.dtype == torch.uint8

    def cell(row, column):
        return found[:, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16]

    def bytes_of(image):
        return (image.detach() * 255).round().to(torch.uint8)

    assert bool((cell(0, 0) == 255).all())
    for j in range(3):
        assert torch.equal(cell(0, j + 1), bytes_of(paintings[j]))
        style = StyleMix.single(model.prepare(paintings[j : j + 1]))
        for i in range(2):
            assert torch.equal(
                cell(i + 1, j + 1), bytes_of(model(photographs[i : i + 1], style)[0])
            )
    for i in range(2):
        assert torch.equal(cell(i + 1, 0), bytes_of(photographs[i]))
