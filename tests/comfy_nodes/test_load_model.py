"""The Load Style Model node."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from comfy_surface import Comfy
from helpers import tiny_model

from stylemix import Stylizer
from stylemix.checkpoint import load, save


@pytest.fixture
def loader(comfy: tuple[Comfy, ModuleType], checkpoint: Path) -> Any:
    seen, pack = comfy
    folder = seen.base / "models" / "stylemix" / "mine"
    save(load(checkpoint), folder)
    return SimpleNamespace(node=sys.modules[f"{pack.__name__}.nodes"].LoadModel, folder=folder)


def options(loader: Any) -> list[str]:
    found: list[str] = loader.node.define_schema().inputs[0].options
    return found


def test_dropdown_lists_embedded_then_local_then_methods_then_hub(loader: Any) -> None:
    import stylemix

    methods = [info.name for info in stylemix.models() if info.kind == "method"]
    named = [info.name for info in stylemix.models() if info.kind != "method"]
    assert "gatys" in methods
    assert options(loader) == [
        *named,
        "stylemix/mine",
        *methods,
        "Hugging Face Hub",
    ]
    (loader.folder.parent / "notes").mkdir()  # no checkpoint
    save(tiny_model(), loader.folder.parent / "another")
    assert options(loader)[len(named) :][:2] == ["stylemix/another", "stylemix/mine"]


def test_a_method_loads_by_its_name(loader: Any) -> None:
    (model,) = loader.node.execute("gatys", "").args
    assert model.config["stylizer"] == "gatys"


def test_embedded_model_is_the_default_and_needs_no_file(
    loader: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save(tiny_model(), tmp_path / "embedded" / "film")
    monkeypatch.setattr("stylemix.checkpoint.catalogue.EMBEDDED", tmp_path / "embedded")
    entry = loader.node.define_schema().inputs[0]
    assert entry.default == entry.options[0] == "film"
    (model,) = loader.node.execute(entry.default, "").args
    assert model.fingerprint == tiny_model().fingerprint


def test_local_model_loads_and_can_still_be_trained(loader: Any) -> None:
    with torch.inference_mode():  # as ComfyUI does
        (model,) = loader.node.execute("stylemix/mine", "").args
    assert isinstance(model, Stylizer)
    assert not any(p.is_inference() for p in model.parameters())


def test_hub_name_is_a_repository_with_or_without_a_revision(
    loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tiny_model(seed=4), loader.folder.parent / "owner" / "name")
    # stylemix takes a folder of that path before it asks the Hub, and no revision of it.
    monkeypatch.chdir(loader.folder.parent)
    (model,) = loader.node.execute("Hugging Face Hub", " owner/name ").args
    assert model.fingerprint == tiny_model(seed=4).fingerprint
    with pytest.raises(ValueError, match=r"^hub_name: .*'owner/name' has no revision 'v1'"):
        loader.node.execute("Hugging Face Hub", "owner/name@v1")


def test_fingerprint_changes_with_the_files_only(loader: Any) -> None:
    first = loader.node.fingerprint_inputs("stylemix/mine", "")
    assert loader.node.fingerprint_inputs("stylemix/mine", "") == first
    save(tiny_model(seed=3), loader.folder)
    assert loader.node.fingerprint_inputs("stylemix/mine", "") != first
    assert loader.node.fingerprint_inputs("Hugging Face Hub", "a/b") != first


@pytest.mark.parametrize(
    "model, hub_name, message",
    [
        ("stylemix/gone", "", "^model: 'stylemix/gone' is no longer there"),
        ("Hugging Face Hub", "", "^hub_name: expected owner/name"),
        ("Hugging Face Hub", "film", "^hub_name: expected owner/name, .* got 'film'"),
        ("Hugging Face Hub", "../up", "^hub_name: "),
    ],
)
def test_wrong_models_are_named(loader: Any, model: str, hub_name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loader.node.execute(model, hub_name)


def test_damaged_checkpoint_is_named(loader: Any) -> None:
    (loader.folder / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ValueError, match=r"^model: .*damaged"):
        loader.node.execute("stylemix/mine", "")


def test_a_hub_name_that_is_not_used_is_said(
    comfy: tuple[Comfy, ModuleType], loader: Any, caplog: pytest.LogCaptureFixture
) -> None:
    loader.node.execute("stylemix/mine", " ")
    assert comfy[0].texts == []
    loader.node.execute("stylemix/mine", "owner/name")
    assert "hub_name 'owner/name' isn't used: the model is 'stylemix/mine'" in caplog.text
    ((text, node),) = comfy[0].texts
    assert "'owner/name' isn't used" in text
    assert node == "7"


@pytest.mark.parametrize("runtime", ["auto", "torch", "openvino"])
def test_the_runtime_is_chosen(loader: Any, runtime: str) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    (model,) = loader.node.execute("stylemix/mine", "", runtime).args
    assert model.runtime == runtime
    entry = loader.node.define_schema().inputs[2]
    assert (entry.id, entry.default, entry.optional) == ("runtime", "auto", True)
    assert runtime in entry.options
    first = loader.node.fingerprint_inputs("stylemix/mine", "")
    assert (loader.node.fingerprint_inputs("stylemix/mine", "", runtime) == first) == (
        runtime == "auto"
    )


def test_an_unknown_runtime_is_named(loader: Any) -> None:
    with pytest.raises(ValueError, match=r"^runtime: .*auto, torch, openvino"):
        loader.node.execute("stylemix/mine", "", "steam")
