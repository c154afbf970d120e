from __future__ import annotations

import importlib.metadata
import itertools
import types

import pytest

from stylemix import hookimpl, plugins
from stylemix.errors import UnknownNameError
from stylemix.injections import FiLM, Injection
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


MODULES = itertools.count()


def new_module():
    """Give an empty module of a name of its own, as modules of different plugins have."""
    return types.ModuleType(f"outside{next(MODULES)}")


def module_with(**hooks):
    module = new_module()
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
    def register_injections(register):
        register("mine", FiLM)

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
        register("fresh", FiLM)
        register("film", FiLM)

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


def names(*plugins_, kind="injections"):
    """Give what outside plugins registered, in the order of the registry."""
    known = plugins.registry(kind)
    return [name for name in known.names() if known.plugin_of(name) in plugins_]


def registering(*given, **options):
    """Give a module whose hook registers these names; options are hookimpl's."""

    @hookimpl(**options)
    def register_injections(register):
        for name in given:
            register(name, FiLM)

    module = new_module()
    module.register_injections = register_injections
    return module


def test_a_function_that_is_not_marked_is_no_hook(load):
    module = new_module()
    module.register_injections = lambda register: register("unmarked", FiLM)
    infos = load(Entry("mine-plugin", module))
    assert infos["mine-plugin"].provides == {}
    assert infos["mine-plugin"].error is None
    assert "unmarked" not in plugins.registry("injections").names()


def test_hooks_are_called_in_the_order_of_pluggy(load):
    one, two, three = (registering(name) for name in ("one", "two", "three"))
    load(Entry("p1", one), Entry("p2", two), Entry("p3", three))
    assert names("p1", "p2", "p3") == ["three", "two", "one"]  # the last announced comes first
    first, last = registering("two", tryfirst=True), registering("three", trylast=True)
    load(Entry("p1", one), Entry("p2", first), Entry("p3", last))
    assert names("p1", "p2", "p3") == ["two", "one", "three"]


def test_of_two_plugins_that_clash_the_first_in_order_keeps_the_name(load):
    entries = (Entry("p1", registering("same", tryfirst=True)), Entry("p2", registering("same")))
    with pytest.warns(RuntimeWarning, match="'p2' could not be loaded"):
        infos = load(*entries)
    assert plugins.registry("injections").plugin_of("same") == "p1"
    assert infos["p1"].error is None


def test_builtins_keep_their_names_whatever_the_order(load):
    with pytest.warns(RuntimeWarning, match="eager"):
        infos = load(Entry("eager", registering("film", tryfirst=True)))
    assert infos["eager"].error
    assert plugins.registry("injections").plugin_of("film") == "stylemix"


@pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])
def test_a_wrapper_runs_once_around_the_others_and_registers_as_itself(load, style):
    seen = []

    @hookimpl(**{style: True})
    def register_injections(register):
        register("before", FiLM)
        seen.append("in")
        result = yield
        seen.append("out")
        register("after", FiLM)
        return result

    module = new_module()
    module.register_injections = register_injections
    infos = load(Entry("around", module), Entry("plain", registering("inside")))
    assert names("around", "plain") == ["before", "after", "inside"]
    assert seen == ["in", "out"]
    assert infos["around"].provides == {"injections": ["before", "after"]}
    assert infos["plain"].provides == {"injections": ["inside"]}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_wrapper_that_fails_takes_nobody_with_it(load, moment):
    @hookimpl(wrapper=True)
    def register_injections(register):
        register("never", FiLM)
        if moment == "before":
            raise RuntimeError("no luck")
        yield
        raise RuntimeError("no luck")

    module = new_module()
    module.register_injections = register_injections
    with pytest.warns(RuntimeWarning, match="'around' could not be loaded .*no luck"):
        infos = load(Entry("around", module), Entry("plain", registering("inside")))
    assert infos["around"].error == "RuntimeError: no luck"
    assert names("around", "plain") == ["inside"]
    assert "film" in plugins.registry("injections").names()


def test_a_plugin_whose_hook_fails_is_left_out_with_all_its_hooks(load):
    def register_injections(register):
        register("half", FiLM)
        raise OSError("disk gone")

    hooks = {
        "register_injections": register_injections,
        "register_presets": lambda register: register("half", {}),
    }
    with pytest.warns(RuntimeWarning, match="disk gone"):
        infos = load(Entry("bad", module_with(**hooks)), Entry("plain", registering("inside")))
    assert infos["bad"].provides == {}
    assert names("bad", "plain") == ["inside"]
    assert names("bad", kind="presets") == []


def test_a_component_without_a_method_of_its_kind_is_left_out_and_the_reason_said(load):
    class Mine(Injection):
        """Mine (2026)."""

        def forward(self, x, style):
            return x

    hooks = {"register_injections": lambda register: register("mine", Mine)}
    with pytest.warns(RuntimeWarning, match="class Mine lacks prepare; implement what is missing"):
        infos = load(Entry("mine-plugin", module_with(**hooks)))
    assert "lacks prepare" in infos["mine-plugin"].error
    assert "mine" not in plugins.registry("injections").names()
