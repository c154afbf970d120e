"""Publishing by huggingface_hub's real client on a server on this machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import picture, tiny_model
from hub_client import Client
from hub_server import Repository, serving
from huggingface_hub import ModelCard

from stylemix import checkpoint
from stylemix.images import to_pil

TOKEN, READER = "hf_writer", "hf_reader"


@pytest.fixture(scope="module")
def hub():
    with serving() as server:
        server.writers = {TOKEN: {"painter"}, READER: set()}
        yield server


@pytest.fixture(scope="module")
def client(hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    with Client(hub.url, folder / "cache", folder / "log", HF_TOKEN=TOKEN) as client:
        yield client


@pytest.fixture
def model(tmp_path):
    shown = tmp_path / "shown.png"
    to_pil(picture(3)[0]).save(shown)
    folder = checkpoint.save(
        tiny_model(seed=5),
        tmp_path / "model",
        pictures={"A wave": shown},
        card={"description": "für Öl", "licence": "CC0-1.0", "metrics": {"ArtFID": 30.5}},
    )
    (folder / "state.bin").write_bytes(b"of the training, for nobody else")
    return folder


def stylized(model) -> np.ndarray:
    return np.asarray(model.stylize(picture(1)[0], picture(2)[0]))


def pushed(hub, name: str, revision: str = "main") -> dict[str, bytes]:
    repository = hub.repositories[name]
    return repository.commits[repository.refs[revision]]


def test_what_is_pushed_gives_the_same_picture_when_loaded(hub, client, model):
    error, address = client("push", str(model), "painter/new", message="A first one")
    assert error == "", address
    commit = hub.repositories["painter/new"].refs["main"]
    assert address == f"{hub.url}/painter/new/tree/{commit}"
    assert hub.repositories["painter/new"].messages[commit] == "A first one"
    files = pushed(hub, "painter/new")
    assert sorted(set(files) - {".gitattributes"}) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "picture-1.png",
    ]
    for name in ("config.json", "model.safetensors", "picture-1.png"):
        assert files[name] == (model / name).read_bytes()
    assert "PUT /large/" in "\n".join(hub.asked)
    card = files["README.md"].decode()
    assert 'model="painter/new")' in card
    assert card.replace("painter/new", "path/to/this/folder") == (model / "README.md").read_text(
        "utf-8"
    )
    assert ModelCard(card).data.license == "cc0-1.0"
    error, folder = client("resolve", "painter/new", commit)
    assert error == "", folder
    assert np.array_equal(stylized(checkpoint.load(folder)), stylized(tiny_model(seed=5)))


def test_pushed_again_is_another_commit_of_the_same_repository(hub, client, model):
    first = client("push", str(model), "painter/again")[1]
    assert client("push", str(model), "painter/again")[0] == ""
    checkpoint.save(tiny_model(seed=6), model)
    error, second = client("push", str(model), "painter/again")
    assert error == ""
    error, folder = client("resolve", "painter/again")
    assert error == "", folder
    assert np.array_equal(stylized(checkpoint.load(folder)), stylized(tiny_model(seed=6)))
    error, folder = client("resolve", "painter/again", first.rsplit("/")[-1])
    assert np.array_equal(stylized(checkpoint.load(folder)), stylized(tiny_model(seed=5)))
    assert first != second


def test_a_revision_is_a_branch_made_if_missing(hub, client, model):
    for _ in range(2):
        error, address = client("push", str(model), "painter/branch", revision="v2")
        assert error == "", address
    assert address.endswith(hub.repositories["painter/branch"].refs["v2"])
    assert "config.json" in pushed(hub, "painter/branch", "v2")
    assert "config.json" not in pushed(hub, "painter/branch", "main")
    assert client("load", "painter/branch", revision="v2") == ("", "FeedForward")


def test_private(hub, client, model):
    error, _ = client("push", str(model), "painter/secret", private=True)
    assert error == ""
    assert hub.repositories["painter/secret"].private
    assert client("push", str(model), "painter/secret", private=True)[0] == ""
    assert client("load", "painter/secret") == ("", "FeedForward")
    hub.repositories["painter/open"] = Repository()
    hub.repositories["painter/open"].commit({}, "7" * 40, "main")
    error, said = client("push", str(model), "painter/open", private=True)
    assert error == "ConfigError"
    assert "public" in said and "painter/open/settings" in said
    assert pushed(hub, "painter/open") == {}


@pytest.mark.parametrize(
    "token, said",
    [
        ("hf_unknown", "doesn't know the token"),
        (READER, "may not write to 'painter/mine'"),
    ],
)
def test_a_token_without_rights(hub, client, model, token, said):
    error, message = client("push", str(model), "painter/mine", token=token)
    assert error == "ConfigError"
    assert said in message
    assert "\n" not in message
    assert "painter/mine" not in hub.repositories


@pytest.mark.parametrize(
    "options, said",
    [
        ({"repository": "tiny"}, "owner/name"),
        ({"repository": "a/b/c"}, "owner/name"),
        ({"revision": "8" * 40}, "give a branch"),
    ],
)
def test_a_wrong_repository_or_revision(hub, client, model, options, said):
    hub.asked.clear()
    options = {"repository": "painter/wrong", **options}
    error, message = client("push", str(model), options.pop("repository"), **options)
    assert error == "ConfigError"
    assert said in message
    assert hub.asked == []


def test_nothing_is_uploaded_of_what_does_not_load(hub, client, model, tmp_path):
    hub.asked.clear()

    def refused(said: str, folder: Path = model) -> None:
        error, message = client("push", str(folder), "painter/broken")
        assert error == "CheckpointError"
        assert said in message

    refused("no stylemix checkpoint", tmp_path / "nowhere")
    card = (model / "README.md").read_text("utf-8")
    (model / "README.md").write_text(card + "![x](../shown.png)", "utf-8")
    refused("outside")
    (model / "README.md").write_text(card + "![x](gone.png)", "utf-8")
    refused("no gone.png")
    (model / "README.md").write_text(card, "utf-8")
    whole = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(whole[:-9])
    refused("damaged or cut short")
    (model / "model.safetensors").unlink()
    refused("no model.safetensors")
    assert hub.asked == []


def test_a_card_of_ones_own_is_checked_by_the_hub(hub, client, model):
    (model / "README.md").write_text("---\nlicense: [unclosed\n---\n# x\n", "utf-8")
    error, said = client("push", str(model), "painter/card")
    assert error == "CheckpointError"
    assert "metadata" in said
    assert "config.json" not in pushed(hub, "painter/card")
    (model / "README.md").unlink()
    assert client("push", str(model), "painter/card")[0] == ""
    data = ModelCard(pushed(hub, "painter/card")["README.md"].decode()).data
    assert data.library_name == "stylemix" and data.license == "cc0-1.0"


def test_without_a_token_or_a_server(model, tmp_path):
    with serving() as server:
        client = Client(server.url, tmp_path / "cache", tmp_path / "log")
        error, said = client("push", str(model), "painter/x")
        assert error == "ConfigError"
        assert "hf auth login" in said and f"{server.url}/settings/tokens" in said
        assert server.asked == []
    with client:
        error, said = client("push", str(model), "painter/x", token=TOKEN)
        assert error == "CheckpointError"
        assert "check the name and the connection" in said and server.url in said


def test_offline(hub, model, tmp_path):
    hub.asked.clear()
    with Client(
        hub.url, tmp_path / "cache", tmp_path / "log", HF_TOKEN=TOKEN, HF_HUB_OFFLINE="1"
    ) as client:
        error, said = client("push", str(model), "painter/x")
    assert error == "ConfigError"
    assert "HF_HUB_OFFLINE" in said
    assert hub.asked == []


def test_a_model_in_memory(hub, client, model):
    """Pushed without a folder of its own, it has a card that names the repository."""
    error, address = client("push_loaded", str(model), "painter/memory")
    assert error == "", address
    files = pushed(hub, "painter/memory")
    assert sorted(set(files) - {".gitattributes"}) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert files["model.safetensors"] == (model / "model.safetensors").read_bytes()
    assert "# memory\n" in files["README.md"].decode()


def test_a_server_that_never_answers_is_given_up(hub, model, tmp_path):
    environment = {"HF_TOKEN": TOKEN, "HF_HUB_ETAG_TIMEOUT": "1"}
    with Client(hub.url, tmp_path / "cache", tmp_path / "log", **environment) as client:
        hub.silent = "painter/slow"
        try:
            error, said = client("push", str(model), "painter/slow")
        finally:
            hub.silent = None
    assert error == "CheckpointError"
    assert "didn't answer in time" in said and "HF_HUB_ETAG_TIMEOUT" in said
    assert "painter/slow" not in hub.repositories
