from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.runtime import check_runtime
from stylemix.runtime.library import OLDEST, missing, settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Make another version of OpenVINO the installed one, or none."""

    def install(version):
        if version is None:
            monkeypatch.setattr(importlib.metadata.Distribution, "discover", lambda **_: iter(()))
        else:
            folder = tmp_path / f"openvino-{version}.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Name: openvino\nVersion: {version}\n")
            monkeypatch.syspath_prepend(tmp_path)
        missing.cache_clear()

    yield install
    monkeypatch.undo()
    missing.cache_clear()


def test_a_new_release_will_do(installed):
    installed("2031.2.0")
    assert missing() is None


@pytest.mark.parametrize(
    "version, words", [(None, "isn't installed"), ("2023.3.0", "2023.3.0 is too old")]
)
def test_none_and_an_old_one_are_one_clear_error(installed, version, words):
    installed(version)
    with pytest.raises(ConfigError, match=words) as caught:
        check_runtime("openvino")
    assert install_line("fast") in str(caught.value)
    assert check_runtime("auto") == "auto"


def test_the_extra_asks_for_the_same_release():
    oldest = ".".join(map(str, OLDEST))
    assert f'\nfast = ["openvino>={oldest}"]\n' in (ROOT / "pyproject.toml").read_text()


def test_threads_are_pytorchs():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert settings()["INFERENCE_NUM_THREADS"] == 3
    finally:
        torch.set_num_threads(before)


def test_nothing_is_imported_or_reported_unasked():
    if missing():
        pytest.skip("OpenVINO is missing")
    code = (
        "import sys\nfrom stylemix.runtime.library import missing, openvino\n"
        "missing(); assert 'openvino' not in sys.modules\n"
        "openvino(); print('openvino_telemetry' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.split() == ["False"], done.stderr
