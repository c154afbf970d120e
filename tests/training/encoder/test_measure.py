from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from stylemix.training.data import Crops
from stylemix.training.encoder.measure import embed, glance, measure
from stylemix.training.encoder.network import Classifier


class MeanColour(nn.Module):
    """An encoder whose embedding is the mean colour."""

    def __init__(self):
        super().__init__()
        self.channels = {"embedding": 3}

    def forward(self, image):
        return {"embedding": image.mean((2, 3))}


def flat(colours):
    pictures = [
        torch.tensor(c, dtype=torch.uint8)[:, None, None].expand(3, 20, 20) for c in colours
    ]
    return Crops(pictures, torch.device("cpu"))


def run(crops, labels, train, held, styles):
    torch.manual_seed(0)
    net = Classifier(MeanColour(), styles)
    return net, measure(net, crops, labels, train, held, 16, 1.2, torch.float32)


def test_what_is_known_can_be_worked_out():
    # Reds are style 0, greens style 1. The third held-out painting is a green that is called red.
    colours = [
        (200, 0, 0),
        (180, 20, 0),
        (0, 200, 0),
        (20, 180, 0),
        (190, 10, 0),
        (10, 190, 0),
        (0, 170, 30),
    ]
    net, found = run(flat(colours), [0, 0, 1, 1, 0, 1, 0], [0, 1, 2, 3], [4, 5, 6], 2)
    assert found["probe_top1"] == pytest.approx(2 / 3)
    assert found["probe_balanced_top1"] == pytest.approx(3 / 4)  # 1/2 of style 0, all of style 1
    assert found["probe_top5"] == 1
    assert found["retrieval_top1"] == 1
    with torch.no_grad():
        scores = net.head(torch.tensor([colours[i] for i in (4, 5, 6)]) / 255)
    right = (scores.argmax(1) == torch.tensor([0, 1, 0])).float().mean()
    assert found["head_top1"] == pytest.approx(float(right))


def test_a_point_of_the_curve_is_the_heads_loss_and_share():
    crops = flat([(200, 0, 0), (0, 200, 0), (0, 170, 30)])
    net = Classifier(MeanColour(), 2)
    with torch.no_grad():
        net.head.weight.copy_(torch.tensor([[3.0, 0, 0], [0, 3.0, 0]]))
        net.head.bias.zero_()
    found = glance(net, crops, [0, 1, 0], [0, 2], 16, 1.2, torch.float32)
    # Scores (3 r, 3 g): the red is right, the green that is called red is wrong.
    wanted = [math.log(1 + math.exp(-600 / 255)), math.log(1 + math.exp(510 / 255))]
    assert found["cross_entropy"] == pytest.approx(sum(wanted) / 2, rel=1e-5)
    assert found["head_top1"] == 0.5


def test_paintings_that_look_the_same_find_nothing():
    colours = [(200, 0, 0), (0, 200, 0), *[(0, 0, 0)] * 4]  # black has no rounding
    _, found = run(flat(colours), [0, 1, 0, 0, 1, 1], [0, 1], [2, 3, 4, 5], 2)
    assert found["retrieval_top1"] == 0
    assert found["retrieval_top5"] == 1


def test_embedding_keeps_the_mode_and_takes_every_picture():
    crops = flat([(i, 0, 0) for i in range(150)])
    net = Classifier(MeanColour(), 2).train()
    found, scores = embed(net, crops, list(range(150)), 16, 1.2, torch.rand(150, 4), torch.float32)
    assert net.training
    assert scores.shape == (150, 2)
    torch.testing.assert_close(found[:, 0] * 255, torch.arange(150.0))
