from __future__ import annotations

import subprocess
import sys

import pytest
from hub_client import environment
from hub_server import serving


def test_a_folder_is_published(model, tmp_path):
    with serving() as hub:
        hub.writers = {"hf_writer": {"painter"}}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "stylemix",
                "push",
                model,
                "painter/tiny",
                "--private",
                "--revision",
                "v2",
                "--message",
                "Trained for longer",
            ],
            capture_output=True,
            text=True,
            timeout=900,
            env=environment(hub.url, tmp_path) | {"HF_TOKEN": "hf_writer"},
        )
        assert done.returncode == 0, done.stderr
        repository = hub.repositories["painter/tiny"]
        commit = repository.refs["v2"]
        assert repository.private
        assert "model.safetensors" in repository.commits[commit]
        assert repository.messages == {commit: "Trained for longer"}
        lines = done.stdout.splitlines()
        assert lines[0] == f"published {hub.url}/painter/tiny/tree/{commit}"
        assert "--model painter/tiny" in lines[1]
        assert f'stylemix.load("painter/tiny", revision="{commit}")' in lines[2]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["nowhere", "me/x"], "no stylemix checkpoint"),
        (["nowhere", "x"], "owner/name"),
        (["nowhere", "me/x", "--revision", "a" * 40], "give a branch"),
    ],
)
def test_what_is_wrong_is_one_line(invoke, monkeypatch, arguments, said):
    result = invoke("push", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
