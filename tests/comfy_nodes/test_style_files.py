"""Styles as files: the nodes Save Style and Load Style."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from comfy_pictures import STYLED, image
from comfy_surface import Comfy
from helpers import tiny_config, tiny_model

from stylemix.stylizers import build


@pytest.fixture
def files(comfy: tuple[Comfy, ModuleType], model: Any) -> Any:
    seen, pack = comfy
    nodes = sys.modules[f"{pack.__name__}.nodes"]

    def encode(seed: int, stylizer: Any = model) -> Any:
        return nodes.EncodeStyle.execute(stylizer, image(seed))[0]

    def apply(style: Any) -> torch.Tensor:
        made: torch.Tensor = nodes.ApplyStyle.execute(image(0), style, **STYLED)[0]
        return made

    return SimpleNamespace(
        folder=seen.base / "models" / "stylemix_styles",
        save=lambda style, name, replace=False: nodes.SaveStyle.execute(style, name, replace),
        load=lambda name, stylizer=model: nodes.LoadStyle.execute(stylizer, name)[0],
        node=nodes.LoadStyle,
        encode=encode,
        apply=apply,
        mix=lambda *args, **more: nodes.MixStyles.execute(*args, **more)[0],
    )


def test_a_mixture_comes_back_as_it_was(files: Any, model: Any) -> None:
    style = files.mix(files.encode(1), files.encode(2), 3.0, 1.0, b_over_frames="0, 1, 0.5")
    files.save(style, "two of them")
    assert [p.name for p in files.folder.iterdir()] == ["two of them.safetensors"]
    entry = files.node.define_schema().inputs[1]
    assert entry.options == ["two of them"]
    calls: list[int] = []
    handle = model.encoder.register_forward_hook(lambda *_: calls.append(1))
    try:
        back = files.load("two of them")
    finally:
        handle.remove()
    assert calls == []  # it was encoded already
    assert [p.weight for p in back.parts] == [p.weight for p in style.parts]
    assert [p.curves for p in back.parts] == [p.curves for p in style.parts]
    assert torch.equal(files.apply(back), files.apply(style))


def test_another_model_encodes_the_paintings_again(files: Any) -> None:
    files.save(files.encode(1), "one")
    other = tiny_model(seed=5)
    back = files.load("one", other)
    assert torch.equal(files.apply(back), files.apply(files.encode(1, other)))


def test_a_style_without_painting_belongs_to_its_model(files: Any) -> None:
    own = build({**tiny_config(), "injections": [], "encoder": {"name": "none"}}).eval()
    files.save(_own(files, own), "own")
    assert torch.equal(files.apply(files.load("own", own)), files.apply(_own(files, own)))
    with pytest.raises(ValueError, match="^saved_style: 'own' was encoded by another model"):
        files.load("own")


def _own(files: Any, model: Any) -> Any:
    bundle = sys.modules[files.node.__module__.rpartition(".nodes")[0] + ".bundle"]
    return bundle.StyleBundle.equal(model, [model.own_style()])


def test_another_style_is_not_lost(files: Any) -> None:
    files.save(files.encode(1), "mine")
    files.save(files.encode(1), "mine")  # the same one: nothing to lose
    with pytest.raises(ValueError, match="^name: there is another style named 'mine'"):
        files.save(files.encode(2), "mine")
    assert torch.equal(files.apply(files.load("mine")), files.apply(files.encode(1)))
    before = files.node.fingerprint_inputs(saved_style="mine")
    files.save(files.encode(2), "mine", replace=True)
    assert torch.equal(files.apply(files.load("mine")), files.apply(files.encode(2)))
    assert files.node.fingerprint_inputs(saved_style="mine") != before


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a\\b", "x" * 120, "a\n"])
def test_names_that_are_no_file_names_are_refused(files: Any, name: str) -> None:
    if name == "a\n":
        files.save(files.encode(1), name)  # surrounding space is dropped
        assert (files.folder / "a.safetensors").is_file()
        return
    with pytest.raises(ValueError, match="^name: expected letters"):
        files.save(files.encode(1), name)
    assert not files.folder.exists()


def test_masks_are_not_saved(files: Any) -> None:
    mask = torch.zeros(1, 32, 48)
    mask[..., :9] = 1
    style = files.mix(files.encode(1), files.encode(2), 1.0, 1.0, mask_a=mask)
    with pytest.raises(ValueError, match="^style: its masks belong to one picture"):
        files.save(style, "masked")


@pytest.mark.parametrize(
    "content", [b"", b"cut", b"\x02\0\0\0\0\0\0\0{}"], ids=["empty", "cut", "of others"]
)
def test_damaged_files_are_named(files: Any, content: bytes) -> None:
    files.folder.mkdir(parents=True)
    (files.folder / "bad.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"^saved_style: .*bad\.safetensors.* damaged"):
        files.load("bad")
    with pytest.raises(ValueError, match="^saved_style: 'gone' is no longer there"):
        files.load("gone")


def test_what_cannot_be_written_leaves_the_former(
    files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.save(files.encode(1), "mine")

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ValueError, match="^name: .*No space left"):
        files.save(files.encode(2), "mine", replace=True)
    monkeypatch.undo()
    assert [p.name for p in files.folder.iterdir()] == ["mine.safetensors"]
    assert torch.equal(files.apply(files.load("mine")), files.apply(files.encode(1)))


def test_without_a_saved_style_the_choice_says_so(files: Any) -> None:
    (choice,) = files.node.define_schema().inputs[1].options
    assert choice == "(no style saved yet)"
    with pytest.raises(ValueError, match="^saved_style: "):
        files.load(choice)
