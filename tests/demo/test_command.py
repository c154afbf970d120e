from __future__ import annotations

import importlib.util

import pytest
from click.testing import CliRunner

from stylemix.cli.demo import demo
from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line

INSTALLED = importlib.util.find_spec("gradio") is not None


def test_help_names_every_option():
    text = CliRunner().invoke(demo, ["--help"]).output
    for option in (
        "--model",
        "--host",
        "--port",
        "--examples",
        "--max-megapixels",
        "--queue",
        "--open",
        "--mcp",
        "--share",
    ):
        assert option in text


@pytest.mark.skipif(INSTALLED, reason="Gradio is installed")
def test_without_gradio_it_says_what_to_install():
    result = CliRunner().invoke(demo, [])
    assert isinstance(result.exception, ConfigError)
    assert install_line("demo") in str(result.exception)


@pytest.mark.skipif(not INSTALLED, reason="the demo needs Gradio")
def test_two_models_of_one_name_are_refused(files):
    result = CliRunner().invoke(demo, ["--model", files.models[0], "--model", files.models[0]])
    assert isinstance(result.exception, ConfigError)
    assert "rename" in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--max-megapixels", "0"],
        ["--queue", "0"],
        ["--examples", "/no/such/folder"],
    ],
)
def test_wrong_options_are_refused(arguments):
    assert CliRunner().invoke(demo, arguments).exit_code == 2
