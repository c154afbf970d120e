"""The Encode Style node."""

from __future__ import annotations

from typing import Any

import torch
from comfy_pictures import image, reference


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
