from __future__ import annotations

import pytest

from stylemix.runtime.library import missing

pytestmark = pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")


def test_a_checkpoint_becomes_graphs(invoke, model, tmp_path):
    out = tmp_path / "out"
    result = invoke("export", model, "-o", out, "--format", "openvino")
    assert result.exit_code == 0, result.stderr
    first, *numbers = result.stdout.splitlines()
    assert first.startswith(f"wrote {out}: README.md, generator.bin, generator.xml")
    assert [line.split(":")[0] for line in numbers] == ["embedding", "picture"]
    assert "for tests" in (out / "README.md").read_text()


def test_a_full_folder_is_one_error(invoke, model, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    result = invoke("export", model, "-o", tmp_path, "--format", "openvino")
    assert result.exit_code == 2
    assert "isn't an empty folder" in result.stderr
    assert [f.name for f in tmp_path.iterdir()] == ["note.txt"]
