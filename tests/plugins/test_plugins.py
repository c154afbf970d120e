from __future__ import annotations

import importlib.metadata
import types

import pytest

from stylemix import hookimpl, plugins
from stylemix.errors import UnknownNameError
from stylemix.injections.base import Injection
from stylemix.plugins import hookspecs


class FakeDistribution:
    """Stands for an installed distribution: importlib.metadata's own, not ours."""

    def __init__(self, name: str) -> None:
        self.metadata = {"Name": name}
        self.version = "9.9"


class Entry:
    def __init__(self, name, module):
        self.name, self.module, self.dist = name, module, FakeDistribution(name)

    def load(self):
        if isinstance(self.module, BaseException):
            raise self.module
        return self.module


def module_with(**hooks):
    module = types.ModuleType("outside")
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return module


@pytest.fixture
def load(monkeypatch):
    def loader(*entries):
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: entries)
        plugins.reload()
        return {info.name: info for info in plugins.plugin_info()}

    yield loader
    monkeypatch.undo()
    plugins.reload()


def test_builtins_come_through_the_hooks():
    provides = plugins.plugin_info()[0].provides
    assert provides["injections"] == ["concat", "inject", "film", "patch"]
    assert {"inception", "thin"} <= set(provides["encoders"])
    for name in plugins.KINDS:
        # Models that ship with stylemix are found in their folder.
        assert plugins.registry(name).names() or name == "models", name


def test_every_hook_is_documented_and_has_a_registry():
    for kind in plugins.KINDS:
        assert getattr(hookspecs, f"register_{kind}").__doc__
        assert hasattr(plugins.get_manager().hook, f"register_{kind}")


def test_an_outside_plugin_registers(load):
    class Mine(Injection):
        """Mine (2026)."""

    def register_injections(register):
        register("mine", Mine)

    infos = load(Entry("mine-plugin", module_with(register_injections=register_injections)))
    assert infos["mine-plugin"].provides == {"injections": ["mine"]}
    assert infos["mine-plugin"].version == "9.9"
    assert plugins.registry("injections").plugin_of("mine") == "mine-plugin"


def test_a_broken_plugin_is_reported_and_breaks_nothing(load):
    with pytest.warns(RuntimeWarning, match="bad-plugin.*no such thing"):
        infos = load(Entry("bad-plugin", ImportError("no such thing")))
    assert "ImportError" in infos["bad-plugin"].error
    assert "film" in plugins.registry("injections").names()


def test_a_plugin_that_ends_the_process_when_imported_does_not_end_ours(load):
    with pytest.warns(RuntimeWarning, match="left out.*needs a GPU.*update or uninstall it"):
        infos = load(Entry("bad-plugin", SystemExit("it needs a GPU")))
    assert infos["bad-plugin"].error == "SystemExit: it needs a GPU"
    assert "film" in plugins.registry("injections").names()


def test_a_plugin_for_hooks_of_another_version_is_left_out(load):
    def register_injections(register, version):
        register("never", None)

    with pytest.warns(RuntimeWarning, match="'bad-plugin' could not be loaded.*version"):
        infos = load(Entry("bad-plugin", module_with(register_injections=register_injections)))
    assert "register_injections" in infos["bad-plugin"].error
    assert "never" not in plugins.registry("injections").names()


def test_a_clash_names_both_and_registers_nothing_of_the_second(load):
    def register_injections(register):
        register("fresh", Injection)
        register("film", Injection)

    with pytest.warns(RuntimeWarning, match="clasher"):
        infos = load(Entry("clasher", module_with(register_injections=register_injections)))
    assert "'stylemix'" in infos["clasher"].error
    assert "'clasher'" in infos["clasher"].error
    assert "fresh" not in plugins.registry("injections").names()


def test_models_are_registered_by_their_folders(load, tmp_path):
    hooks = {"register_models": lambda register: register("mine", tmp_path / "mine")}
    infos = load(Entry("mine-plugin", module_with(**hooks)))
    assert infos["mine-plugin"].provides == {"models": ["mine"]}
    assert plugins.registry("models").get("mine") == tmp_path / "mine"


def test_a_model_that_is_no_path_is_refused(load):
    hooks = {"register_models": lambda register: register("mine", {"generator": {}})}
    with pytest.warns(RuntimeWarning, match="mine-plugin"):
        infos = load(Entry("mine-plugin", module_with(**hooks)))
    assert "path of its folder, got dict" in infos["mine-plugin"].error
    assert plugins.registry("models").names() == []


def test_an_unknown_hook_is_an_error(load):
    with pytest.warns(RuntimeWarning, match="typo"):
        infos = load(Entry("typo", module_with(register_injektions=lambda register: None)))
    assert infos["typo"].error


def test_unknown_kind():
    with pytest.raises(UnknownNameError, match="injections"):
        plugins.registry("injection")
