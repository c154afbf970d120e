"""The bar of a command shows on a terminal only."""

from __future__ import annotations

import io
import sys

import pytest

from stylemix.cli.bars import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_it_counts_on_a_terminal_and_is_silent_elsewhere(monkeypatch, stream, shown):
    err = stream()
    monkeypatch.setattr(sys, "stderr", err)
    with progress_bar("frame", 4) as bar:
        bar.update(2)
        bar.refresh()
    assert ("2/4" in err.getvalue()) is shown
    assert ("frame" in err.getvalue()) is shown
