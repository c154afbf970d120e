from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from dataset_cases import body, image, opened
from PIL import ExifTags, Image
from torchvision.transforms import v2

from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.pictures import decode, encode, ending
from stylemix.errors import PictureError
from stylemix.images import resize


def pixels(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def test_a_picture_is_what_pillow_reads():
    assert torch.equal(decode(body(0), DatasetOptions()), pixels(image(0)))


@pytest.mark.parametrize("height, width", [(40, 64), (64, 40), (33, 47)])
def test_short_side_and_middle(height, width):
    found = decode(body(1, height, width), DatasetOptions(size=24, crop=16))
    whole = resize(pixels(image(1, height, width)), short_side=24)
    assert min(whole.shape[1:]) == 24
    assert found.shape == (3, 16, 16)
    # torchvision rounds the middle to even, which moves odd rests by half a pixel.
    top, left = ((side - 16) // 2 for side in whole.shape[1:])
    assert torch.equal(found, whole[:, top : top + 16, left : left + 16])
    reference = v2.functional.center_crop(whole, [16, 16])
    assert (found.float() - reference.float()).abs().mean() < 12


def test_a_crop_alone_enlarges_what_is_too_small():
    assert decode(body(1, 20, 30), DatasetOptions(crop=32)).shape == (3, 32, 32)
    large = decode(body(1, 40, 50), DatasetOptions(crop=32))
    assert torch.equal(large, pixels(image(1, 40, 50))[:, 4:36, 9:41])


def test_pictures_are_turned_upright():
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    out = io.BytesIO()
    image(2, 20, 30).save(out, "PNG", exif=turned)
    assert torch.equal(
        decode(out.getvalue(), DatasetOptions()), pixels(image(2, 20, 30)).rot90(-1, (1, 2))
    )


def test_transparency_is_flattened_on_white_or_kept():
    clear = image(3).copy()
    clear.putalpha(Image.linear_gradient("L").resize((32, 32)))
    out = io.BytesIO()
    clear.save(out, "PNG")
    found = decode(out.getvalue(), DatasetOptions())
    assert torch.equal(found, pixels(clear))
    kept = opened(encode(found, DatasetOptions(format="png")))
    assert kept.mode == "RGBA"
    assert torch.equal(pixels(kept), found)
    flat = pixels(opened(encode(found, DatasetOptions(quality=100)))).float()
    alpha = found[3:].float() / 255
    expected = found[:3].float() * alpha + 255 * (1 - alpha)
    assert (flat - expected).abs().mean() < 2


def test_encoding():
    found = decode(body(4), DatasetOptions())
    assert torch.equal(pixels(opened(encode(found, DatasetOptions(format="png")))), found)
    assert opened(encode(found, DatasetOptions(format="webp"))).format == "WEBP"
    good, bad = (encode(found, DatasetOptions(quality=q)) for q in (95, 20))
    assert opened(good).format == "JPEG"
    assert len(bad) < len(good)
    assert encode(found, DatasetOptions()) == encode(found.clone(), DatasetOptions())


def test_what_a_format_cannot_hold():
    with pytest.raises(PictureError, match="16400 x 1 pixels can't be written as webp"):
        encode(torch.zeros(3, 1, 16400, dtype=torch.uint8), DatasetOptions(format="webp"))


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "it is empty"),
        (b"nothing", "no picture that can be read"),
        (body(0, 64, 64, "JPEG")[:-300], "^it is damaged or cut short"),
    ],
)
def test_damaged_files_say_the_same_each_time(content, message):
    said = set()
    for _ in range(2):
        with pytest.raises(PictureError, match=message) as caught:
            decode(content, DatasetOptions())
        said.add(str(caught.value))
    assert len(said) == 1


@pytest.mark.parametrize(
    "own, kind, expected",
    [
        (".JPEG", "jpeg", ".JPEG"),
        (".jpg", "jpeg", ".jpg"),
        (".png", "jpeg", ".jpg"),
        (".PNG", "png", ".PNG"),
        (".jpg", "webp", ".webp"),
        ("", "png", ".png"),
    ],
)
def test_endings(own, kind, expected):
    assert ending(own, DatasetOptions(format=kind)) == expected


def test_hidden_colors_do_not_bleed_into_edges():
    results = []
    for hidden in (0, 255):
        array = np.full((40, 60, 4), hidden, np.uint8)
        array[..., 3] = 0
        array[10:30, 14:46] = (200, 30, 60, 255)
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, "PNG")
        results.append(decode(buffer.getvalue(), DatasetOptions(size=24)))
    assert torch.equal(*results) and results[0].shape == (4, 24, 36)
    shown = results[0][:3, results[0][3] > 0].int()
    assert (shown - torch.tensor([[200], [30], [60]])).abs().max() <= 1
