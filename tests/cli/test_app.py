from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys

import pytest

from stylemix.cli import main
from stylemix.cli.app import COMMANDS


def test_help_lists_every_command_and_the_exit_codes(invoke):
    result = invoke("--help")
    assert result.exit_code == 0
    listed = [
        line.split()[0]
        for line in result.stdout.split("Commands:")[1].splitlines()
        if line.startswith("  ") and line.strip()
    ]
    assert listed[: len(COMMANDS)] == list(COMMANDS)
    for status in ("0 ", "1 ", "2 ", "70 ", "130 "):
        assert f"\n    {status}" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_its_own_options_fit(invoke, name):
    result = invoke(name, "--help")
    assert result.exit_code == 0
    examples = result.stdout.split("Examples:")[1].split("Options:")[0]
    assert f"stylemix {name}" in examples
    command = main.get_command(None, name)
    known = {o for p in command.params for o in p.opts} | {"--nproc-per-node"}
    for word in examples.split():
        if word.startswith("--"):
            assert word in known, word


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["stylize", "--help"],
        ["train", "--help"],
        ["evaluate", "--help"],
        ["models", "--help"],
        ["plugins", "--help"],
    ],
)
def test_help_and_version_do_not_import_torch(environment, arguments):
    code = (
        "import sys\nfrom stylemix.cli import main\n"
        f"try:\n    main({arguments!r}, prog_name='stylemix')\n"
        "finally:\n    print('torch' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=900, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert done.stderr.split() == ["False"]


def test_version_is_the_distribution_s(invoke):
    try:
        version = importlib.metadata.version("stylemix")
    except importlib.metadata.PackageNotFoundError:
        version = "source"
    assert invoke("--version").stdout == f"stylemix {version}\n"


def test_an_unknown_command_is_wrong(invoke):
    result = invoke("stylise")
    assert result.exit_code == 2
    assert "stylise" in result.stderr
    assert result.stdout == ""


@pytest.mark.skipif(os.name != "posix", reason="file names of POSIX")
def test_names_that_the_terminal_can_t_show(environment, model, draw, tmp_path):
    photo, painting = draw("a.png", 1), draw("s.png", 2)
    program = [sys.executable, "-m", "stylemix", "stylize"]
    for name, encoding in (("Gemälde-日本.png", "latin-1"), (os.fsdecode(b"b\xff.png"), "utf-8")):
        done = subprocess.run(
            [*program, photo, painting, "-m", model, "-o", os.fsencode(tmp_path / name)],
            capture_output=True,
            env={**environment, "PYTHONIOENCODING": encoding},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(b"wrote ") and b"(40 x 32)" in done.stdout
        assert (tmp_path / name).is_file()
