"""A thin network whose maps are in VGG-16's metric.

The network was trained so that a linear map of its features, with bias, gives VGG-16's (linear
embedding of Wang et al., "Collaborative Distillation for Ultra-Resolution Universal Style
Transfer", 2020, section 3.2; see :mod:`stylemix.training.features`). So a difference ``d`` of thin
features, with one more feature that is 1 everywhere for the bias, is a difference ``W d`` of
VGG-16's. With ``W = Q R``, Q with orthonormal columns and R square and small, lengths and Gram
matrices' distances are had without ever forming VGG-16's larger maps::

    ||W d||^2            = d^T W^T W d     = ||R d||^2
    ||W dG W^T||_F^2     = tr(M dG M dG)   = ||R dG R^T||_F^2,    M = W^T W = R^T R

The maps that this network gives are ``R [f; 1]``. Whatever compares feature maps by inner products
(content and Gram losses, patch matching, retrieval) does so in VGG-16's metric, and needs to know
nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from stylemix.backbones.layers import BLOCK_ENDS, LAYERS
from stylemix.backbones.vgg import ThinVGG
from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import ConfigError, WeightsError

WEIGHTS = Path(__file__).parent / "weights" / "thin_perceptual.safetensors"
"""The network that ships, trained by ``stylemix distill``; see docs/distillation.md."""


class DistilledVGG(ThinVGG):
    """A thin VGG whose four maps relu1_2, relu2_2, relu3_3 and relu4_3 are in VGG-16's metric.

    Each has one channel more than its block (or VGG-16's number, where that is less).

    Args:
        channels: of the four blocks.
        maps: by layer, the linear map to VGG-16's features, [T, C + 1] with the bias as its last
            column.
    """

    def __init__(self, channels: Sequence[int], maps: Mapping[str, Tensor]) -> None:
        super().__init__(channels)
        inside = dict(self.channels)
        self.metrics = nn.ModuleDict()
        self.channels = {}
        for layer in BLOCK_ENDS:
            matrix = torch.linalg.qr(maps[layer].double(), mode="r").R.float()
            linear = nn.Conv2d(inside[layer], len(matrix), 1)
            assert linear.bias is not None
            with torch.no_grad():
                linear.weight.copy_(matrix[:, :-1, None, None])
                linear.bias.copy_(matrix[:, -1])
            self.metrics[layer] = linear
            self.channels[layer] = len(matrix)

    def forward(self, image: Tensor, layers: Iterable[str] = BLOCK_ENDS) -> dict[str, Tensor]:
        """Extract maps by name, see :meth:`stylemix.backbones.FeatureNet.forward`.

        Raises:
            ConfigError: an unknown layer, one that was not distilled, or a picture too small.
        """
        layers = tuple(layers)
        for layer in LAYERS.keys() & set(layers) - set(BLOCK_ENDS):
            raise ConfigError(
                f"the distilled feature network has no map of {layer}; take one of "
                f"{', '.join(BLOCK_ENDS)}, or the features 'vgg16'"
            )
        seen = super().forward(image, layers)
        return {layer: self.metrics[layer](x) for layer, x in seen.items()}

    @classmethod
    def load(cls, weights: str | Path | None = None) -> DistilledVGG:
        """Return the frozen network of any width, as ``stylemix distill`` writes it.

        Args:
            weights: a safetensors file with ``features.N.weight``, ``features.N.bias`` and, for the
                four layers in order, ``maps.K.weight`` [T, C, 1, 1] and ``maps.K.bias``; None takes
                the one that ships.

        Raises:
            WeightsError: the file is missing, damaged or doesn't fit.
        """
        path = weights or WEIGHTS

        def explain(problem: str) -> WeightsError:
            return WeightsError(
                f"{path} holds no distilled feature network: {problem}; give a file that "
                "`stylemix distill` wrote"
            )

        state = {k: v.float() for k, v in load_weights(path).items()}
        try:
            channels = [
                len(state[f"features.{layer.number}.bias"])
                for layer in LAYERS.values()
                if layer.first
            ]
            maps = {
                layer: torch.cat(
                    [
                        state[f"maps.{number}.weight"].flatten(1),
                        state[f"maps.{number}.bias"][:, None],
                    ],
                    dim=1,
                )
                for number, layer in enumerate(BLOCK_ENDS)
            }
            net = cls(channels, maps)
        except KeyError as problem:
            raise explain(f"it lacks {problem}") from None
        except RuntimeError as problem:  # shapes that no network has
            raise explain(str(problem)) from None
        given = {
            k.removeprefix("features."): v for k, v in state.items() if k.startswith("features.")
        }
        fill(net.features, given, explain)
        return net.requires_grad_(False).eval()
