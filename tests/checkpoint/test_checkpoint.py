from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, tiny_model
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

import stylemix
from stylemix import checkpoint
from stylemix.errors import CheckpointError
from stylemix.plugins.installing import install_plugin_line
from stylemix.stylizers import build

SOURCE = Path(stylemix.__file__).parents[1]
MECHANISMS = ("film", "concat", "inject", "patch")


def stylized(model) -> np.ndarray:
    return np.asarray(model.stylize(picture(1)[0], picture(2)[0]))


@pytest.fixture
def folder(tmp_path):
    return checkpoint.save(tiny_model(seed=5), tmp_path / "model")


def edit(folder: Path, **changes: object) -> None:
    """Change keys of config.json; None removes one."""
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    config = {k: v for k, v in config.items() if v is not None}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("name", MECHANISMS)
def test_round_trip_gives_the_same_tensors_and_picture(tmp_path, name):
    model = tiny_model({"name": name}, seed=1)
    loaded = checkpoint.load(checkpoint.save(model, tmp_path / name))
    assert loaded.config == model.config
    assert not loaded.training
    own, other = model.state_dict(), loaded.state_dict()
    assert list(own) == list(other)
    assert all(torch.equal(own[k], other[k]) for k in own)
    assert np.array_equal(stylized(model), stylized(loaded))


def test_a_saved_style_fits_the_loaded_model(folder):
    style = tiny_model(seed=5).encode(picture(2)[0])
    loaded = checkpoint.load(folder)
    assert np.array_equal(np.asarray(loaded.stylize(picture(1)[0], style)), stylized(loaded))


def test_the_folder_holds_three_files_without_pickle(folder):
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert json.loads((folder / "config.json").read_text())["format"] == checkpoint.FORMAT
    header = int.from_bytes((folder / "model.safetensors").read_bytes()[:8], "little")
    names = json.loads((folder / "model.safetensors").read_bytes()[8 : 8 + header])
    assert set(names) - {"__metadata__"} == set(tiny_model().state_dict())


def test_half_precision(tmp_path, folder):
    model = tiny_model(seed=5)
    half = checkpoint.save(model, tmp_path / "half", half=True)
    floating = [t for t in load_file(half / "model.safetensors").values() if t.is_floating_point()]
    assert all(t.dtype == torch.float16 for t in floating)
    sizes = [(f / "model.safetensors").stat().st_size for f in (half, folder)]
    assert sizes[0] < 0.65 * sizes[1]
    loaded = checkpoint.load(half)
    for name, tensor in loaded.state_dict().items():
        own = model.state_dict()[name]
        assert tensor.dtype == own.dtype
        assert torch.equal(tensor, own.half().to(own.dtype))
    assert np.abs(stylized(loaded).astype(int) - stylized(model)).max() <= 4


def test_half_precision_keeps_what_it_cannot_hold(tmp_path):
    model = tiny_model()
    name, parameter = next((n, p) for n, p in model.named_parameters() if p.ndim == 4)
    with torch.no_grad():
        parameter[0, 0, 0, 0] = 1e6
    loaded = checkpoint.load(checkpoint.save(model, tmp_path, half=True))
    assert torch.equal(loaded.state_dict()[name], parameter)


def test_tied_weights_are_saved(tmp_path):
    model = tiny_model()
    first = next(m for m in model.modules() if isinstance(m, nn.Conv2d))
    model.register_parameter("twin", first.weight)
    checkpoint.save(model, tmp_path)
    saved = load_file(tmp_path / "model.safetensors")
    assert torch.equal(saved["twin"], first.weight)


def test_the_card_is_kept_and_shown(tmp_path):
    card = {"description": "Für Ölbilder", "metrics": {"style_loss": 0.5}, "licence": "CC0-1.0"}
    folder = checkpoint.save(tiny_model(), tmp_path / "named", card=card)
    config = checkpoint.read_config(folder)
    assert {k: config[k] for k in card} == card
    text = (folder / "README.md").read_text("utf-8")
    assert text.startswith("---\nlibrary_name: stylemix\n")
    assert "# named\n" in text
    assert "Für Ölbilder" in text
    assert '"style_loss": 0.5' in text


def test_the_card_of_a_relative_folder_has_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint.save(tiny_model(), ".")
    assert f"# {tmp_path.name}\n" in Path("README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "card, message",
    [
        ({"desciption": "x"}, "did you mean 'description'"),
        ({"metrics": {"loss": torch.ones(1)}}, "JSON"),
    ],
)
def test_a_card_that_cannot_be_kept_writes_nothing(tmp_path, card, message):
    with pytest.raises(CheckpointError, match=message):
        checkpoint.save(tiny_model(), tmp_path / "new", card=card)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="another folder"):
        checkpoint.save(tiny_model(), tmp_path / "file" / "model")


