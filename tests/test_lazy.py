from __future__ import annotations

import subprocess
import sys
import types

import pytest

from stylemix.lazy import imported_late


def package(homes: dict[str, str], monkeypatch) -> types.ModuleType:
    """Make a package beside a real one, whose modules are there to be imported."""
    made = types.ModuleType("email")
    made.__path__ = __import__("email").__path__
    made.__getattr__, made.__dir__ = imported_late("email", homes)
    monkeypatch.setitem(sys.modules, "email", made)
    return made


def test_a_name_is_imported_when_it_is_asked_for_and_kept(monkeypatch):
    made = package({"Message": "message"}, monkeypatch)
    assert "Message" not in vars(made) and "Message" in dir(made)
    found = made.Message
    assert found.__module__ == "email.message" and vars(made)["Message"] is found


def test_other_names_are_refused_as_a_module_s_are(monkeypatch):
    made = package({"Message": "message"}, monkeypatch)
    with pytest.raises(AttributeError, match="module 'email' has no attribute 'Letter'"):
        _ = made.Letter


@pytest.mark.parametrize("name", ["stylemix", "stylemix.video"])
def test_packages_have_all_that_they_promise_and_import_nothing_for_it(name):
    code = (
        f"import sys, {name} as p; before = 'torch' in sys.modules\n"
        "print(before, set(p.__all__) <= set(dir(p)), all(hasattr(p, n) for n in p.__all__))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True", "True"]
