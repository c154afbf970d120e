from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import picture, tiny_palette_model
from PIL import Image

import stylemix
from stylemix.errors import Cancelled, ConfigError
from stylemix.images import resize
from stylemix.images.color import luma
from stylemix.stylizers.options import Options
from stylemix.stylizers.request import read_request
from stylemix.stylizers.scaling import (
    KEPT,
    LONG_SIDE,
    STEP,
    TOP_PIXELS,
    TOP_SHARE,
    _enlarged_rows,
    _mean,
    _windows,
    add_detail,
    add_finer,
    draw_at_scale,
    drawn_sides,
    matched,
    sharpened,
)


def as_bytes(x: torch.Tensor) -> np.ndarray:
    return (x[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


PHOTO = as_bytes(picture(1, 120, 180))
ONE, TWO = picture(2, 40, 40)[0], picture(3, 36, 50)[0]


def as_levels(x: torch.Tensor) -> torch.Tensor:
    return (x * 255).round().to(torch.uint8)


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def small(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    return array(image.resize(size, Image.Resampling.BICUBIC))


def test_the_picture_that_decides_is_512_pixels_over_the_scale():
    assert drawn_sides((300, 512), 1.0) == [512]
    assert drawn_sides((2048, 1024), 2.0)[0] == 256
    assert drawn_sides((100, 80), 0.5) == [1024]


@pytest.mark.parametrize("size", [(1024, 683), (4000, 6000), (700, 2048), (9000, 300)])
@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_steps_are_bounded_in_ratio_share_and_pixels(size, scale):
    sides = drawn_sides(size, scale)
    assert sides[0] == round(LONG_SIDE / scale)
    for before, after in itertools.pairwise(sides):
        assert 1.1 < after / before < STEP + 0.01
    for side in sides[1:]:
        assert side <= TOP_SHARE * max(size) + 1
        assert size[0] * size[1] * (side / max(size)) ** 2 < TOP_PIXELS * 1.01


def test_bands_of_rows_are_those_of_one_interpolation():
    x = torch.rand(6, 13, 17)
    # Antialiased, torch has the kernel of a = -0.5.
    whole = F.interpolate(x[None], (50, 41), mode="bicubic", antialias=True)[0]
    parts = [_enlarged_rows(x, 50, 41, slice(a, min(a + 7, 50))) for a in range(0, 50, 7)]
    inner = slice(8, -8)  # at the edges one repeats values, the other leaves them out
    assert torch.allclose(torch.cat(parts, 1)[:, inner], whole[:, inner], atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 9), (20, 31)])
def test_windows_are_those_of_poolings(size):
    x = torch.rand(3, *size) - 0.5
    mean = F.avg_pool2d(x[None], 5, 1, 2, count_include_pad=False)[0]
    assert torch.allclose(_mean(x), mean, atol=1e-6)
    highest = F.max_pool2d(x[None], 5, 1, 2)[0]
    assert torch.equal(_windows(x, torch.maximum, -torch.inf), highest)
    assert torch.equal(_windows(-x, torch.minimum, torch.inf), -highest)


def test_the_photograph_as_its_own_drawing_comes_back_in_luminance():
    content = (picture(4, 90, 120)[0] + 0.3 * torch.rand(3, 90, 120)).clamp(0.1, 0.9)
    seen = F.interpolate(content[None], (30, 40), mode="bicubic", antialias=True)[0]
    found = add_detail(seen, seen, content)
    assert (luma(found) - luma(content)).abs().mean() < 0.02
    enlarged = F.interpolate(seen[None], (90, 120), mode="bicubic")[0]
    soft = (luma(enlarged) - luma(content)).abs().mean()
    assert soft > 3 * (luma(found) - luma(content)).abs().mean()


@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_of_both_becomes_sharp_with_the_drawings_sign_and_without_a_halo(sign):
    # Not at a pixel of the small picture, whose edge is soft.
    content = torch.full((3, 64, 64), 0.2)
    content[:, :, 34:] = 0.8
    seen = F.interpolate(content[None], (16, 16), mode="bicubic", antialias=True)[0].clamp(0, 1)
    drawn = 0.5 + sign * 0.5 * (seen - 0.5)
    row = add_detail(drawn, seen, content)[0, 32]
    want = 0.5 + sign * 0.5 * (content[0, 32] - 0.5)
    assert (row - want).abs().max() < 0.06
    soft = F.interpolate(drawn[None], (64, 64), mode="bicubic")[0, 0, 32]
    assert (soft - want).abs().max() > 0.1


@pytest.mark.parametrize("kind", [torch.float32, torch.uint8])
def test_a_matched_picture_brought_down_is_the_small_one_and_keeps_its_detail(kind):
    fine = 0.1 * torch.rand(3, 96, 120)
    large = (0.8 * picture(4, 96, 120)[0] + fine).clamp(0.1, 0.9)
    other = 0.1 * resize(torch.rand(3, 16, 20), long_side=40)
    wanted = (resize(large, long_side=40) + other).clamp(0.1, 0.9)
    if kind == torch.uint8:
        large, wanted = (as_levels(x) for x in (large, wanted))
    found = matched(large.clone(), wanted)
    assert found.dtype == kind

    def distance(x):
        level = 255 if kind == torch.uint8 else 1
        down = resize(x, long_side=40).float()
        return float((down - wanted.float()).square().mean().sqrt() / level)

    assert distance(found) < 0.1 * distance(large)
    change = (found.float() - large.float())[None]
    half = F.interpolate(change, (48, 60), mode="bicubic", antialias=True)
    finer = change - F.interpolate(half, (96, 120), mode="bicubic", antialias=True)
    assert finer.square().mean() < 0.03 * change.square().mean()


def test_what_is_wholly_the_photographs_is_not_matched():
    large, wanted = torch.rand(3, 60, 60), torch.rand(3, 20, 20)
    weight = torch.zeros(1, 1, 60, 60)
    weight[..., 30:] = 1
    found = matched(large.clone(), wanted, weight)
    assert torch.equal(found[..., 30:], large[..., 30:])
    assert not torch.equal(found[..., :30], large[..., :30])
    assert torch.equal(matched(large.clone(), wanted, torch.ones(1, 1, 1, 1)), large)


def test_a_stroke_that_the_photograph_lacks_stays():
    content = torch.full((3, 60, 60), 0.5)
    drawn = torch.full((3, 20, 20), 0.5)
    drawn[0, 8:12] = 0.9
    found = add_detail(drawn, content[:, :20, :20], content)
    enlarged = F.interpolate(drawn[None], (60, 60), mode="bicubic", antialias=True)[0]
    assert torch.allclose(found, enlarged, atol=1e-4)


def test_where_the_photograph_holds_it_is_returned_bit_by_bit():
    content = torch.randint(0, 256, (3, 50, 70), dtype=torch.uint8)
    weight = torch.zeros(1, 1, 50, 70)
    weight[..., 35:] = 1
    found = add_detail(torch.rand(3, 10, 14), torch.rand(3, 10, 14), content, weight)
    assert (found[:, :, 35:] == content[:, :, 35:]).all()
    assert (found[:, :, :35] != content[:, :, :35]).any()
    assert found.dtype == torch.uint8


def test_only_what_is_finer_is_taken():
    start = picture(5, 96, 96)[0] * 0.5 + 0.25
    fine = 0.1 * (torch.arange(96) % 2).float()[None, None]
    # Far coarser than what is kept, and of the highest frequency.
    found = add_finer(start, start + 0.2 + fine, KEPT / 2)
    change = found - start
    assert abs(float(change.mean())) < 0.005
    assert float((change[..., 1::2] - change[..., ::2]).mean()) == pytest.approx(0.1, abs=0.01)


def test_sharpening_steepens_an_edge_and_makes_no_halo():
    edge = 0.2 + 0.6 * torch.sigmoid((torch.arange(48) - 24.3) / 1.2)
    found = sharpened(edge.expand(3, 30, 48), 1.25)
    assert found.min() >= 0.2
    assert found.max() <= 0.8
    assert found[0, 15].diff().max() > 1.1 * edge.diff().max()


def test_later_passes_see_the_photograph_and_not_the_smooth_enlargement():
    # A trained network hatches what is smooth, as an enlarged drawing is.
    seen = []

    def draw(request):
        seen.append(request.content.pixels)
        return request.content.pixels

    random = torch.Generator().manual_seed(0)
    photo = torch.randint(0, 256, (3, 200, 320), generator=random, dtype=torch.uint8)
    request = read_request(photo, 1, Options())
    grey = draw_at_scale(request, 8, lambda wanted: torch.full_like(draw(wanted), 128), draw)
    sides = drawn_sides((200, 320), 8)
    assert len(seen) == len(sides) > 2
    for pixels, side in zip(seen, sides, strict=True):
        assert torch.equal(pixels, resize(photo, long_side=side))
    # What is finer than the first picture comes back with them.
    assert grey.float().std() > 10


def test_one_pass_at_the_deciding_size_is_what_scale_gives_there(model):
    photo = as_bytes(picture(1, 60, 512))
    assert (array(model.stylize(photo, ONE, scale=1)) == array(model.stylize(photo, ONE))).all()


def test_results_of_two_sizes_are_alike_and_those_of_one_pass_are_not(model):
    photo = as_bytes((picture(1, 192, 256) + 0.1 * torch.rand(1, 3, 192, 256)).clamp(0, 1))
    base = array(model.stylize(photo, ONE, size=64, scale=8))

    def error(**options):
        return np.square(small(model.stylize(photo, ONE, **options), (64, 48)) - base).mean()

    assert error(scale=8) < error() / 2


def test_small_pictures_and_fine_strokes_are_drawn_large(model):
    out = model.stylize(PHOTO, ONE, scale=1)
    assert out.size == (180, 120)
    large = model.stylize(PHOTO, ONE, size=512)
    assert np.abs(small(large, (180, 120)) - array(out)).mean() < 4


def test_strength_zero_is_the_photograph(model):
    assert (array(model.stylize(PHOTO, ONE, scale=8, strength=0)) == PHOTO).all()
    nearly = array(model.stylize(PHOTO, ONE, scale=8, strength=1e-4))
    assert np.abs(nearly - PHOTO).max() <= 2


def test_strengths_differ_and_exaggeration_stays_a_picture(model):
    shots = [array(model.stylize(PHOTO, ONE, scale=8, strength=s)) for s in (0.5, 1, 2)]
    assert np.abs(shots[0] - shots[1]).mean() > 0.3
    assert np.abs(shots[1] - shots[2]).mean() > 0.3


def test_masks_hold_at_full_size(model):
    mask = np.zeros(PHOTO.shape[:2], np.uint8)
    mask[:, :80] = 255
    out = array(model.stylize(PHOTO, [ONE], scale=8, masks=[mask]))
    assert (out[:, 84:] == PHOTO[:, 84:]).all()
    assert np.abs(out[:, :76] - PHOTO[:, :76]).mean() > 1


def test_mixture_weights_reach_the_styles(model):
    one = array(model.stylize(PHOTO, ONE, scale=8))
    assert (array(model.stylize(PHOTO, [ONE, TWO], weights=[1, 0], scale=8)) == one).all()
    assert np.abs(array(model.stylize(PHOTO, [ONE, TWO], scale=8)) - one).mean() > 0.2


def test_tiles_change_nothing(model):
    plain = array(model.stylize(PHOTO, ONE, scale=4))
    tiled = array(model.stylize(PHOTO, ONE, scale=4, tile=64))
    assert np.abs(plain - tiled).max() <= 1


def test_palette_and_preserved_colors_go_along():
    model = tiny_palette_model()
    plain = array(model.stylize(PHOTO, ONE, scale=8))
    assert np.abs(array(model.stylize(PHOTO, ONE, scale=8, palette=TWO)) - plain).mean() > 0.2
    kept = array(model.stylize(PHOTO, ONE, scale=8, preserve_color=True))
    chroma = kept - kept.mean(-1, keepdims=True)
    own = PHOTO - PHOTO.mean(-1, keepdims=True)
    assert np.abs(chroma - own).mean() < np.abs(plain - plain.mean(-1, keepdims=True) - own).mean()


def test_transparency_and_float_pictures(model):
    alpha = np.tile(np.linspace(0, 255, 180).astype(np.uint8), (120, 1))
    out = model.stylize(np.dstack([PHOTO, alpha]), ONE, scale=8)
    assert (np.asarray(out)[..., 3] == alpha).all()
    floats = model.stylize(PHOTO.astype(np.float32) / 255, ONE, scale=8)
    assert np.abs(array(floats) - array(out)[..., :3]).mean() < 2


def test_refine_works_on_the_small_picture(model):
    events = []
    out = model.stylize(PHOTO, ONE, scale=8, refine=2, progress=events.append)
    assert out.size == (180, 120)
    assert np.abs(array(out) - array(model.stylize(PHOTO, ONE, scale=8))).mean() > 0.1
    shares = [e.done / e.total for e in events]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_stopped_refinement_returns_a_picture_of_full_size(model):
    def stop(event):
        if event.make_picture is not None and event.done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled) as stopped:
        model.stylize(PHOTO, ONE, scale=8, refine=3, progress=stop)
    assert stopped.value.picture.size == (180, 120)


def test_methods_that_optimize_are_drawn_once_and_enlarged():
    method = stylemix.load("gatys", device="cpu")
    out = method.stylize(PHOTO, ONE, scale=8, refine=1)
    assert out.size == (180, 120)


def test_gets_through_the_front_door(model):
    there = array(stylemix.stylize(PHOTO, ONE, model=model, scale=8))
    assert (there == array(model.stylize(PHOTO, ONE, scale=8))).all()
    assert np.abs(there - array(stylemix.stylize(PHOTO, ONE, model=model))).mean() > 0.3


@pytest.mark.parametrize("scale", [0, -1, 0.05, 17, float("nan"), "2", True])
def test_other_scales_are_refused(model, scale):
    with pytest.raises(ConfigError, match="scale must be a number from"):
        model.stylize(PHOTO, ONE, scale=scale)
