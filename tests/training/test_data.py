from __future__ import annotations

import io
import logging

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from color_profiles import P3
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from training_cases import as_bytes, crops, photograph, write_folder, write_shard

from stylemix.errors import DataError
from stylemix.images import picture_endings
from stylemix.training.data import Crops, read_pictures

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def flat(path, color, size=(20, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


def colors(pictures):
    return [tuple(p[:, 0, 0].tolist()) for p in pictures]


def test_reads_folders_with_subfolders_in_the_order_of_names(tmp_path):
    flat(tmp_path / "b.PNG", BLUE)
    flat(tmp_path / "a" / "deep" / "z.png", RED)
    flat(tmp_path / "c" / "x.webp", GREEN)
    (tmp_path / "notes.txt").write_text("no picture")
    found = read_pictures([tmp_path], 64)
    assert colors(found)[:2] == [RED, BLUE]
    assert len(found) == 3
    assert all(p.dtype == torch.uint8 and p.shape == (3, 20, 20) for p in found)


def test_sources_keep_their_order(tmp_path):
    one, two = flat(tmp_path / "one" / "x.png", RED), flat(tmp_path / "two" / "x.png", GREEN)
    assert colors(read_pictures([two.parent, one.parent], 64)) == [GREEN, RED]
    assert colors(read_pictures([str(one), two.parent], 64)) == [RED, GREEN]


def test_globs(tmp_path):
    flat(tmp_path / "b" / "1.png", GREEN)
    flat(tmp_path / "a" / "2.png", RED)
    flat(tmp_path / "a" / "skip.bmp", BLUE)
    assert colors(read_pictures([f"{tmp_path}/*/*.png"], 64)) == [RED, GREEN]
    assert colors(read_pictures([f"{tmp_path}/**/[0-9].png"], 64)) == [RED, GREEN]


def test_folder_with_glob_signs_in_its_name(tmp_path):
    flat(tmp_path / "art [1]" / "x.png", RED)
    assert colors(read_pictures([tmp_path / "art [1]"], 64)) == [RED]


def test_tar_shard_gives_what_the_files_give(tmp_path):
    write_folder(tmp_path / "files", 3)
    members = {f"sub/{n}.jpg": (tmp_path / "files" / f"{n}.jpg").read_bytes() for n in (2, 0, 1)}
    write_shard(tmp_path / "s.tar", {**members, "sub/0.json": b"{}", "README": b"hello"})
    found = read_pictures([tmp_path / "s.tar"], 64)
    wanted = read_pictures([tmp_path / "files"], 64)
    assert len(found) == 3
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_shards_by_glob(tmp_path):
    for n, color in enumerate((RED, GREEN)):
        write_shard(tmp_path / f"s{n}.tar", {"x.png": as_bytes(Image.new("RGB", (9, 9), color))})
    assert colors(read_pictures([f"{tmp_path}/s*.tar"], 64)) == [RED, GREEN]


def test_unreadable_files_are_left_out_by_name(tmp_path, caplog):
    good = flat(tmp_path / "good.png", RED)
    (tmp_path / "broken.jpg").write_bytes(as_bytes(photograph(1), "JPEG")[:300])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello")
    write_shard(
        tmp_path / "s.tar",
        {
            "fine.png": good.read_bytes(),
            "cut.jpg": as_bytes(photograph(1), "JPEG")[:300],
            "none.png": b"",
            "words.png": b"no picture at all",
            # a header that claims 60,000 x 60,000 pixels
            "bomb.png": as_bytes(Image.new("RGB", (4, 4)))[:16]
            + b"\0\0\xea\x60" * 2
            + as_bytes(Image.new("RGB", (4, 4)))[24:],
        },
    )
    with caplog.at_level(logging.WARNING):
        found = read_pictures([tmp_path, tmp_path / "s.tar"], 64, what="style")
    assert colors(found) == [RED, RED]
    for name in (
        "broken.jpg",
        "empty.png",
        "text.jpg",
        "s.tar:cut.jpg",
        "s.tar:none.png",
        "s.tar:words.png",
        "s.tar:bomb.png",
    ):
        assert sum(name in message for message in caplog.messages) == 1, name
    assert not any("good.png" in message for message in caplog.messages)


def test_damaged_shard(tmp_path):
    whole = write_shard(tmp_path / "s.tar", {"x.png": as_bytes(photograph(1, 64, 64))})
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:1500])
    (tmp_path / "junk.tar").write_bytes(b"junk" * 500)
    for bad in (cut, tmp_path / "junk.tar"):
        with pytest.raises(DataError, match=rf"{bad.name} is damaged"):
            read_pictures([bad], 64)


def test_nothing_found(tmp_path):
    with pytest.raises(DataError, match=r"data\.content a folder"):
        read_pictures([], 64, what="content")
    with pytest.raises(DataError, match=r"data\.style: there is no .*nowhere"):
        read_pictures([tmp_path / "nowhere"], 64, what="style")
    with pytest.raises(DataError, match="there is no"):
        read_pictures([f"{tmp_path}/*.png"], 64)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match="there are no pictures in .*JPEG"):
        read_pictures([tmp_path], 64)
    (tmp_path / "x.jpg").write_text("x")
    with pytest.raises(DataError, match="none of the 1 style could be read"):
        read_pictures([tmp_path], 64, what="style")


