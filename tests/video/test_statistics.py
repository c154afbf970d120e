from __future__ import annotations

import threading

import pytest
import torch
from helpers import picture, tiny_model

from stylemix.ops import ContentMoments
from stylemix.video.statistics import SmoothStatistics


class Network(torch.nn.Module):
    """Two passes of one normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.moments = ContentMoments()

    def forward(self, x: torch.Tensor) -> list[float]:
        return [float(self.moments(x * k)[0].flatten()[0]) for k in (1, 10)]


def test_each_pass_is_smoothed_with_its_like():
    network = Network()
    smooth = SmoothStatistics(network, 0.75)
    with smooth.frame():
        assert network(torch.full((1, 1, 2, 2), 4.0)) == [4, 40]
    with smooth.frame():
        assert network(torch.full((1, 1, 2, 2), 8.0)) == pytest.approx([5, 50])
    with smooth.frame():
        assert network(torch.full((1, 1, 2, 2), 5.0)) == pytest.approx([5, 50])


def test_a_cut_forgets_and_outside_the_block_nothing_changes():
    network = Network()
    smooth = SmoothStatistics(network, 0.75)
    with smooth.frame():
        network(torch.zeros(1, 1, 2, 2))
    assert network(torch.full((1, 1, 2, 2), 8.0)) == [8, 80]
    smooth.reset()
    with smooth.frame():
        assert network(torch.full((1, 1, 2, 2), 8.0)) == [8, 80]


def test_other_threads_measure_for_themselves():
    network = Network()
    smooth = SmoothStatistics(network, 0.75)
    with smooth.frame():
        network(torch.zeros(1, 1, 2, 2))
    found = []
    with smooth.frame():
        thread = threading.Thread(
            target=lambda: found.append(network(torch.full((1, 1, 2, 2), 8.0)))
        )
        thread.start()
        thread.join()
    assert found == [[8, 80]]


def test_a_model_draws_a_changed_frame_nearer_to_the_former_one():
    model = tiny_model()
    style = model.encode(picture(3))
    first, second = picture(1), picture(1).clone()
    second[..., 16:] = 1
    before = torch.tensor(list(model.stylize(first, style).crop((0, 0, 8, 32)).tobytes())).float()
    plain = torch.tensor(list(model.stylize(second, style).crop((0, 0, 8, 32)).tobytes())).float()
    smooth = SmoothStatistics(model, 0.7)
    with smooth.frame():
        model.stylize(first, style)
    with smooth.frame():
        held = model.stylize(second, style).crop((0, 0, 8, 32))
    held = torch.tensor(list(held.tobytes())).float()
    assert (held - before).abs().mean() < 0.9 * (plain - before).abs().mean()
