"""The examples in the docstrings of public names are run."""

from __future__ import annotations

import doctest
import inspect

import pytest

import stylemix

DOCUMENTED = [
    name
    for name in stylemix.__all__
    if inspect.isclass(thing := getattr(stylemix, name)) or inspect.isfunction(thing)
]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_of_public_names(name):
    if name in ("stylize_frames", "stylize_video"):
        pytest.importorskip("av", reason="videos need PyAV")
        pytest.importorskip("cv2", reason="videos need OpenCV")
    thing = getattr(stylemix, name)
    module = inspect.getmodule(thing)
    assert module is not None
    finder = doctest.DocTestFinder(recurse=False)
    found = finder.find(thing, name, module=module, globs=vars(module).copy())
    assert sum(len(test.examples) for test in found), f"{name} has no example in its docstring"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for test in found:
        runner.run(test)
    assert runner.failures == 0
