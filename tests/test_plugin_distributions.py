"""Plugins as people meet them: installed by pip into an environment, listed, and removed again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from stylemix.checkpoint.published import distributions
from stylemix.plugins.installing import install_plugin_line
from stylemix.testing import INJECTION_CHECKS

pytest.importorskip("pip")
pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[1]
PLUGINS = ROOT / "plugins"

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.0.{patch}"

[project.entry-points.stylemix]
{module} = "{module}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""

CLASHING = """
from stylemix import hookimpl
from stylemix.injections import FiLM


@hookimpl
def register_injections(register):
    register("clash_alone", FiLM)
    register("adain", FiLM)
"""

LIST = """
import dataclasses, json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import stylemix
    from stylemix.plugins import plugin_info, registry
    infos = [dataclasses.asdict(info) for info in plugin_info()]
json.dump({
    "infos": {info["name"]: info for info in infos},
    "injections": registry("injections").names(),
    "warnings": [str(w.message) for w in caught],
}, sys.stdout)
"""


PROVIDES: dict[str, dict[str, list[str]]] = {
    "stylemix-adain": {"injections": ["adain"], "presets": ["adain", "adain-vgg16"]},
    "stylemix-template": {"injections": ["gate"]},
    "stylemix-wct": {"injections": ["wct"], "presets": ["wct", "wct-vgg16"]},
    "stylemix-styleswap": {
        "injections": ["styleswap"],
        "presets": ["styleswap", "styleswap-vgg16"],
    },
    "stylemix-sanet": {"injections": ["sanet"], "presets": ["sanet", "sanet-vgg16"]},
    "stylemix-adaattn": {
        "injections": ["adaattn"],
        "generators": ["adaattn"],
        "losses": ["adaattn-local"],
        "presets": ["adaattn", "adaattn-vgg16"],
    },
    "stylemix-stytr2": {
        "injections": ["stytr2"],
        "generators": ["stytr2"],
        "presets": ["stytr2", "stytr2-paper"],
    },
    "stylemix-cnnmrf": {"stylizers": ["cnnmrf"]},
    "stylemix-paper": {"presets": ["paper"]},
}
"""What our distributions bring, beside the models that lie in their folders."""


def _provides(name: str) -> dict[str, list[str]]:
    models = sorted(f.parent.name for f in (PLUGINS / name).glob("*/models/*/config.json"))
    return {**PROVIDES[name], **({"models": models} if models else {})}


class Environment:
    """A virtual environment that sees this one's packages."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=os.name != "nt")
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        here = sysconfig.get_path("purelib")
        source = ROOT / "src"
        own = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        # addsitedir, unlike a plain path, also reads the .pth files there (editable installs).
        Path(own, "outer.pth").write_text(
            f"import site; site.addsitedir({here!r})\n{source}\n", encoding="utf-8"
        )

    def run(self, *arguments: str, check: bool = True) -> str:
        done = self.start(*arguments)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *arguments],
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        )

    def pip(self, *arguments: str) -> None:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "--python",
                str(self.python),
                "--no-input",
                "--disable-pip-version-check",
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def install(self, *folders: Path) -> None:
        self.pip(
            "install",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            *(str(folder) for folder in folders),
        )

    def plugins(self) -> Any:
        return json.loads(self.run("-c", LIST))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("venv") / "env")
    made.install(PLUGINS / "stylemix-adain", PLUGINS / "template")
    return made


def _distribution(folder: Path, name: str, module: str, code: str, patch: int) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        PYPROJECT.format(name=name, module=module, patch=patch), encoding="utf-8"
    )
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    return folder


def test_installed_plugins_are_listed_with_version_and_names(environment: Environment) -> None:
    found = environment.plugins()
    for name in ("stylemix-adain", "stylemix-template"):
        assert found["infos"][name] == {
            "name": name,
            "version": "0.1.0",
            "builtin": False,
            "error": None,
            "provides": _provides(name),
        }
    assert found["infos"]["stylemix"]["builtin"]
    assert found["warnings"] == []


# stylemix-adain and the template are installed and removed together, below.
@pytest.mark.parametrize("name", sorted({*PROVIDES} - {"stylemix-adain", "stylemix-template"}))
def test_a_plugin_installs_alone_and_goes_without_a_trace(name: str, tmp_path: Path) -> None:
    made = Environment(tmp_path / "env")
    before = {f for f in (tmp_path / "env").rglob("*") if "__pycache__" not in f.parts}
    made.install(PLUGINS / name)
    found = made.plugins()
    assert list(found["infos"]) == ["stylemix", name]
    assert found["infos"][name]["provides"] == _provides(name)
    assert found["warnings"] == []
    made.pip("uninstall", "-y", name)
    after = {f for f in (tmp_path / "env").rglob("*") if "__pycache__" not in f.parts}
    assert after == before


