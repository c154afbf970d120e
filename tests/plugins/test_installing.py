from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from helpers import load_script

import stylemix
from stylemix.plugins import installing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = sorted(PROJECT["optional-dependencies"].keys() - {"test", "dev"})


@pytest.fixture
def guides() -> ModuleType:
    """The program that writes the guides' installation lines."""
    return load_script(ROOT / "docs/make_install.py")


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an installed stylemix says of itself."""
    lines = [
        f"{one}; {marker + ' and ' if marker else ''}extra == '{extra}'"
        for extra, wanted in PROJECT["optional-dependencies"].items()
        for one, _, marker in (w.partition(";") for w in wanted)
    ]
    monkeypatch.setattr(
        importlib.metadata, "requires", lambda name: [*PROJECT["dependencies"], *lines]
    )


@pytest.mark.parametrize("extra", EXTRAS)
def test_until_the_release_the_requirements_are_named(metadata, monkeypatch, extra):
    monkeypatch.setattr(installing, "PUBLISHED", False)
    wanted = PROJECT["optional-dependencies"][extra]
    assert installing.install_line(extra) == "pip install " + " ".join(f"'{w}'" for w in wanted)


@pytest.mark.parametrize("extra", EXTRAS)
def test_from_the_release_on_it_is_the_extra(metadata, monkeypatch, extra):
    monkeypatch.setattr(installing, "PUBLISHED", True)
    assert installing.install_line(extra) == f"pip install 'stylemix[{extra}]'"
    assert installing.install_plugin_line("stylemix-wct") == "pip install stylemix-wct"


def test_a_checkout_that_was_not_installed_names_itself(monkeypatch):
    def nobody(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installing, "PUBLISHED", False)
    monkeypatch.setattr(importlib.metadata, "requires", nobody)
    assert installing.install_line("fast") == f"pip install '{ROOT}[fast]'"
    plugin = re.search(r"pip install \./(\S+)", installing.install_plugin_line("stylemix-wct"))
    assert (ROOT / plugin[1] / "pyproject.toml").is_file()


def test_guides_and_requirements_say_what_the_constant_says(guides):
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in guides.files(installing.PUBLISHED)
        if path.read_text("utf-8") != text
    ]
    assert not stale, "run python docs/make_install.py"


def test_the_release_turns_every_line_and_can_be_taken_back(guides):
    before = {path: text for path, text in guides.files(False)}
    after = {path: text for path, text in guides.files(True)}
    assert not [p for p, t in before.items() if re.search(r"pip install '?stylemix\b", t)]
    assert not [p for p, t in before.items() if re.search(r"pip install '?stylemix-", t)]
    assert not [p for p, t in after.items() if re.search(r"pip install ('\.\[|\. \./)", t)]
    assert "pip install 'stylemix[video]'" in after[ROOT / "docs/video.md"]
    assert after[ROOT / "comfy_nodes/requirements.txt"] == f"stylemix>={stylemix.__version__}\n"
    assert f"stylemix=={stylemix.__version__}\n" in after[ROOT / "demo/requirements.txt"]
    for path in before:
        if path.suffix in (".md", ".py"):
            assert guides.written(after[path], False) == before[path]


def test_no_message_has_an_installation_line_of_its_own():
    loose = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "src").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"pip install '?stylemix", line) and path.name != "installing.py"
    }
    assert not loose


def test_the_release_workflow_refuses_a_tag_or_lines_of_another_day():
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    workflow = yaml.safe_load(text)
    # YAML reads the key "on" as true.
    assert workflow[True]["push"]["tags"] == ["v*"]
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert publish["needs"] == "build"
    steps = [step.get("run", "") for step in build["steps"]]
    order = [
        next(number for number, run in enumerate(steps) if word in run)
        for word in ("plugins/installing.py", "python -m build", "clean/bin/stylemix")
    ]
    assert order == sorted(order)
    assert "plugins/stylemix-*" in steps[order[1]]  # whose lines name them too