# Strict loading.


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"sytle_size": 64}, "unknown key 'sytle_size'; did you mean 'style_size'"),
        ({"format": 2}, "update stylemix"),
        ({"format": None}, "format None"),
        ({"format": "1"}, "export the model again"),
        ({"generator": None}, "lacks 'generator'"),
        ({"generator": "johnson"}, "doesn't describe a model"),
        ({"generator": {"name": "johnson", "widht": 4}}, "did you mean 'width'"),
        ({"generator": {"name": "johnson", "width": "wide"}}, "doesn't describe a model"),
        ({"generator": {"name": "johnson", "width": -4, "blocks": 1}}, "doesn't describe a model"),
        ({"injections": [5]}, "doesn't describe a model"),
        ({"injections": 5}, "doesn't describe a model"),
        ({"injections": {"name": "film"}}, "must be a list"),
        ({"style_size": "big"}, "style_size"),
        ({"stylizer": ["feed_forward"]}, "stylizer"),
        ({"plugins": 5, "encoder": {"name": "nobody-s"}}, "nobody-s"),
    ],
)
def test_a_wrong_configuration(folder, changes, message):
    edit(folder, **changes)
    with pytest.raises(CheckpointError, match=message):
        checkpoint.load(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe{}", b"[" * 200_000, b"[1]", b"null"])
def test_damaged_json(folder, text):
    (folder / "config.json").write_bytes(text)
    with pytest.raises(CheckpointError, match="JSON"):
        checkpoint.load(folder)


def test_not_a_checkpoint(tmp_path, folder):
    for other in (tmp_path / "nowhere", tmp_path, folder / "README.md"):
        with pytest.raises(CheckpointError, match=r"no stylemix checkpoint.*config\.json"):
            checkpoint.load(other)


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        checkpoint.load(folder)


@given(st.floats(0, 0.999))
def test_truncated_weights(tmp_path_factory, share):
    folder = tmp_path_factory.getbasetemp() / "truncated"
    if not folder.exists():
        checkpoint.save(tiny_model(), folder)
        (folder / "whole").write_bytes((folder / "model.safetensors").read_bytes())
    whole = (folder / "whole").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    "change, message",
    [
        ("missing", "it lacks"),
        ("extra", "an unexpected surplus"),
        ("shape", r"is \[7, 7, 7\] in it, not \["),
    ],
)
def test_tensors_that_do_not_fit(folder, change, message):
    path = folder / "model.safetensors"
    state = load_file(path)
    name = sorted(state)[0]
    if change == "missing":
        del state[name]
    elif change == "extra":
        state["surplus"] = torch.ones(1)
    else:
        state[name] = torch.ones(7, 7, 7)
    save_file(state, path)
    with pytest.raises(CheckpointError, match=message) as caught:
        checkpoint.load(folder)
    assert "export the model again" in str(caught.value)
    if change != "extra":
        assert name in str(caught.value)


def test_weights_of_another_model(tmp_path, folder):
    other = checkpoint.save(tiny_model({"name": "concat"}), tmp_path / "other")
    os.replace(other / "model.safetensors", folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"config\.json beside it"):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    "name, recorded, pip",
    [
        ("adain", {}, install_plugin_line("stylemix-adain")),
        ("swirl", {"stylemix-swirl": "1.0"}, "pip install stylemix-swirl"),
    ],
)
def test_a_missing_plugin_says_what_to_install(folder, name, recorded, pip):
    if name in stylemix.plugins.registry("injections").names():
        pytest.skip(f"{name} is installed here")
    edit(folder, injections=[{"name": name}], plugins=recorded)
    with pytest.raises(CheckpointError, match=pip):
        checkpoint.load(folder)


# Interrupted saving.

SAVE_FOREVER = """
import sys
from helpers import tiny_model
from stylemix import checkpoint
models = [tiny_model(seed=seed) for seed in (1, 2)]
print("ready", flush=True)
while True:
    for model in models:
        checkpoint.save(model, sys.argv[1])
"""
SAVE_TO_A_FULL_DISK = """
import resource, signal, sys
from helpers import tiny_model
from stylemix import checkpoint
from stylemix.errors import CheckpointError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    checkpoint.save(tiny_model(seed=2), sys.argv[1])
except CheckpointError as problem:
    print(problem)
"""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(SOURCE), str(Path(__file__).parents[1])])
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )


def is_one_of(folder: Path, *seeds: int) -> bool:
    state = checkpoint.load(folder).state_dict()
    return any(
        all(torch.equal(v, state[k]) for k, v in tiny_model(seed=s).state_dict().items())
        for s in seeds
    )


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_kill_leaves_the_old_or_the_new_checkpoint(tmp_path):
    folder = checkpoint.save(tiny_model(seed=1), tmp_path / "model")
    process = start(SAVE_FOREVER, folder)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert is_one_of(folder, 1, 2)
    # What the kill left is removed by a later save, once it is old.
    (folder / ".model.safetensors.01d.part").write_bytes(b"part")
    for leftover in folder.glob(".*.part"):
        os.utime(leftover, (0, 0))
    (folder / ".model.safetensors.young.part").touch()
    checkpoint.save(tiny_model(seed=3), folder)
    assert [p.name for p in folder.glob(".*.part")] == [".model.safetensors.young.part"]
    assert is_one_of(folder, 3)


@pytest.mark.skipif(os.name != "posix", reason="needs resource limits")
def test_a_full_disk_leaves_the_old_checkpoint(tmp_path):
    folder = checkpoint.save(tiny_model(seed=1), tmp_path / "model")
    said, problems = start(SAVE_TO_A_FULL_DISK, folder).communicate(timeout=900)
    assert "can't be written" in said, problems
    assert is_one_of(folder, 1)
    assert len(list(folder.iterdir())) == 3


def test_loading_gives_weights_of_its_own(folder):
    """Writing into a loaded model must not reach the file."""
    before = (folder / "model.safetensors").read_bytes()
    model = checkpoint.load(folder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert (folder / "model.safetensors").read_bytes() == before


def test_the_configuration_alone_builds_the_model(folder):
    config = checkpoint.read_config(folder)
    built = build({k: v for k, v in config.items() if k not in checkpoint.FOLDER_KEYS})
    assert built.config == tiny_config()