def test_all_our_distributions_are_known_here_and_to_the_message_on_what_to_install() -> None:
    ours = {f.name for f in PLUGINS.glob("stylemix-*")}
    assert {*PROVIDES} == {*ours, "stylemix-template"}
    assert {*distributions().values()} == ours
    for name, plugin in distributions().items():
        assert any(name in names for names in PROVIDES[plugin].values())


def test_the_command_line_lists_them_too(environment: Environment) -> None:
    text = environment.run("-m", "stylemix", "plugins", "--json")
    listed = json.loads(text)
    versions = {info["name"]: info["version"] for info in listed}
    assert versions["stylemix-adain"] == versions["stylemix-template"] == "0.1.0"
    assert '"gate"' in text


def test_the_plugins_own_tests_pass_where_they_are_installed(environment: Environment) -> None:
    out = environment.run(
        "-m",
        "pytest",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(PLUGINS),
        "-c",
        os.devnull,
        str(PLUGINS / "stylemix-adain"),
        str(PLUGINS / "template"),
        check=False,
    )
    assert "failed" not in out, out
    assert "error" not in out, out
    assert int(out.split(" passed")[0].split()[-1]) > 50


def test_broken_and_clashing_plugins_are_named_and_break_nothing_and_all_can_go(
    environment: Environment, tmp_path: Path
) -> None:
    environment.install(
        _distribution(
            tmp_path / "a", "stylemix-broken", "stylemix_broken", "import a_module_nobody_has\n", 1
        ),
        _distribution(tmp_path / "b", "stylemix-zz-clash", "stylemix_zz_clash", CLASHING, 2),
    )
    found = environment.plugins()
    broken = found["infos"]["stylemix-broken"]
    assert broken["version"] == "0.0.1"
    assert broken["provides"] == {}
    assert "a_module_nobody_has" in broken["error"]

    # Which of the two comes first is up to the order of the entry points.
    errors = {n: found["infos"][n]["error"] for n in ("stylemix-adain", "stylemix-zz-clash")}
    (refused,) = [name for name, error in errors.items() if error]
    assert "'adain'" in errors[refused]
    assert "'stylemix-adain'" in errors[refused]
    assert "'stylemix-zz-clash'" in errors[refused]
    assert found["infos"][refused]["provides"] == {}
    # A refused plugin is left out whole, not by half.
    assert ("clash_alone" in found["injections"]) == (refused == "stylemix-adain")

    assert {"film", "concat", "inject", "patch", "gate", "adain"} <= set(found["injections"])
    for name in ("stylemix-broken", refused):
        assert any(repr(name) in warning for warning in found["warnings"]), found["warnings"]

    environment.pip(
        "uninstall",
        "-y",
        "stylemix-adain",
        "stylemix-template",
        "stylemix-broken",
        "stylemix-zz-clash",
    )
    left = environment.plugins()
    assert list(left["infos"]) == ["stylemix"]
    assert not {"gate", "adain", "clash_alone"} & set(left["injections"])
    assert left["warnings"] == []


def test_the_command_line_says_in_a_line_what_to_do_without_a_plugin_or_with_a_broken_one(
    tmp_path: Path,
) -> None:
    made = Environment(tmp_path / "env")
    photo, painting = (
        str(ROOT / "examples" / f) for f in ("photos/cat.jpg", "paintings/rolling-waves.jpg")
    )
    render = (
        "-m",
        "stylemix",
        "stylize",
        photo,
        painting,
        "--size",
        "64",
        "-o",
        str(tmp_path / "out.png"),
        "--model",
    )
    missing = made.start(*render, "wct")
    assert missing.returncode == 2
    assert missing.stderr == (
        "Error: the model 'wct' comes from stylemix-wct, which isn't "
        f"installed: {install_plugin_line('stylemix-wct')}\n"
    )

    # One that was written for another version of stylemix.
    made.install(
        _distribution(
            tmp_path / "a",
            "stylemix-wct",
            "stylemix_wct",
            "from stylemix import NoLongerThere\n",
            3,
        )
    )
    broken = made.start(*render, "wct")
    assert broken.returncode == 2
    warning, error = broken.stderr.splitlines()
    assert warning.startswith("Warning: the stylemix plugin 'stylemix-wct' could not be loaded")
    assert warning.endswith("update or uninstall it")
    assert error.startswith(
        "Error: the model 'wct' comes from stylemix-wct, which can't be loaded "
        "(ImportError: cannot import name 'NoLongerThere'"
    )
    assert error.endswith("update it")


def test_the_guide_shows_a_plugin_that_exists_and_every_check() -> None:
    guide = (ROOT / "docs/writing-a-plugin.md").read_text(encoding="utf-8")
    plugin = (PLUGINS / "stylemix-adain/stylemix_adain/__init__.py").read_text(encoding="utf-8")
    assert f"```python\n{plugin}```" in guide
    for check in INJECTION_CHECKS:
        assert f"`{check.__name__}`" in guide


def test_the_template_says_which_lines_to_change() -> None:
    text = (PLUGINS / "template/pyproject.toml").read_text(encoding="utf-8")
    assert [f"({n})" in text for n in range(1, 5)] == [True] * 4
