"""The Encode Style node."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from comfy_pictures import image, reference
from helpers import tiny_config

from stylemix.stylizers import build


def test_rgba_paintings_are_taken(encode: Any, apply: Any) -> None:
    painting = torch.cat([image(1), torch.ones(1, 32, 48, 1)], -1)
    assert torch.equal(apply(image(0), encode(painting)), apply(image(0), encode(image(1))))


def test_batch_of_paintings_is_their_equal_mixture(model: Any, encode: Any, apply: Any) -> None:
    paintings = [image(1), image(2)]
    made = apply(image(0), encode(torch.cat(paintings)))
    arrays = [p[0].numpy() for p in paintings]
    assert torch.equal(made, reference(model, image(0), arrays, weights=[1, 1]))


def test_style_is_encoded_once_for_a_video(encode: Any, apply: Any, model: Any) -> None:
    calls = []
    handle = model.encoder.register_forward_hook(lambda *_: calls.append(1))
    try:
        apply(image(0).repeat(5, 1, 1, 1), encode(image(1)))
    finally:
        handle.remove()
    assert len(calls) == 1


def test_a_model_with_a_style_of_its_own_needs_no_painting(nodes: Any, apply: Any) -> None:
    torch.manual_seed(0)
    model = build({**tiny_config(), "injections": [], "encoder": {"name": "none"}}).eval()
    (own,) = nodes.EncodeStyle.execute(model)
    made = apply(image(0), own)
    assert (made - image(0)).abs().mean() > 0.01
    assert torch.equal(made, apply(image(0), nodes.EncodeStyle.execute(model, image(1))[0]))
    mask = torch.zeros(1, *image(0).shape[1:3])
    mask[:, :, :20] = 1
    masked = apply(image(0), own, mask=mask)
    assert torch.equal(masked[:, :, 20:], image(0)[:, :, 20:])
    assert torch.equal(masked[:, :, :20], made[:, :, :20])


def test_other_models_ask_for_one(nodes: Any, model: Any) -> None:
    with pytest.raises(ValueError, match="^painting: this model has no style.*give it a painting"):
        nodes.EncodeStyle.execute(model)


def test_an_optimisation_asks_for_the_painting_that_such_a_style_lacks(
    nodes: Any, optimise: Any
) -> None:
    model = build({**tiny_config(), "injections": [], "encoder": {"name": "none"}}).eval()
    with pytest.raises(ValueError, match="painting itself"):
        optimise(image(0), nodes.EncodeStyle.execute(model)[0])
