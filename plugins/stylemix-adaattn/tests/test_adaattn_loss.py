"""The local feature loss against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_adaattn import Local
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.plugins import check_table

SHALLOW, DEEP = "relu2_2", "relu3_3"


def _features(seed: int, n: int = 1, height: int = 4, width: int = 6) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random)

    return {
        "image": draw(n, 3, 8, 8),
        "relu1_2": draw(n, 2, 4 * height, 4 * width),
        SHALLOW: draw(n, 3, 2 * height, 2 * width),
        DEEP: draw(n, 5, height, width),
    }


def _stack(features: dict[str, Tensor]) -> np.ndarray:
    """Put relu1_2 and relu2_2, averaged, in front of relu3_3: [C, N] of the first picture."""
    maps = [features[k][0].double().numpy() for k in ("relu1_2", SHALLOW, DEEP)]
    height = maps[2].shape[1]
    small = []
    for x in maps:
        f = x.shape[1] // height
        c, h, w = x.shape
        small.append(x.reshape(c, h // f, f, w // f, f).mean((2, 4)).reshape(c, -1))
    return np.concatenate(small)


def _wanted(content: dict[str, Tensor], style: dict[str, Tensor]) -> np.ndarray:
    c, s = _stack(content), _stack(style)

    def norm(x: np.ndarray) -> np.ndarray:
        return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)

    out = np.empty((5, c.shape[1]))
    for i in range(c.shape[1]):
        logits = norm(c)[:, i] @ norm(s)
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        mean = s[-5:] @ weights
        deviation = np.sqrt(np.maximum((s[-5:] - mean[:, None]) ** 2 @ weights, 1e-5))
        out[:, i] = deviation * norm(c)[-5:, i] + mean
    return out


@pytest.mark.parametrize("relative", [False, True])
def test_it_is_the_distance_to_attention_without_weights(relative: bool) -> None:
    loss = Local(layers=[DEEP], relative=relative)
    assert loss.source == "both"
    assert loss.layers == ("relu1_2", SHALLOW, DEEP)
    content, style, output = _features(1), _features(2, height=3, width=5), _features(3)
    found = loss(output, [*loss.prepare(content), *loss.prepare(style)])
    target = _wanted(content, style)
    error = ((output[DEEP][0].double().numpy().reshape(5, -1) - target) ** 2).mean()
    if relative:
        error /= (target**2).mean()
    assert found.shape == (1,)
    assert float(found) == pytest.approx(float(error), rel=1e-4)


def test_it_is_zero_at_its_target_and_counts_each_sample_by_itself() -> None:
    loss = Local(layers=[DEEP])
    content, style = _features(1, 2), _features(2)
    targets = [*loss.prepare(content), *loss.prepare(style)]
    output = _features(3, 2)
    first = torch.from_numpy(_wanted(content, style)).float().reshape(5, 4, 6)
    output[DEEP] = torch.stack([first, output[DEEP][1]])
    found = loss(output, targets)
    assert float(found[0]) < 1e-6
    assert float(found[1]) > 1e-2


def test_the_gradient_goes_to_the_output_alone() -> None:
    loss = Local(layers=[DEEP])
    content, style, output = _features(1), _features(2), _features(3)
    content[DEEP].requires_grad_()
    output[DEEP].requires_grad_()
    loss(output, [*loss.prepare(content), *loss.prepare(style)]).sum().backward()
    assert output[DEEP].grad is not None
    assert content[DEEP].grad is None


def test_values_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="layers must be a list"):
        check_table(Local, {"layers": "relu3_3"}, "loss")
    with pytest.raises(ConfigError, match="keys must be a whole number"):
        check_table(Local, {"keys": 0}, "loss")
