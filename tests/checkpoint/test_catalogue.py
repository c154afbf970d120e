from __future__ import annotations

import hashlib
import json

import pytest
from helpers import tiny_model
from hub_client import Client
from hub_server import files_of, serving

from stylemix import checkpoint, load, plugins
from stylemix.checkpoint import catalogue
from stylemix.checkpoint.published import distributions
from stylemix.errors import CheckpointError, ConfigError, UnknownNameError
from stylemix.plugins import registry
from stylemix.plugins.installing import install_plugin_line


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    for name in ("alpha", "film"):
        checkpoint.save(tiny_model(), tmp_path / name, card={"description": f"model {name}"})
    (tmp_path / "no-model").mkdir()
    monkeypatch.setattr(catalogue, "EMBEDDED", tmp_path)
    return tmp_path


def test_models_lists_the_default_first(shelf):
    assert [m for m in catalogue.models() if m.kind == "embedded"] == [
        catalogue.ModelInfo("film", "embedded", str(shelf / "film"), "model film"),
        catalogue.ModelInfo("alpha", "embedded", str(shelf / "alpha"), "model alpha"),
    ]


def test_a_name_goes_before_a_folder(shelf, tmp_path, monkeypatch):
    here = tmp_path / "here"
    (here / "film").mkdir(parents=True)
    (here / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert catalogue.resolve("film") == shelf / "film"
    assert catalogue.resolve("./film").resolve() == here / "film"
    assert catalogue.resolve("owner/name").resolve() == here / "owner" / "name"
    assert catalogue.resolve(str(shelf / "alpha")) == shelf / "alpha"


def test_a_damaged_model_does_not_hide_the_others(shelf):
    (shelf / "alpha" / "config.json").write_text("{")
    assert catalogue.resolve("film") == shelf / "film"
    assert catalogue.resolve(str(shelf / "film")) == shelf / "film"
    with pytest.raises(CheckpointError, match="alpha"):
        catalogue.models()


@pytest.mark.parametrize("name", ["flim", "./owner/name", "a/b/c", "../x", "/no/where", "o/na me"])
def test_an_unknown_name(shelf, name):
    with pytest.raises(UnknownNameError, match="embedded: film, alpha") as caught:
        catalogue.resolve(name)
    assert ("did you mean 'film'" in str(caught.value)) == (name == "flim")


def test_a_file_of_a_model_is_no_model(shelf, monkeypatch):
    monkeypatch.chdir(shelf)
    for name in ("alpha/model.safetensors", str(shelf / "alpha" / "config.json")):
        with pytest.raises(UnknownNameError, match="is a file: a model is a folder with.*alpha'$"):
            catalogue.resolve(name)
    for name in ("owner/model.safetensors", "owner/net.pth"):  # the Hub isn't asked
        with pytest.raises(UnknownNameError, match="no such file: a model is a folder.*'owner'$"):
            catalogue.resolve(name)


def test_only_the_hub_has_revisions(shelf):
    for model in ("film", str(shelf / "alpha"), "gatys"):
        with pytest.raises(ConfigError, match="revision"):
            catalogue.resolve(model, revision="v1")


# Models that plugins bring.


@pytest.fixture
def brought(shelf, tmp_path):
    """Register models as a plugin does, one of them under a name that ships with stylemix."""
    folder = checkpoint.save(
        tiny_model(), tmp_path / "no-model" / "m", card={"description": "of a plugin"}
    )
    known = registry("models")
    for name in ("wash", "alpha", "gatys"):
        known.add(name, folder, "wash-plugin")
    yield folder
    plugins.reload()


def test_models_of_plugins_come_after_the_embedded_ones(brought, shelf):
    found = {m.name: m for m in catalogue.models()}
    assert list(found)[:4] == ["film", "alpha", "wash", "gatys"]
    assert found["wash"] == catalogue.ModelInfo("wash", "plugin", str(brought), "of a plugin")
    assert found["alpha"].kind == "embedded"
    assert catalogue.resolve("alpha") == shelf / "alpha"
    assert catalogue.resolve("wash") == brought
    assert "gatys" not in catalogue.methods()
    assert type(load("wash", device="cpu")).__name__ == "FeedForward"


def test_a_plugins_damaged_model_is_left_out_with_a_warning(brought):
    (brought / "config.json").write_text("{")
    with pytest.warns(RuntimeWarning) as caught:
        names = [m.name for m in catalogue.models()]
    assert "'wash' of the plugin 'wash-plugin' is left out" in str(caught[0].message)
    assert "film" in names
    assert "wash" not in names


def test_a_misspelt_name_may_be_a_plugins(brought):
    with pytest.raises(UnknownNameError, match=r"did you mean 'wash'.*plugins: wash"):
        catalogue.resolve("wahs")


@pytest.mark.parametrize("name", sorted(distributions()))
def test_a_model_or_method_of_a_plugin_that_is_not_installed(shelf, name):
    plugin = distributions()[name]
    if plugin not in {info.name for info in plugins.plugin_info()}:
        with pytest.raises(UnknownNameError, match=f"{install_plugin_line(plugin)}$"):
            load(name, device="cpu")


# Published names, against a server on this machine that speaks the Hub's routes.

COMMIT = "3" * 40


@pytest.fixture(scope="module")
def entry(tmp_path_factory):
    """Give an entry of the catalogue file, and the files of its commit."""
    files = files_of(checkpoint.save(tiny_model(seed=4), tmp_path_factory.mktemp("pub") / "tiny"))
    return {
        "name": "wash",
        "repository": "painter/tiny",
        "revision": COMMIT,
        "sha256": hashlib.sha256(files["model.safetensors"]).hexdigest(),
        "description": "watercolours",
    }, files


@pytest.fixture
def published(shelf, entry, monkeypatch):
    """Publish names: "wash", and one that a model which ships with stylemix has already."""
    path = shelf / "catalogue.json"
    models = [entry[0], {**entry[0], "name": "alpha"}]
    path.write_text(json.dumps({"format": 1, "models": models}))
    monkeypatch.setenv("STYLEMIX_CATALOGUE", str(path))
    return path


def test_a_published_name_is_listed_after_the_embedded_ones(published):
    listed = [(m.name, m.kind, m.description) for m in catalogue.models()]
    assert listed[:3] == [
        ("film", "embedded", "model film"),
        ("alpha", "embedded", "model alpha"),
        ("wash", "hub", "watercolours"),
    ]
    assert {kind for _, kind, _ in listed[3:]} <= {"method"}


def test_an_embedded_model_goes_before_a_published_one(published, shelf):
    assert catalogue.resolve("alpha") == shelf / "alpha"


def test_a_published_name_is_pinned(published):
    with pytest.raises(ConfigError, match=f"{COMMIT}.*'painter/tiny'"):
        catalogue.resolve("wash", revision="main")


def test_an_unknown_name_may_be_a_misspelt_published_one(published):
    with pytest.raises(UnknownNameError, match=r"did you mean 'wash'.*published: wash"):
        catalogue.resolve("wahs")


def test_a_damaged_catalogue_does_not_hide_the_embedded_models(published, shelf):
    published.write_text("{")
    assert catalogue.resolve("film") == shelf / "film"
    with pytest.raises(ConfigError, match="no valid JSON"):
        catalogue.resolve("wash")


def test_a_published_name_is_downloaded_once(published, entry, tmp_path):
    _, files = entry
    with serving() as hub:
        hub.add("painter/tiny", {COMMIT: files, "4" * 40: {"config.json": b"{}"}}, main="4" * 40)
        with Client(
            hub.url, tmp_path / "cache", tmp_path / "log", STYLEMIX_CATALOGUE=str(published)
        ) as client:
            before = {m["name"]: m for m in client("models")[1]}["wash"]
            assert before == {
                "name": "wash",
                "kind": "hub",
                "path": "",
                "description": "watercolours",
            }
            assert hub.asked == []
            error, folder = client("resolve", "wash")
            assert error == "", folder
            state = checkpoint.load(folder).state_dict()
            assert all((state[k] == v).all() for k, v in tiny_model(seed=4).state_dict().items())
            assert {m["name"]: m["path"] for m in client("models")[1]}["wash"] == folder
            asked = len(hub.asked)
            assert client("resolve", "wash") == ("", folder)
            assert client("load", "wash") == ("", "FeedForward")
            assert len(hub.asked) == asked
