"""What README shows runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.filterwarnings("error")
def test_the_python_samples(tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = [b for b in re.findall(r"```python\n(.*?)```", README, re.S) if "stylemix." in b]
    assert len(blocks) >= 3
    for block in blocks:
        # Fewer steps and pixels show as well that it runs.
        short = block.replace("refine=50", "refine=2").replace("size=2048", "size=600")
        exec(compile(short, "README.md", "exec"), names)
    made = {path.name for path in tmp_path.glob("*.png")}
    assert made == {"out.png", "dandelion-styled.png", "dogs-styled.png"}
    with Image.open("out.png") as picture, Image.open("examples/photos/temple.jpg") as photo:
        assert picture.size == photo.size


def test_files_in_the_commands_exist():
    commands = re.findall(r"(?:photos|paintings)/[a-z-]+\.jpg", README)
    assert len(commands) >= 6
    for name in commands:
        assert (ROOT / "examples" / name).is_file(), name
