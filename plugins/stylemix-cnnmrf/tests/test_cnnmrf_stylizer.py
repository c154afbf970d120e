"""The method from photograph to picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import stylemix
from stylemix.errors import Cancelled, ConfigError
from stylemix.stylizers import build
from stylemix.types import ProgressEvent


def _picture(seed: int, height: int = 72, width: int = 88) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 6, 6, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic")
    return (smooth.clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


PHOTO, ONE, TWO = _picture(1), _picture(2, 64, 64), _picture(3, 60, 80)


def _array(image: object) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def test_it_is_listed_and_used_by_name() -> None:
    (info,) = [m for m in stylemix.models() if m.name == "cnnmrf"]
    assert info.kind == "method"
    out = stylemix.stylize(PHOTO, ONE, model="cnnmrf", refine=3)
    assert out.size == (88, 72)
    assert (_array(out) == _array(stylemix.stylize(PHOTO, ONE, model="cnnmrf", refine=3))).all()
    assert np.abs(_array(out) - PHOTO).mean() > 1


def test_masks_strength_and_progress() -> None:
    model = stylemix.load("cnnmrf")
    assert (_array(model.stylize(PHOTO, ONE, strength=0)) == PHOTO).all()
    left = np.zeros((72, 88), np.uint8)
    left[:, :40] = 255
    out = _array(model.stylize(PHOTO, ONE, masks=[left], refine=4))
    assert (out[:, 40:] == PHOTO[:, 40:]).all()
    assert np.abs(out[:, :40] - PHOTO[:, :40]).mean() > 1
    both, swapped = (
        _array(model.stylize(PHOTO, styles, masks=[left, 255 - left], refine=4))
        for styles in ([ONE, TWO], [TWO, ONE])
    )
    assert np.abs(both - swapped).mean() > 1

    seen = []

    def watch(event: ProgressEvent) -> None:
        seen.append((event.done, event.total, event.picture()))
        if event.done == 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough") as caught:
        model.stylize(PHOTO, ONE, refine=8, progress=watch)
    assert [(d, t) for d, t, _ in seen] == [(1, 8), (2, 8), (3, 8)]
    assert (_array(caught.value.picture) == _array(seen[-1][2])).all()


def test_small_pictures_and_paintings() -> None:
    tiny = _picture(4, 5, 9)
    assert stylemix.stylize(tiny, tiny, model="cnnmrf", refine=1).size == (9, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patches": 0}, "patches"),
        ({"stride": 4}, r"stride must be a whole number >= 1 and <= 3, got 4"),
        ({"seed": -1}, "seed"),
        ({"patch": 3}, "did you mean 'patches'"),
        ({"features": "thick"}, "did you mean 'thin'"),
    ],
)
def test_bad_configurations(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build({"stylizer": "cnnmrf", **options})
    config = build({"stylizer": "cnnmrf", "seed": 3, "patches": 9}).config
    assert build(config).config == config
