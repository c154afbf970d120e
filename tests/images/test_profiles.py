"""Color spaces: what they are converted to, and how results come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from color_profiles import LINEAR, P3, PROPHOTO, SPACES, SRGB, converted, lab, scanner_profile
from PIL import Image

from stylemix.images import read, save
from stylemix.images.profiles import rgb_space


def photograph(height: int = 48, width: int = 64) -> Image.Image:
    """Give colors all over sRGB."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [x, y, 0.5 + 0.5 * np.sin(9 * x + 5 * y)]
    return Image.fromarray(np.round(255 * np.stack(planes, -1)).astype(np.uint8))


@pytest.mark.parametrize("name", SPACES)
def test_every_space_is_read_as_srgb(name: str) -> None:
    image = converted(photograph(), SRGB, SPACES[name])
    got = Image.fromarray(read(image).pixels.permute(1, 2, 0).numpy())
    # 8 bits of a wide or linear space are coarser than those of sRGB.
    difference = np.linalg.norm(lab(got) - lab(photograph()), axis=-1)  # dE76
    assert difference.mean() < 1
    # Otherwise nothing would be tested: what isn't converted differs.
    apart = np.linalg.norm(lab(image) - lab(photograph()), axis=-1).mean()
    assert apart > 3 or name == "sRGB"


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg"])
def test_a_picture_comes_back_in_its_own_space(tmp_path: Path, name: str, suffix: str) -> None:
    image = converted(photograph(), SRGB, SPACES[name])
    image.save(tmp_path / "a.tif", icc_profile=SPACES[name])
    got = read(tmp_path / "a.tif", keep_space=True).to_pil()
    np.testing.assert_array_equal(np.asarray(got), np.asarray(image))
    save(got, tmp_path / f"b.{suffix}", quality=100)
    with Image.open(tmp_path / f"b.{suffix}") as saved:
        assert saved.info["icc_profile"] == SPACES[name]
        difference = np.asarray(saved.convert("RGB")).astype(int) - np.asarray(image)
    assert np.abs(difference).mean() < (2 if suffix in ("webp", "jpg") else 1e-9)


def test_what_is_drawn_is_given_in_the_photographs_space() -> None:
    image = converted(photograph(), SRGB, PROPHOTO)
    drawn = torch.from_numpy(np.asarray(photograph().rotate(180)).copy()).permute(2, 0, 1)
    got = read(image, keep_space=True).drawn(drawn)
    assert got.info["icc_profile"] == PROPHOTO
    back = converted(got, PROPHOTO, SRGB)
    difference = np.linalg.norm(lab(back) - lab(photograph().rotate(180)), axis=-1)
    assert difference.mean() < 1 and difference.max() < 4


def test_colors_outside_srgb_stay_by_the_photographs_share() -> None:
    vivid = Image.new("RGB", (8, 8), (0, 255, 0))
    vivid.info["icc_profile"] = P3
    got = read(vivid, keep_space=True)
    assert got.pixels[:, 0, 0].tolist() == [0, 255, 0]  # the nearest in sRGB
    nearest = np.asarray(converted(Image.new("RGB", (1, 1), (0, 255, 0)), SRGB, P3))[0, 0]
    assert nearest.min() > 50  # which is paler
    for share in (0.0, 0.5, 1.0):
        pixel = np.asarray(got.drawn(got.pixels, torch.full((1, 1, 1, 1), share)))[3, 3]
        expected = nearest + share * (np.array([0, 255, 0]) - nearest)
        assert np.abs(pixel - expected).max() <= 1
    # The share may differ from place to place.
    share = torch.zeros(1, 1, 8, 8)
    share[..., 4:] = 1
    mixed = np.asarray(got.drawn(got.pixels, share))
    assert (mixed[:, 4:] == [0, 255, 0]).all() and (mixed[:, :4] == nearest).all()


def test_versions_of_srgb_change_nothing() -> None:
    image = photograph()
    image.info["icc_profile"] = SRGB
    got = read(image, keep_space=True)
    np.testing.assert_array_equal(got.pixels.permute(1, 2, 0).numpy(), np.asarray(image))
    assert got.beyond is None and got.profile == SRGB
    spaces = {name: rgb_space(icc) for name, icc in SPACES.items()}
    assert [name for name, space in spaces.items() if space.is_srgb] == ["sRGB"]


def test_a_space_without_a_way_back_gives_srgb() -> None:
    icc = scanner_profile()
    space = rgb_space(icc)
    assert space is not None and not space.writable
    image = Image.new("RGB", (4, 4), (255, 0, 0))
    image.info["icc_profile"] = icc
    got = read(image, keep_space=True)
    assert got.profile is None and got.beyond is None
    # The profile exchanges red and blue: Lab of its red is that of sRGB blue.
    pixel = got.pixels[:, 0, 0].int()
    assert pixel[2] > 200 > 100 > pixel[0]


def test_sizes_are_made_in_srgb() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    image = converted(Image.fromarray(stripes), SRGB, LINEAR)
    small = read(image, keep_space=True).resized(16)
    assert (small.pixels[:, 4:-4, 4:-4].int() - 128).abs().max() <= 3
    pixel = np.asarray(small.to_pil())[8, 8]
    assert np.abs(pixel.astype(int) - 55).max() <= 2  # sRGB 128 is 0.216 linear
