"""The identity loss on features."""

from __future__ import annotations

import torch
from stylemix_stytr2 import IdentityFeatures
from torch import Tensor, nn

from stylemix.losses.objective import Objective


class _Doubled(nn.Module):
    def forward(self, image: Tensor, layers: set[str]) -> dict[str, Tensor]:
        return {layer: 2 * image for layer in layers}


def test_it_counts_for_identity_pairs_alone_and_is_relative_to_the_photograph() -> None:
    terms = {"id": {"name": "stytr2-identity", "layers": ["relu2_2"]}}
    objective = Objective(terms, _Doubled())
    content = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    targets = objective.prepare(content, content)
    found = objective(1.5 * content, targets, torch.tensor([1.0, 0.0]))["id"]
    # (1.5 - 1)^2 for the first of two.
    assert torch.allclose(found, torch.tensor(0.125))
    assert objective(1.5 * content, targets)["id"] == 0


def test_it_is_registered_with_the_layers_of_the_feature_networks() -> None:
    assert IdentityFeatures().layers == ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
