"""The Stylize node."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from comfy_pictures import image, reference
from comfy_surface import Comfy

from stylemix.checkpoint import load, save


@pytest.fixture
def stylize(comfy: tuple[Comfy, ModuleType], checkpoint: Path) -> Any:
    seen, pack = comfy
    save(load(checkpoint), seen.base / "models" / "stylemix" / "tiny")
    return sys.modules[f"{pack.__name__}.nodes"].Stylize


def near(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Tell whether pictures are the same but for the rounding of another runtime."""
    return first.shape == second.shape and bool((first - second).abs().max() <= 1 / 255 + 1e-6)


@pytest.mark.parametrize("strength, preserve", [(1.0, False), (0.5, False), (1.0, True)])
def test_it_gives_what_the_library_gives(
    stylize: Any, model: Any, strength: float, preserve: bool
) -> None:
    (made,) = stylize.execute(image(0), image(1), "stylemix/tiny", strength, preserve).args
    wanted = reference(
        model, image(0), image(1)[0].numpy(), strength=strength, preserve_color=preserve
    )
    assert near(made, wanted)


def test_a_batch_of_paintings_is_their_mixture(stylize: Any, model: Any) -> None:
    paintings = torch.cat([image(1), image(2)])
    (made,) = stylize.execute(image(0), paintings, "stylemix/tiny", 1.0, False).args
    assert near(made, reference(model, image(0), [p.numpy() for p in paintings]))


def test_the_first_model_is_the_default_and_the_hub_is_elsewhere(stylize: Any) -> None:
    entry = stylize.define_schema().inputs[2]
    assert entry.default == entry.options[0] == "film"
    assert "Hugging Face Hub" not in entry.options
    assert {"stylemix/tiny", "gatys"} <= set(entry.options)


def test_messages_name_the_input(stylize: Any) -> None:
    for args, message in (
        ((image(0), image(1), "gone"), "^model: 'gone' is no longer there"),
        ((image(0) * torch.nan, image(1), "stylemix/tiny"), "^image 1 of 1: .*NaN"),
        ((image(0), image(1) * torch.nan, "stylemix/tiny"), "^painting 1 of 1: .*NaN"),
        ((image(0), None, "stylemix/tiny"), "^painting: expected an IMAGE"),
    ):
        with pytest.raises(ValueError, match=message):
            stylize.execute(*args, 1.0, False)
