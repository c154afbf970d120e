from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from stylemix.errors import ConfigError, PluginError, UnknownNameError
from stylemix.plugins import Registry, suggest


class Thing:
    def __init__(self, place: str, *, size: int = 3) -> None:
        self.place = place
        self.size = size


@pytest.fixture
def things() -> Registry[type]:
    registry: Registry[type] = Registry("thing")
    registry.add("thing", Thing, "first-plugin")
    return registry


def test_build_passes_place_and_options(things):
    built = things.build({"name": "thing", "size": 7}, "here")
    assert (built.place, built.size) == ("here", 7)


def test_a_clash_names_both_plugins_and_changes_nothing(things):
    with pytest.raises(PluginError, match=r"first-plugin.*second-plugin"):
        things.add("thing", int, "second-plugin")
    assert things.get("thing") is Thing
    assert things.plugin_of("thing") == "first-plugin"


def test_unknown_name_suggests(things):
    with pytest.raises(UnknownNameError, match="did you mean 'thing'") as caught:
        things.get("thnig")
    assert not str(caught.value).startswith('"')


def test_unknown_option_suggests(things):
    with pytest.raises(ConfigError, match=r"unknown key 'thing\.sise'; did you mean 'size'"):
        things.build({"name": "thing", "sise": 1}, "here")


def test_a_wrong_option_is_named_by_the_path_of_its_spec(things):
    with pytest.raises(ConfigError, match=r"^thing\.size must be a whole number, got '7'"):
        things.build({"name": "thing", "size": "7"}, "here")
    with pytest.raises(ConfigError, match=r"^parts\[2\]\.size must be a whole number, got None"):
        things.build({"name": "thing", "size": None}, "here", path="parts[2]")


def test_spec_without_name(things):
    with pytest.raises(ConfigError, match="^thing must be a table with the name of a thing, such"):
        things.build({"size": 1}, "here")


@pytest.mark.parametrize("spec", ["thing", ["thing"], None, 3])
def test_what_is_no_spec_is_refused(things, spec):
    with pytest.raises(ConfigError, match=r"such as \{'name': 'thing'\}, got"):
        things.build(spec, "here")


def test_a_name_that_is_no_text(things):
    with pytest.raises(ConfigError, match=r"^thing\.name must be a text, got 3"):
        things.build({"name": 3}, "here")


class Abstract(ABC):
    @abstractmethod
    def prepare(self): ...

    @abstractmethod
    def forward(self): ...


class Half(Abstract):
    def forward(self): ...


def test_a_class_that_leaves_out_what_its_kind_has_to_have_is_refused(things):
    with pytest.raises(PluginError, match=r"'p' registers the thing 'half'.* Half lacks prepare;"):
        things.add("half", Half, "p")
    assert things.names() == ["thing"]


@pytest.mark.parametrize("name", ["", " x", 3, None])
def test_bad_names_are_refused(things, name):
    with pytest.raises(PluginError):
        things.add(name, Thing, "p")


def test_suggest_is_silent_without_near_matches():
    assert suggest("zzzz", ["film"]) == ""
