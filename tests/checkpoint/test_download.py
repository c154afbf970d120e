"""Downloads by huggingface_hub's real client from a server on this machine."""

from __future__ import annotations

import http.server
import json
import random
from pathlib import Path

import pytest
from helpers import tiny_model
from hub_client import Client
from hub_server import Handler, Refusal, files_of, serving

from stylemix import checkpoint

OLD, NEW, SWIRL = "1" * 40, "2" * 40, "5" * 40
PINNED = {
    "name": "pinned",
    "repository": "painter/other",
    "revision": NEW,
    "sha256": "0" * 64,
    "description": "the file isn't the one that was published",
}


REFUSALS = {
    "private": Refusal(401, "", "Invalid username or password."),
    "gated": Refusal(403, "GatedRepo", "Access to this model is restricted."),
    "gated-unknown": Refusal(401, "GatedRepo", "You must be authenticated to access it."),
    "expired": Refusal(401, "", "Invalid credentials in Authorization header"),
    "forbidden": Refusal(403, "", "Your token lacks the permission."),
    "busy": Refusal(429, "", "Too many requests."),
    "broken": Refusal(500, "", "Internal error."),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    commits = {}
    for commit, seed in ((OLD, 1), (NEW, 2)):
        commits[commit] = files_of(checkpoint.save(tiny_model(seed=seed), folder))
        commits[commit]["huge.bin"] = b"not for us"
    foreign = json.loads(commits[NEW]["config.json"])
    foreign["injections"], foreign["plugins"] = [{"name": "swirl"}], {"stylemix-swirl": "1.0"}
    with serving() as server:
        for name in ("tiny", "flipped", "short", "other"):
            server.add(f"painter/{name}", commits, main=NEW, v1=OLD)
        # More than the client keeps in memory before it writes to the disk.
        large = {**commits[NEW], "model.safetensors": random.Random(0).randbytes(12 << 20)}
        server.add("painter/cut", {NEW: large}, main=NEW)
        server.add(
            "painter/swirl",
            {SWIRL: {**commits[NEW], "config.json": json.dumps(foreign).encode()}},
            main=SWIRL,
        )
        for name, refusal in REFUSALS.items():
            server.add(f"painter/{name}", commits, main=NEW)
            server.repositories[f"painter/{name}"].refusal = refusal
        server.add("painter/silent", commits, main=NEW)
        server.add("painter/text", {OLD: {"README.md": b"no model"}}, main=OLD)
        yield server


@pytest.fixture
def healthy(hub):
    """Give the hub, and heal it afterwards."""
    hub.asked.clear()
    hub.ranges.clear()
    yield hub
    hub.cut = hub.damage = hub.silent = None


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def client(hub, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    path = folder / "catalogue.json"
    path.write_text(json.dumps({"format": 1, "models": [PINNED]}))
    with Client(hub.url, cache, folder / "log", STYLEMIX_CATALOGUE=str(path)) as client:
        yield client


@pytest.fixture(scope="module")
def folders(client):
    """Give the folders of the old and the new commit."""
    answers = [client("resolve", "painter/tiny", revision) for revision in ("v1", None)]
    assert [error for error, _ in answers] == ["", ""], answers
    return [Path(folder) for _, folder in answers]


def weights(hub, commit: str) -> bytes:
    return hub.repositories["painter/tiny"].commits[commit]["model.safetensors"]


def test_a_repository_is_downloaded_and_loads(hub, folders):
    _, folder = folders
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert (folder / "model.safetensors").read_bytes() == weights(hub, NEW)
    state = checkpoint.load(folder).state_dict()
    assert all((state[k] == v).all() for k, v in tiny_model(seed=2).state_dict().items())
    assert not any("huge.bin" in line for line in hub.asked if "/resolve/" in line)


def test_a_revision_is_pinned_by_tag_or_commit(hub, client, folders):
    assert (folders[0] / "model.safetensors").read_bytes() == weights(hub, OLD)
    assert client("resolve", "painter/tiny", OLD) == ("", str(folders[0]))
    assert client("load", "painter/tiny", revision=OLD) == ("", "FeedForward")


def test_files_in_the_cache_are_not_downloaded_again(healthy, client, folders):
    assert client("resolve", "painter/tiny") == ("", str(folders[1]))
    assert not any(
        "GET" in line and ("/large/" in line or "/resolve/" in line) for line in healthy.asked
    ), healthy.asked


@pytest.mark.parametrize("name, revision", [("painter/none", None), ("painter/tiny", "v9")])
def test_an_unknown_repository_or_revision(client, name, revision):
    error, said = client("resolve", name, revision)
    assert error == "CheckpointError"
    assert f"'{name}'" in said
    assert "NotFound" in said
    assert "check the name, the revision" in said
    assert "\n" not in said


def test_a_repository_of_something_else(client):
    error, said = client("resolve", "painter/text")
    assert error == "CheckpointError"
    assert "lacks config.json" in said and "stylemix model" in said


def test_a_missing_plugin_is_named_after_the_download(client):
    error, said = client("load", "painter/swirl")
    assert error == "CheckpointError"
    assert "'swirl'" in said and "pip install stylemix-swirl" in said


def test_a_cut_connection_is_resumed(healthy, client):
    whole = healthy.repositories["painter/cut"].commits[NEW]["model.safetensors"]
    healthy.cut = 11 << 20
    error, folder = client("resolve", "painter/cut")
    assert error == "", folder
    assert healthy.cut is None
    # The rest only was asked for.
    assert [0 < int(start) <= 11 << 20 for start in healthy.ranges] == [True]
    assert (Path(folder) / "model.safetensors").read_bytes() == whole


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_weights_with_a_flipped_bit_are_refused_and_not_used_later(healthy, client):
    healthy.damage = flipped
    error, said = client("resolve", "painter/flipped")
    assert error == "CheckpointError"
    assert "SHA-256" in said and "removed" in said
    error, said = client("load", "painter/flipped")
    assert error == "CheckpointError"
    healthy.damage = None
    error, folder = client("resolve", "painter/flipped")
    assert error == "", folder
    assert (Path(folder) / "model.safetensors").read_bytes() == weights(healthy, NEW)


def test_truncated_weights_are_refused_and_not_used_later(healthy, client):
    healthy.damage = lambda data: data[: len(data) // 2]
    error, said = client("resolve", "painter/short")
    assert error == "CheckpointError"
    assert "size" in said
    healthy.damage = None
    error, folder = client("resolve", "painter/short")
    assert error == "", folder
    assert (Path(folder) / "model.safetensors").read_bytes() == weights(healthy, NEW)


def test_a_damaged_file_in_the_cache_is_downloaded_again(healthy, client, folders):
    path = folders[1] / "model.safetensors"
    path.write_bytes(flipped(path.read_bytes()))
    assert client("resolve", "painter/tiny") == ("", str(folders[1]))
    assert ["damaged" in line for line in client.said] == [True]
    assert path.read_bytes() == weights(healthy, NEW)
    assert client("resolve", "painter/tiny") == ("", str(folders[1]))
    assert client.said == []


def test_pinned_weights_must_have_the_sha256_of_the_catalogue(client, cache):
    error, said = client("load", "pinned")
    assert error == "CheckpointError"
    assert "0" * 64 in said
    assert not list(cache.glob("hub/models--painter--other/**/model.safetensors"))


def test_offline_the_cache_is_used_and_what_it_lacks_is_said(healthy, cache, folders, tmp_path):
    with Client(healthy.url, cache, tmp_path / "log", HF_HUB_OFFLINE="1") as client:
        assert client("resolve", "painter/tiny") == ("", str(folders[1]))
        assert client("resolve", "painter/tiny", "v1") == ("", str(folders[0]))
        assert client("resolve", "painter/tiny", OLD) == ("", str(folders[0]))
        assert client("load", "painter/tiny", revision="v1") == ("", "FeedForward")
        error, said = client("resolve", "painter/none")
        assert error == "CheckpointError"
        assert "HF_HUB_OFFLINE is set" in said
        # A damaged file is no way out.
        for folder in folders:
            (folder / "model.safetensors").write_bytes(b"damaged")
        for revision in (None, "v1"):
            error, said = client("resolve", "painter/tiny", revision)
            assert error == "CheckpointError"
            assert "HF_HUB_OFFLINE is set" in said
    assert healthy.asked == []


def test_a_dead_server_uses_the_cache_or_says_what_to_check(hub, client, cache, tmp_path):
    error, folder = client("resolve", "painter/tiny")
    assert error == "", folder
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as closed:
        url = f"http://127.0.0.1:{closed.server_address[1]}"
    with Client(url, cache, tmp_path / "log") as other:
        assert other("resolve", "painter/tiny") == ("", folder)
        error, said = other("resolve", "painter/none")
        assert error == "CheckpointError"
        assert "connection" in said


@pytest.mark.parametrize(
    "name, words",
    [
        ("private", ["private", "hf auth login", "HF_TOKEN", "may read"]),
        ("gated", ["accept their conditions at {url}/painter/gated", "hf auth login"]),
        ("gated-unknown", ["accept their conditions", "hf auth login", "HF_TOKEN"]),
        ("expired", ["doesn't know the token", "{url}/settings/tokens"]),
        ("forbidden", ["token may not read", "{url}/settings/tokens"]),
        ("busy", ["{url} answers no more for now", "wait some minutes"]),
        ("broken", ["{url} has a problem of its own", "try again in a while"]),
    ],
)
def test_a_refusal_says_what_to_do(hub, client, name, words):
    error, said = client("load", f"painter/{name}")
    assert error == "CheckpointError"
    for word in words:
        assert word.format(url=hub.url) in said
    assert "\n" not in said


@pytest.mark.parametrize("path", ["painter/silent", "/large/"])
def test_a_server_that_never_answers_is_given_up(healthy, tmp_path, path):
    limits = {"HF_HUB_ETAG_TIMEOUT": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    with Client(healthy.url, tmp_path / "cache", tmp_path / "log", **limits) as client:
        healthy.silent = path
        error, said = client("load", "painter/silent")
        assert error == "CheckpointError"
        assert "didn't answer in time" in said and healthy.url in said
        assert "HF_HUB_ETAG_TIMEOUT" in said and "now 1 s" in said
        # What is in the cache is used.
        healthy.silent = None
        error, folder = client("resolve", "painter/silent")
        assert error == "", folder
        healthy.silent = "painter/silent"
        assert client("resolve", "painter/silent") == ("", folder)