@pytest.mark.parametrize("ending", ["jfif", "jpe", "gif", "ppm", "avif", "TIF"])
def test_every_format_that_can_be_read_is_taken(tmp_path, ending):
    if f".{ending.lower()}" not in picture_endings():
        pytest.skip("this Pillow doesn't read it")
    flat(tmp_path / f"x.{ending}", (200, 200, 200))
    (found,) = read_pictures([tmp_path], 64)
    assert (found.int() - 200).abs().max() < 4


def test_hidden_files_and_folders_named_as_pictures_are_none(tmp_path, caplog):
    flat(tmp_path / "a.png", RED)
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves")
    flat(tmp_path / "b.png" / "c.png", GREEN)
    assert colors(read_pictures([tmp_path], 64)) == [RED, GREEN]
    assert not caplog.records


def test_what_is_left_out_is_counted_by_ending(tmp_path, caplog):
    flat(tmp_path / "data" / "a.png", RED)
    for name in ("a.txt", "b.txt", "sub/c.TXT", "d.json", "README", ".hidden"):
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_text("no picture")
    write_shard(
        tmp_path / "s.tar", {"x.png": as_bytes(Image.new("RGB", (9, 9), GREEN)), "x.json": b"{}"}
    )
    assert colors(read_pictures([tmp_path / "data", tmp_path / "s.tar"], 64)) == [RED, GREEN]
    folder, shard = (record.getMessage() for record in caplog.records)
    assert "left out 5 of the files in" in folder
    assert "3 .txt, 1 .json, 1 without an ending" in folder
    assert "left out 1 of the files in" in shard and "s.tar" in shard and "1 .json" in shard


def test_what_trainings_wrote_is_no_data(tmp_path, caplog):
    flat(tmp_path / "a.png", RED)
    flat(tmp_path / "mine" / "b.png", GREEN)  # a folder of pictures like any other
    flat(tmp_path / "training" / "samples" / "c.png", RED)
    flat(tmp_path / "begun" / "training" / "samples" / "0000012.jpg", BLUE)
    (tmp_path / "begun" / "training" / "state.safetensors").touch()
    flat(tmp_path / "deep" / "done" / "figure.png", BLUE)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "deep" / "done" / name).touch()
    assert colors(read_pictures([tmp_path], 64)) == [RED, GREEN, RED]
    (record,) = caplog.records
    assert str(tmp_path / "begun") in record.getMessage()
    assert str(tmp_path / "deep" / "done") in record.getMessage()
    # A run whose output is the folder of pictures itself leaves its sheets alone out.
    flat(tmp_path / "deep" / "done" / "training" / "samples" / "0000012.jpg", BLUE)
    (tmp_path / "deep" / "done" / "training" / "state.safetensors").touch()
    assert colors(read_pictures([tmp_path / "deep" / "done"], 64)) == [BLUE]


def test_hidden_colors_are_no_data(tmp_path):
    for around in (0, 255):
        array = np.full((24, 24, 4), around, np.uint8)
        array[6:18, 6:18] = (60, 120, 180, 255)
        array[:6, :, 3] = array[18:, :, 3] = array[:, :6, 3] = array[:, 18:, 3] = 0
        Image.fromarray(array).save(tmp_path / "x.png")
        (found,) = read_pictures([tmp_path], 16)
        color = torch.tensor([60, 120, 180]).reshape(3, 1, 1)
        assert (found.int() - color).abs().max() <= 1


def test_shards_may_hold_what_folders_may(tmp_path):
    """Such as a PNG with a profile that Pillow alone takes for damage."""
    icc = P3 + np.random.default_rng(0).bytes(2_000_000)
    icc = len(icc).to_bytes(4, "big") + icc[4:]
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9), RED).save(buffer, "PNG", icc_profile=icc)
    (tmp_path / "x.png").write_bytes(buffer.getvalue())
    write_shard(tmp_path / "s.tar", {"x.png": buffer.getvalue(), "y.png": b"no picture"})
    (one,), (two,) = (
        read_pictures([tmp_path / "x.png"], 64),
        read_pictures([tmp_path / "s.tar"], 64),
    )
    assert torch.equal(one, two)
    assert one[0, 0, 0] > RED[0]  # more of red than sRGB's 200


def test_large_pictures_are_shrunk_small_ones_are_not(tmp_path):
    flat(tmp_path / "a.png", RED, (100, 60))
    flat(tmp_path / "b.png", RED, (30, 20))
    assert [p.shape[1:] for p in read_pictures([tmp_path], 30)] == [(30, 50), (20, 30)]


