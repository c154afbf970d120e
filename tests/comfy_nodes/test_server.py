"""The server runner where there is no ComfyUI to run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest


def test_folder_without_comfyui_is_refused(tools: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no ComfyUI checkout: it holds no main\.py"):
        tools.server.ComfyServer(tmp_path)


def test_start_that_fails_shows_the_output_and_cleans_up(tools: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("raise SystemExit('no such device')", "utf-8")
    server = tools.server.ComfyServer(tmp_path, sys.executable)
    with pytest.raises(RuntimeError, match="no such device"):
        server.__enter__()
    assert not server.base.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["main.py"]


def test_script_asks_for_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import subprocess

    from comfy_surface import PACK

    monkeypatch.delenv("COMFYUI_PATH", raising=False)
    answer = subprocess.run(
        [sys.executable, str(PACK / "run_workflows.py")],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert answer.returncode == 2
    assert "COMFYUI_PATH" in answer.stderr
