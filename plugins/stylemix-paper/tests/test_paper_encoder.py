"""The encoder inside the trained model against the paper's equation, computed from its tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

import stylemix
from stylemix import StyleMix

# Kernels, strides and paddings of Szegedy et al. (2016), as the ImageNet weights have them.
STEM = (("Conv2d_1a_3x3", 2, 0), ("Conv2d_2a_3x3", 1, 0), ("Conv2d_2b_3x3", 1, 1))
SEVENS = ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e")


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    """Return the encoder's tensors as the file has them, in float64."""
    folder = next(info.path for info in stylemix.models() if info.name == "paper")
    file = Path(folder) / "model.safetensors"
    return {
        name.removeprefix("encoder."): tensor.double()
        for name, tensor in load_file(file).items()
        if name.startswith("encoder.")
    }


class Inception:
    """Inception-v3 up to Mixed_6e, written from the figures of Szegedy et al. (2016)."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        self.tensors = tensors

    def conv(
        self, x: torch.Tensor, name: str, stride: int = 1, padding: int | tuple[int, int] = 0
    ) -> torch.Tensor:
        """Convolve, normalise by the running statistics (epsilon 0.001), rectify."""
        t = {
            k.removeprefix(f"trunk.{name}."): v
            for k, v in self.tensors.items()
            if k.startswith(f"trunk.{name}.")
        }
        x = F.conv2d(x, t["conv.weight"], stride=stride, padding=padding)
        scale = t["bn.weight"] / (t["bn.running_var"] + 1e-3).sqrt()
        shift = t["bn.bias"] - t["bn.running_mean"] * scale
        return (x * scale[:, None, None] + shift[:, None, None]).clamp_min(0)

    def fives(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Return a block of the 35 x 35 grid."""
        wide = self.conv(self.conv(x, f"{name}.branch5x5_1"), f"{name}.branch5x5_2", padding=2)
        deep = self.conv(x, f"{name}.branch3x3dbl_1")
        deep = self.conv(deep, f"{name}.branch3x3dbl_2", padding=1)
        deep = self.conv(deep, f"{name}.branch3x3dbl_3", padding=1)
        pooled = self.conv(F.avg_pool2d(x, 3, 1, 1), f"{name}.branch_pool")
        return torch.cat([self.conv(x, f"{name}.branch1x1"), wide, deep, pooled], 1)

    def sevens(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Return a block of the 17 x 17 grid, whose 7 x 7 kernels are 1 x 7 and 7 x 1."""
        across, down = (0, 3), (3, 0)
        one = self.conv(x, f"{name}.branch7x7_1")
        one = self.conv(one, f"{name}.branch7x7_2", padding=across)
        one = self.conv(one, f"{name}.branch7x7_3", padding=down)
        two = self.conv(x, f"{name}.branch7x7dbl_1")
        for number, padding in ((2, down), (3, across), (4, down), (5, across)):
            two = self.conv(two, f"{name}.branch7x7dbl_{number}", padding=padding)
        pooled = self.conv(F.avg_pool2d(x, 3, 1, 1), f"{name}.branch_pool")
        return torch.cat([self.conv(x, f"{name}.branch1x1"), one, two, pooled], 1)

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return Mixed_6e, [N, 768, h, w], of pictures in [0, 1]."""
        x = image * 2 - 1
        for name, stride, padding in STEM:
            x = self.conv(x, name, stride, padding)
        x = self.conv(F.max_pool2d(x, 3, 2), "Conv2d_3b_1x1")
        x = F.max_pool2d(self.conv(x, "Conv2d_4a_3x3"), 3, 2)
        for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
            x = self.fives(x, name)
        deep = self.conv(x, "Mixed_6a.branch3x3dbl_1")
        deep = self.conv(deep, "Mixed_6a.branch3x3dbl_2", padding=1)
        x = torch.cat(
            [
                self.conv(x, "Mixed_6a.branch3x3", stride=2),
                self.conv(deep, "Mixed_6a.branch3x3dbl_3", stride=2),
                F.max_pool2d(x, 3, 2),
            ],
            1,
        )
        for name in SEVENS:
            x = self.sevens(x, name)
        return x


def paintings() -> torch.Tensor:
    """Return two pictures of coarse colour, [2, 3, 107, 91] in [0, 1], float64."""
    random = np.random.default_rng(5)
    coarse = torch.from_numpy(random.random((2, 3, 9, 8)))
    return F.interpolate(coarse, size=(107, 91), mode="bilinear", align_corners=True)


def test_the_embedding_is_alpha_h_over_its_length(tensors: dict[str, torch.Tensor]) -> None:
    image = paintings()
    pooled = Inception(tensors)(image).mean((2, 3))
    h = pooled @ tensors["linear.weight"].T + tensors["linear.bias"]
    wanted = tensors["alpha"] * h / h.square().sum(1, keepdim=True).sqrt()
    encoder = stylemix.load("paper", device="cpu", runtime="torch").encoder.double()
    with torch.no_grad():
        found = encoder(image)["embedding"]
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)
    length = found.square().sum(1).sqrt()
    torch.testing.assert_close(length, tensors["alpha"].abs().expand(2))
    # The two are told apart.
    assert float(F.cosine_similarity(found[:1], found[1:])) < 0.99


def test_gamma_is_linear_in_the_embedding(tensors: dict[str, torch.Tensor]) -> None:
    model = stylemix.load("paper", device="cpu", runtime="torch")
    with torch.no_grad():
        code = model.encoder(paintings().float())
        prepared = model.prepare(None, code).prepared
    film = "stages.2.block.first.after.injections.film.linear"
    state = model.generator.state_dict()
    wanted = code["embedding"] @ state[f"{film}.weight"].T + state[f"{film}.bias"]
    gamma, beta = prepared["block1.1.norm/film"]
    torch.testing.assert_close(torch.cat([gamma, beta], 1).flatten(1), wanted)


def test_different_paintings_draw_different_pictures_and_the_same_one_the_same() -> None:
    model = stylemix.load("paper", device="cpu", runtime="torch")
    photograph = paintings()[:1].float().flip(2)
    drawn = []
    for painting in (*paintings().float(), paintings().float()[0]):
        with torch.no_grad():
            drawn.append(model(photograph, StyleMix.single(model.prepare(painting[None]))))
    assert torch.equal(drawn[0], drawn[2])
    assert float((drawn[0] - drawn[1]).abs().mean()) > 0.02
