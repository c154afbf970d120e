"""The Mix Styles node."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from comfy_pictures import image, reference
from helpers import tiny_model


def test_chained_mixture_has_the_shares_that_the_weights_say(
    model: Any, encode: Any, apply: Any, mix: Any
) -> None:
    paintings = [image(seed) for seed in (1, 2, 3)]
    a, b, c = (encode(p) for p in paintings)
    style = mix(mix(a, b, 3.0, 1.0), c, 2.0, 2.0)
    assert [p.weight for p in style.parts] == pytest.approx([0.375, 0.125, 0.5])
    wanted = reference(model, image(0), [p[0].numpy() for p in paintings], weights=[3, 1, 4])
    assert (apply(image(0), style) - wanted).abs().max() <= 1 / 255 + 1e-6


@pytest.mark.parametrize(
    "given, masks",
    [
        ({"mask_a": "left"}, ("left", "right")),
        ({"mask_b": "left"}, ("right", "left")),
        ({"mask_a": "left", "mask_b": "top"}, ("left", "top")),
        ({"mask_a": "left", "mask_b": "empty"}, ("left", "right")),
    ],
)
def test_masks_divide_the_picture(
    model: Any, encode: Any, apply: Any, mix: Any, given: dict[str, str], masks: tuple[str, str]
) -> None:
    left, top = torch.zeros(32, 48), torch.zeros(32, 48)
    left[:, :24], top[:16] = 1, 1
    named = {"left": left, "right": 1 - left, "top": top, "empty": torch.zeros(64, 64)}
    style = mix(
        encode(image(1)),
        encode(image(2)),
        **{name: named[mask][None] for name, mask in given.items()},
    )
    wanted = reference(
        model,
        image(0),
        [image(1)[0].numpy(), image(2)[0].numpy()],
        masks=[named[name][None] for name in masks],
    )
    made = apply(image(0), style)
    assert torch.equal(made, wanted)
    if given == {"mask_a": "left", "mask_b": "top"}:
        assert torch.equal(made[:, 20:, 28:], image(0)[:, 20:, 28:])


def test_masks_of_a_chain_are_nested(encode: Any, mix: Any) -> None:
    left, top = torch.zeros(1, 32, 48), torch.zeros(1, 64, 96)
    left[..., :24], top[:, :32] = 1, 1
    a, b, c = (encode(image(seed)) for seed in (1, 2, 3))
    style = mix(mix(a, b, mask_a=left), c, mask_b=top)
    masks = style.masks(0, 32, 48)
    small = torch.zeros(1, 32, 48)
    small[:, :16] = 1
    wanted = (left * (1 - small), (1 - left) * (1 - small), small)
    for mask, target in zip(masks, wanted, strict=True):
        inner = (mask - target).abs()
        inner[:, 15:17] = 0  # resizing blurs the edge
        assert inner.max() < 1e-6


def test_one_style_turns_into_the_other_over_the_frames(encode: Any, apply: Any, mix: Any) -> None:
    a, b, c = (encode(image(seed)) for seed in (1, 2, 3))
    frames = image(0).repeat(3, 1, 1, 1)
    made = apply(frames, mix(a, b, 9.0, 1.0, b_over_frames="0, 1"))
    for frame, weights in zip(made, ((1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), strict=True):
        assert torch.equal(frame[None], apply(image(0), mix(a, b, *weights)))
    chain = mix(mix(a, b, b_over_frames="0, 1"), c, 3.0, 1.0)
    assert [chain.weights(n, 3) for n in range(3)] == [
        pytest.approx(w) for w in ([0.75, 0, 0.25], [0.375, 0.375, 0.25], [0, 0.75, 0.25])
    ]


def test_styles_of_two_models_are_not_mixed(nodes: Any, encode: Any, mix: Any) -> None:
    other = nodes.EncodeStyle.execute(tiny_model(seed=5), image(1))[0]
    with pytest.raises(ValueError, match=r"^style_b: .*another model"):
        mix(encode(image(1)), other)
