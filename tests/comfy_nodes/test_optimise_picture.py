"""The Optimise Picture node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from comfy_pictures import OPTIMISED, image, ramp, reference

from stylemix.stylizers import Gatys


@pytest.mark.parametrize(
    "how, options",
    [
        ({}, {}),
        ({"steps": 6}, {}),
        ({"style_weight": 9.0}, {}),
        ({"optimizer": "lbfgs"}, {}),
        ({"coarse_to_fine": False}, {}),
        ({}, {"strength": 0.4}),
        ({}, {"preserve_color": True}),
        ({}, {"size": 40}),
    ],
)
def test_it_gives_what_the_method_gives(
    encode: Any, optimise: Any, how: dict[str, Any], options: dict[str, Any]
) -> None:
    # Sizes below 64 pixels are left out on the way from coarse to fine.
    photo, painting = image(0, 144, 160), image(1, 144, 160)
    made = optimise(photo, encode(painting), **how, **options)
    method = Gatys(**{"steps": OPTIMISED["steps"], **how})
    assert torch.equal(made, reference(method, photo, painting[0].numpy(), **options))
    if how or options:
        plain = optimise(photo, encode(painting))
        assert made.shape != plain.shape or (made - plain).abs().mean() > 1e-4


def test_mixtures_and_masks_reach_it(encode: Any, mix: Any, optimise: Any) -> None:
    left = torch.zeros(1, 32, 48)
    left[..., :24] = 1
    style = mix(encode(image(1)), encode(image(2)), 3.0, 1.0, mask_a=left)
    made = optimise(image(0), style)
    paintings = [image(seed)[0].numpy() for seed in (1, 2)]
    wanted = reference(
        Gatys(steps=OPTIMISED["steps"]), image(0), paintings, weights=[3, 1], masks=[left, 1 - left]
    )
    assert torch.equal(made, wanted)
    limited = optimise(image(0), style, mask=left)
    assert torch.equal(limited[:, :, 24:], image(0)[:, :, 24:])


def test_palette_brings_other_colours(encode: Any, optimise: Any) -> None:
    made = optimise(image(0), encode(image(1)), palette=image(2))
    wanted = reference(
        Gatys(steps=OPTIMISED["steps"]), image(0), image(1)[0].numpy(), palette=image(2)[0].numpy()
    )
    assert torch.equal(made, wanted)
    assert (made - optimise(image(0), encode(image(1)))).abs().mean() > 0.005


def test_a_style_of_the_method_itself_will_do(nodes: Any, encode: Any, optimise: Any) -> None:
    own = nodes.EncodeStyle.execute(Gatys(), image(1))[0]
    assert torch.equal(optimise(image(0), own), optimise(image(0), encode(image(1))))


def test_it_works_in_comfyuis_inference_mode(nodes: Any, encode: Any, optimise: Any) -> None:
    wanted = optimise(image(0), encode(image(1)))
    with torch.inference_mode():
        assert torch.equal(optimise(image(0), encode(image(1))), wanted)


def test_each_frame_is_optimised(encode: Any, optimise: Any) -> None:
    style = encode(image(1))
    frames = [image(seed) for seed in (2, 3)]
    together = optimise(torch.cat(frames), style)
    for made, frame in zip(together, frames, strict=True):
        assert torch.equal(made[None], optimise(frame, style))


def test_messages_name_the_input(
    encode: Any, optimise: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    style = encode(image(1))
    for options, message in (
        ({"optimizer": "sgd"}, "optimizer: .*'sgd'"),
        ({"steps": 0}, "^steps, .*steps must be a whole number >= 1"),
        ({"tile": 32}, "^tile: "),
        ({"mask": ramp(1, 9, 48)}, "^mask: "),
    ):
        with pytest.raises(ValueError, match=message):
            optimise(image(0), style, **options)
    monkeypatch.setenv("STYLEMIX_VGG16", str(tmp_path / "none.safetensors"))
    with pytest.raises(ValueError, match="^features: there is no weights file"):
        optimise(image(0), style, features="vgg16")
