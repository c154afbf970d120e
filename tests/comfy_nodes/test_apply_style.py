"""The Apply Style node."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from comfy_pictures import STYLED, image, ramp, reference
from comfy_surface import Comfy
from PIL import Image

import stylemix


def test_apply_gives_what_the_library_gives(model: Any, encode: Any, apply: Any) -> None:
    photo, painting = image(0), image(1)
    style = encode(painting)
    for options in (
        {},
        {"strength": 0.4},
        {"strength": 1.7},
        {"preserve_color": True},
        {"size": 40},
        {"refine": 3},
        {"refine": 3, "strength": 0.5},
    ):
        wanted = reference(model, photo, painting[0].numpy(), **options)
        assert torch.equal(apply(photo, style, **options), wanted)
        assert bool((wanted[:, :8, :8] != photo[:, :8, :8]).any())


def test_refine_brings_another_picture(encode: Any, apply: Any) -> None:
    style = encode(image(1))
    plain, some, more = (apply(image(0), style, refine=steps) for steps in (0, 2, 12))
    assert (plain - some).abs().mean() > 0.004
    assert (some - more).abs().mean() > 0.01


def test_palette_brings_other_colours(model: Any, encode: Any, apply: Any) -> None:
    style = encode(image(1))
    wanted = reference(model, image(0), image(1)[0].numpy(), palette=image(2)[0].numpy())
    made = apply(image(0), style, palette=image(2))
    assert torch.equal(made, wanted)
    assert (made - apply(image(0), style)).abs().mean() > 0.005
    for wrong, message in (
        ({"palette": torch.cat([image(1), image(2)])}, "^palette: expected one painting"),
        ({"palette": image(2), "preserve_color": True}, "^palette: preserve_color"),
        ({"palette": image(2) * torch.nan}, "^palette: .*NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            apply(image(0), style, **wrong)


def test_missing_weights_name_the_input(
    encode: Any, apply: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLEMIX_VGG16", str(tmp_path / "none.safetensors"))
    with pytest.raises(ValueError, match=r"^refine_features: there is no weights file"):
        apply(image(0), encode(image(1)), refine=1, refine_features="vgg16")


def test_tile_changes_nothing_and_is_used(comfy: tuple[Comfy, ModuleType], model: Any) -> None:
    nodes = sys.modules[f"{comfy[1].__name__}.nodes"]
    photo = image(0, 96, 160)
    style = nodes.EncodeStyle.execute(model, image(1))[0]
    whole = nodes.ApplyStyle.execute(photo, style, **STYLED)[0]
    plain = len(comfy[0].bars[-1][1])
    tiled = nodes.ApplyStyle.execute(photo, style, **{**STYLED, "tile": 64})[0]
    assert len(comfy[0].bars[-1][1]) > plain
    assert (whole - tiled).abs().max() <= 1 / 255 + 1e-6


def test_scale_reaches_the_library_and_zero_is_one_pass(encode: Any, apply: Any) -> None:
    photo, style = image(0, 96, 160), encode(image(1))
    plain = apply(photo, style)
    assert (apply(photo, style, scale=0.0) == plain).all()
    bold = apply(photo, style, scale=8.0)
    assert bold.shape == plain.shape
    assert (bold - plain).abs().mean() > 0.003


def test_batch_is_rendered_frame_by_frame(encode: Any, apply: Any) -> None:
    style = encode(image(1))
    frames = [image(seed) for seed in (2, 3, 4)]
    together = apply(torch.cat(frames), style)
    assert together.shape == (3, 32, 48, 3)
    for made, frame in zip(together, frames, strict=True):
        assert torch.equal(made[None], apply(frame, style))


def test_rgba_keeps_its_opacity_and_grey_becomes_colour(encode: Any, apply: Any) -> None:
    style = encode(image(1))
    alpha = (1 + torch.rand(1, 32, 48, 1) * 254).round() / 255
    made = apply(torch.cat([image(0), alpha], -1), style)
    assert torch.equal(made[..., 3:], alpha)
    assert torch.equal(made[..., :3], apply(image(0), style))
    grey = image(0)[..., :1]
    assert torch.equal(apply(grey, style), apply(grey.repeat(1, 1, 1, 3), style))


def test_mask_of_apply_limits_the_style(encode: Any, apply: Any) -> None:
    mask = torch.zeros(1, 32, 48)
    mask[..., :24] = 1
    style = encode(torch.cat([image(1), image(2)]))
    made = apply(image(0), style, mask=mask)
    assert torch.equal(made[:, :, 24:], image(0)[:, :, 24:])
    assert (made[:, :, :24] - image(0)[:, :, :24]).abs().mean() > 0.02
    assert torch.equal(apply(image(0), style, mask=torch.zeros(1, 64, 64)), apply(image(0), style))


def test_solid_and_inverted_masks_fit_every_picture(encode: Any, apply: Any, mix: Any) -> None:
    style, plain = encode(image(1)), apply(image(0), encode(image(1)))
    inverted = 1 - torch.zeros(1, 64, 64)  # what Invert Mask makes of an opaque picture's mask
    assert torch.equal(apply(image(0), style, mask=inverted), plain)
    assert torch.equal(apply(image(0), style, mask=torch.zeros(1, 512, 512)), image(0))
    half = torch.full((1, 64, 64), 0.5)
    both = mix(style, encode(image(2)), mask_a=half)
    assert (
        apply(image(0), both) - apply(image(0), mix(style, encode(image(2))))
    ).abs().max() < 0.01


def test_strength_goes_over_the_frames(encode: Any, apply: Any) -> None:
    style, frames = encode(image(1)), image(0).repeat(5, 1, 1, 1)
    made = apply(frames, style, strength_over_frames="0, 1 0.5", strength=2.0)
    for frame, strength in zip(made, (0.0, 0.5, 1.0, 0.75, 0.5), strict=True):
        assert torch.equal(frame[None], apply(image(0), style, strength=strength))
    smooth = apply(frames, style, strength_over_frames="0, 1", easing="smooth")
    assert torch.equal(smooth[1:2], apply(image(0), style, strength=0.15625))
    assert torch.equal(smooth[2:3], apply(image(0), style, strength=0.5))


def test_steadied_frames_are_the_librarys(model: Any, encode: Any, apply: Any) -> None:
    pytest.importorskip("cv2", reason="steadies frames")
    photo = image(0, 48, 72)
    frames = torch.cat([photo.roll((t, 2 * t), (1, 2)) for t in range(4)])
    style = encode(image(1))
    made = apply(frames, style, steady=0.6)
    wanted = stylemix.stylize_frames(
        [(f.numpy() * 255).round().astype(np.uint8) for f in frames],
        style.parts[0].style,
        model=model,
        steady=0.6,
    )
    for one, other in zip(made, wanted, strict=True):
        assert np.array_equal((one.numpy() * 255).round(), np.asarray(other))
    assert (made[3] - apply(frames[3], style)[0]).abs().mean() > 0.01


def test_steadied_frames_keep_size_mask_and_opacity(encode: Any, apply: Any) -> None:
    pytest.importorskip("cv2", reason="steadies frames")
    alpha = (1 + torch.rand(1, 32, 48, 1) * 254).round() / 255
    frames = torch.cat([image(0), alpha], -1).repeat(3, 1, 1, 1)
    mask = torch.zeros(1, 32, 48)
    mask[..., :24] = 1
    made = apply(frames, encode(image(1)), steady=0.6, mask=mask)
    assert torch.equal(made[..., 3:], frames[..., 3:])
    assert torch.equal(made[:, :, 24:], frames[:, :, 24:])
    small = apply(frames, encode(image(1)), steady=0.6, size=96)
    assert small.shape == (3, 64, 96, 4)
    grey = image(0)[..., :1].repeat(2, 1, 1, 1)
    assert apply(grey, encode(image(1)), steady=0.6).shape == (2, 32, 48, 3)


@pytest.mark.parametrize("options", [{}, {"steady": 0.6}, {"steady": 0.6, "size": 40}])
def test_hidden_colors_change_nothing(encode: Any, apply: Any, options: dict[str, Any]) -> None:
    if options:
        pytest.importorskip("cv2", reason="steadies frames")
    alpha = torch.zeros(1, 32, 48, 1)
    alpha[:, 6:28, 8:40] = 1
    results = []
    for hidden in (0.0, 1.0):
        shown = torch.where(alpha > 0, image(0), torch.tensor(hidden))
        frames = torch.cat([torch.cat([shown.roll(t, 2), alpha.roll(t, 2)], -1) for t in range(2)])
        results.append(apply(frames, encode(image(1)), **options))
    difference = (results[0] - results[1])[..., :3] * results[0][..., 3:]
    assert difference.abs().max() <= 1.01 / 255


def test_the_next_batch_goes_on(nodes: Any, encode: Any) -> None:
    pytest.importorskip("cv2", reason="steadies frames")
    photo = image(0, 48, 72)
    frames = torch.cat([photo.roll((t, 2 * t), (1, 2)) for t in range(6)])
    style = encode(image(1))

    def run(batch: torch.Tensor, **options: Any) -> Any:
        return nodes.ApplyStyle.execute(batch, style, **{**STYLED, "steady": 0.6, **options}).args

    whole, _ = run(frames)
    first, end = run(frames[:2])
    for _ in range(2):  # ComfyUI may run the second node again with the same wire
        assert torch.equal(torch.cat([first, run(frames[2:], before=end)[0]]), whole)
    assert not torch.equal(run(frames[2:])[0], whole[2:])
    assert run(frames, steady=0.0)[1] is None
    with pytest.raises(ValueError, match=r"^before: steady is 0"):
        run(frames[2:], steady=0.0, before=end)
    with pytest.raises(ValueError, match=r"^image 1 of 1: .*48 x 32 pixels, the one before 72 x"):
        run(image(0), before=end)


def test_each_frame_has_its_mask(encode: Any, apply: Any) -> None:
    frames = image(0).repeat(2, 1, 1, 1)
    masks = torch.zeros(2, 32, 48)
    masks[1] = 1
    made = apply(frames, encode(image(1)), mask=masks)
    assert torch.equal(made[0], frames[0])
    assert torch.equal(made[1:], apply(image(0), encode(image(1))))


def test_one_frame_at_a_time_reaches_the_model(encode: Any, apply: Any, model: Any) -> None:
    sizes = []
    handle = model.generator.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    try:
        apply(torch.rand(5, 32, 48, 3), encode(image(1)))
    finally:
        handle.remove()
    assert set(sizes) == {1}
    assert len(sizes) >= 5


def test_messages_name_the_input(encode: Any, apply: Any, mix: Any) -> None:
    style = encode(image(1))
    broken = image(0).repeat(2, 1, 1, 1)
    broken[1, 0, 0, 0] = torch.nan
    for wrong, message in (
        (lambda: encode(broken), r"^painting 2 of 2: .*NaN"),
        (lambda: apply(broken, style), r"^image 2 of 2: .*NaN"),
        (lambda: apply(image(0)[0, 0], style), r"^image: expected an IMAGE"),
        (lambda: apply(image(0), style, tile=32), r"^tile: "),
        (lambda: apply(image(0), style, mask=ramp(1, 48, 32)), r"^mask: "),
        (
            lambda: apply(image(0), mix(style, style, mask_a=torch.ones(2, 32, 48))),
            r"^mask_a of Mix Styles: 2 masks for 1 pictures",
        ),
        (
            lambda: apply(image(0), mix(style, style, mask_b=ramp(1, 9, 48))),
            r"^mask_b of Mix Styles: the mask is 48 x 9",
        ),
        (lambda: mix(style, style, 0.0, 0.0), r"^weight_a, weight_b: "),
        (lambda: apply(image(0), style, strength=-1.0), r"strength"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()


def test_results_survive_comfyuis_own_saving(encode: Any, apply: Any) -> None:
    """ComfyUI cuts 255 * value to 8 bits; a picture that isn't styled must not darken by that."""
    made = apply(image(0), encode(image(1)), strength=0.0)[0].numpy()
    saved = Image.fromarray((255 * made).clip(0, 255).astype(np.uint8))
    assert np.array_equal(np.asarray(saved), (image(0)[0].numpy() * 255).round())
