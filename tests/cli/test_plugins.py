"""With real distributions on the path: a metadata folder is all that an installation leaves."""

from __future__ import annotations

import json
import sys

import pytest

from stylemix import plugins

GOOD = '''
from stylemix import Injection, hookimpl


class Mine(Injection):
    """Mine (2026)."""

    def prepare(self, style):
        return style

    def forward(self, x, style):
        return x


@hookimpl
def register_injections(register):
    register("mine", Mine)
'''


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install one good and one broken plugin."""
    for name, version, code in (("good", "1.2", GOOD), ("broken", "0.3", "import no_such_thing")):
        (tmp_path / f"plugin_{name}.py").write_text(code)
        info = tmp_path / f"stylemix_{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: stylemix-{name}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text(f"[stylemix]\n{name} = plugin_{name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins.reload()
    yield
    sys.modules.pop("plugin_good", None)
    monkeypatch.undo()
    plugins.reload()


def test_plugins_are_listed_with_version_contents_and_reason(invoke, installed):
    done = invoke("plugins")
    assert done.exit_code == 0, done.stderr
    rows = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert next(iter(rows)) == "stylemix"
    assert "injections: concat, inject, film, patch" in rows["stylemix"]
    assert rows["stylemix-good"] == "1.2\tinjections: mine"
    assert rows["stylemix-broken"].startswith("0.3\tBROKEN: ModuleNotFoundError")
    assert "no_such_thing" in rows["stylemix-broken"]
    assert done.stderr == ""


def test_json_for_programs(invoke, installed):
    done = invoke("plugins", "--json")
    by_name = {info["name"]: info for info in json.loads(done.stdout)}
    assert by_name["stylemix"]["builtin"]
    assert by_name["stylemix-good"]["provides"] == {"injections": ["mine"]}
    assert by_name["stylemix-good"]["error"] is None
    assert "no_such_thing" in by_name["stylemix-broken"]["error"]


def test_other_commands_warn_of_the_broken_one_in_a_line(invoke, model, draw, tmp_path, installed):
    done = invoke(
        "stylize", draw("a.png", 1), draw("s.png", 2), "-m", model, "-o", tmp_path / "out.png"
    )
    assert done.exit_code == 0, done.stderr
    assert done.stderr.startswith("Warning: the stylemix plugin 'stylemix-broken'")
    assert done.stderr.count("\n") == 1
