from __future__ import annotations

import errno
import os
import warnings

import click
import pytest
import torch
from click.testing import CliRunner

from stylemix.cli import errors
from stylemix.errors import ConfigError, UnknownNameError


def leave(problem: BaseException, capsys: pytest.CaptureFixture[str], debug: bool = False):
    with pytest.raises(SystemExit) as caught, errors.reporting(debug):
        raise problem
    return caught.value.code, capsys.readouterr()


def test_own_errors_are_one_line_and_status_2(capsys):
    code, said = leave(ConfigError("strength must be >= 0,\n  got -1"), capsys)
    assert code == 2
    assert said.err == "Error: strength must be >= 0, got -1\n"
    assert said.out == ""


def test_unknown_names_are_not_quoted(capsys):
    assert leave(UnknownNameError("no model 'x'"), capsys)[1].err == "Error: no model 'x'\n"


def test_errors_of_the_system_are_expected(capsys):
    code, said = leave(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x"), capsys)
    assert code == 2
    assert os.strerror(errno.ENOSPC) in said.err


def memory_errors():
    yield MemoryError()
    yield torch.OutOfMemoryError("CUDA out of memory")
    try:
        torch.empty(2**50, dtype=torch.float64)
    except RuntimeError as problem:
        yield problem


@pytest.mark.parametrize("problem", list(memory_errors()), ids=lambda p: type(p).__name__)
def test_a_full_memory_says_what_helps(problem, capsys):
    code, said = leave(problem, capsys)
    assert code == 2
    assert "--tile" in said.err


def test_unexpected_errors_have_a_status_of_their_own(capsys):
    code, said = leave(ZeroDivisionError("division by zero"), capsys)
    assert code == 70
    assert "ZeroDivisionError: division by zero" in said.err
    assert "--debug" in said.err
    assert said.err.count("\n") == 1


def test_debug_shows_the_traceback(capsys):
    code, said = leave(ConfigError("wrong"), capsys, debug=True)
    assert code == 2
    assert said.err.startswith("Traceback")
    assert said.err.endswith("Error: wrong\n")


def test_an_interruption_is_130_and_short(capsys):
    code, said = leave(KeyboardInterrupt(), capsys)
    assert code == 130
    assert said.err == "\nInterrupted.\n"


def test_click_s_own_errors_pass():
    @click.command()
    def wrong() -> None:
        with errors.reporting():
            raise click.UsageError("give two")

    result = CliRunner().invoke(wrong)
    assert result.exit_code == 2
    assert "give two" in result.output


def test_warnings_are_one_line_and_the_display_is_put_back(capsys):
    before = warnings.showwarning
    with errors.reporting():
        warnings.simplefilter("always")
        warnings.warn("the plugin\n'x' is broken", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: the plugin 'x' is broken\n"
    assert warnings.showwarning is before
