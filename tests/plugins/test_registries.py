from __future__ import annotations

import pytest

from stylemix.errors import ConfigError, PluginError, UnknownNameError
from stylemix.plugins.registries import Registry, suggest


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
    with pytest.raises(ConfigError, match="no option 'sise'; did you mean 'size'"):
        things.build({"name": "thing", "sise": 1}, "here")


def test_spec_without_name(things):
    with pytest.raises(ConfigError, match="needs a name"):
        things.build({"size": 1}, "here")


@pytest.mark.parametrize("name", ["", " x", 3, None])
def test_bad_names_are_refused(things, name):
    with pytest.raises(PluginError):
        things.add(name, Thing, "p")


def test_suggest_is_silent_without_near_matches():
    assert suggest("zzzz", ["film"]) == ""