def test_limit_is_spread_over_all(tmp_path):
    for n in range(10):
        flat(tmp_path / f"{n}.png", (n * 20, 0, 0))
    assert [c[0] // 20 for c in colors(read_pictures([tmp_path], 64, limit=5))] == [0, 2, 4, 6, 8]
    assert len(read_pictures([tmp_path], 64, limit=50)) == 10


def test_modes_become_eight_bit_colours(tmp_path):
    grey = np.linspace(0, 1, 20 * 20, dtype=np.float32).reshape(20, 20)
    Image.fromarray(grey).save(tmp_path / "float.tif")
    Image.fromarray((grey * 255).round().astype(np.uint8)).save(tmp_path / "grey.png")
    Image.new("RGBA", (20, 20), (*RED, 128)).save(tmp_path / "see-through.png")
    found = read_pictures([tmp_path], 64)
    assert all(p.dtype == torch.uint8 and p.shape == (3, 20, 20) for p in found)
    assert torch.equal(found[0], found[1])
    assert colors(found)[2] == RED


def test_exif_orientation_is_applied(tmp_path):
    image = Image.new("RGB", (30, 20), RED)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "x.jpg", exif=exif)
    assert read_pictures([tmp_path], 64)[0].shape == (3, 30, 20)


chance = st.floats(0, 1, exclude_max=True, width=32)


@given(st.lists(chance, min_size=4, max_size=4), st.integers(4, 40))
def test_crop_is_a_plain_slice_at_zoom_one(numbers, side):
    source = crops(1)
    found = source.cut([0], side, torch.tensor([numbers]))[0]
    # torch may round a number just below 1 to itself; int() floors
    _, row, column, flip = torch.tensor(numbers).tolist()
    top, left = int(row * (40 - side + 1)), int(column * (48 - side + 1))
    wanted = source.pictures[0][:, top : top + side, left : left + side].float() / 255
    assert torch.equal(found, wanted.flip(2) if flip < 0.5 else wanted)


def test_every_window_position_is_reached_and_no_other():
    pixels = torch.arange(6 * 6, dtype=torch.uint8).view(1, 6, 6).repeat(3, 1, 1)
    source = Crops([pixels], torch.device("cpu"))
    found = source.cut([0] * 400, 4, torch.rand(400, 4, generator=torch.manual_seed(0)))
    corners = {round(float(min(c[0, 0, 0], c[0, 0, -1]) * 255)) for c in found}
    assert corners == {6 * row + column for row in range(3) for column in range(3)}


def test_zoom_covers_more_of_the_picture():
    source = crops(1)
    picture = source.pictures[0].float()[None] / 255
    found = source.cut([0], 16, torch.tensor([[0.999999, 0.0, 0.0, 0.9]]), zoom=2.0)
    wanted = F.interpolate(picture[..., :32, :32], size=(16, 16), mode="bilinear", antialias=True)
    assert torch.allclose(found, wanted, atol=1e-6)
    # chance 0 takes the crop's own size at any zoom
    found = source.cut([0], 16, torch.tensor([[0.0, 0.0, 0.0, 0.9]]), zoom=2.0)
    assert torch.equal(found, picture[..., :16, :16])


def test_zoom_windows_are_uniform_between_one_and_zoom():
    # On a horizontal ramp a crop's span tells the window: 1/255 a pixel.
    ramp = torch.arange(200, dtype=torch.uint8).expand(3, 200, 200)
    source = Crops([ramp], torch.device("cpu"))
    numbers = torch.rand(200, 4, generator=torch.manual_seed(1))
    found = source.cut([0] * 200, 40, numbers, zoom=3.0)
    span = (found.amax((1, 2, 3)) - found.amin((1, 2, 3))) * 255 + 1
    window = 40 * (1 + 2 * numbers[:, 0])
    assert torch.allclose(span, window, atol=4)
    assert span.min() < 45
    assert span.max() > 110


def test_small_pictures_are_enlarged():
    source = crops(1, height=10, width=30)
    found = source.cut([0], 16, torch.tensor([[0.0, 0.5, 0.5, 0.9]]))
    picture = source.pictures[0].float()[None] / 255
    wanted = F.interpolate(picture[..., 10:20], size=(16, 16), mode="bilinear")
    assert found.shape == (1, 3, 16, 16)
    assert torch.allclose(found, wanted, atol=1e-5)


@given(
    st.integers(1, 30), st.integers(1, 30), st.integers(1, 24), st.floats(1, 4), st.integers(0, 99)
)
def test_crops_of_anything_have_the_size_and_stay_in_range(height, width, side, zoom, seed):
    noise = torch.randint(
        0, 256, (3, height, width), dtype=torch.uint8, generator=torch.manual_seed(seed)
    )
    source = Crops([noise], torch.device("cpu"))
    found = source.cut([0, 0], side, torch.rand(2, 4, generator=torch.manual_seed(seed)), zoom)
    assert found.shape == (2, 3, side, side)
    assert found.dtype == torch.float32
    assert found.min() >= 0
    assert found.max() <= 1


def test_half_of_the_crops_are_flipped():
    ramp = torch.arange(20, dtype=torch.uint8).expand(3, 20, 20)
    found = Crops([ramp], torch.device("cpu")).cut(
        [0] * 1000, 20, torch.rand(1000, 4, generator=torch.manual_seed(2))
    )
    flipped = (found[:, 0, 0, 0] > found[:, 0, 0, -1]).float().mean()
    assert 0.45 < flipped < 0.55
