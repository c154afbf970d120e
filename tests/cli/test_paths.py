from __future__ import annotations

import subprocess
import sys

import pytest

from stylemix.cli.paths import refuse_missing
from stylemix.errors import PictureError


@pytest.mark.parametrize(
    "wrong",
    [
        ["stylize", "nowhere.jpg", "PAINTING", "-o", "out.png"],
        ["stylize", "https://example.org/nowhere.jpg", "PAINTING", "-o", "out.png"],
        ["stylize", "PHOTO", "nowhere.jpg", "-o", "out.png"],
        ["stylize", "PHOTO", "PAINTING", "--palette", "nowhere.jpg", "-o", "out.png"],
        ["stylize", "PHOTO", "PAINTING", "--mask", "nowhere.jpg", "-o", "out.png"],
        ["stylize", "PHOTO", "PAINTING", "-o", "nowhere/out.png"],
        ["video", "nowhere.mp4", "PAINTING", "-o", "out.mp4"],
        ["video", "PHOTO", "--style-at", "0=nowhere.jpg", "-o", "out.mp4"],
        ["compare", "nowhere.jpg", "PAINTING", "-o", "out.png"],
        ["compare", "PHOTO", "nowhere.jpg", "-o", "out.png"],
    ],
)
def test_a_wrong_path_is_refused_before_torch_is_imported(environment, draw, wrong):
    files = {"PHOTO": draw("a.png", 1), "PAINTING": draw("s.png", 2)}
    arguments = [files.get(a, a) for a in wrong]
    code = (
        "import sys\nfrom stylemix.cli import main\n"
        f"try:\n    main({arguments!r}, prog_name='stylemix')\n"
        "finally:\n    print('torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2
    assert done.stdout.split() == ["False"]
    assert "nowhere" in done.stderr and "Error: " in done.stderr


def test_what_may_be_right_is_left_to_those_who_know(draw, tmp_path):
    photo = draw("a.png", 1)
    refuse_missing(photo, ["swirling-night"], [], "out.png")  # a model's own style
    refuse_missing("trip/*.jpg", [], [], str(tmp_path / "new" / "folder"))
    refuse_missing(str(tmp_path), [], [], str(tmp_path / "new" / "folder"))
    for wrong in (("https://example.org/a.jpg", []), (photo, ["https://example.org/a"])):
        with pytest.raises(PictureError, match="'https://example.org/a.*' is a web address"):
            refuse_missing(*wrong, [], "out.png")
    with pytest.raises(PictureError, match="no such file"):
        refuse_missing("swirling-night", [], [], "out.png")
