from __future__ import annotations

from PIL import Image


def test_a_sheet_and_a_table(invoke, draw, model, tmp_path):
    out = tmp_path / "sheet.png"
    result = invoke(
        "compare",
        draw("photo.png", 1, 64, 80),
        draw("painting.png", 2, 70, 70),
        "-m",
        model,
        "-m",
        "gatys",
        "--steps",
        2,
        "--size",
        64,
        "--features",
        "thin",
        "--cell",
        96,
        "-o",
        out,
    )
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == [model, "gatys"]
    assert lines[-1] == f"wrote {out}"
    assert Image.open(out).width == 4 * (96 + 8) + 8


def test_failures_are_shown_and_told_by_the_exit_status(invoke, draw, model, tmp_path):
    result = invoke(
        "compare",
        draw("photo.png", 1),
        draw("painting.png", 2),
        "-m",
        "nobody",
        "-m",
        model,
        "--size",
        64,
        "--features",
        "thin",
        "-o",
        tmp_path / "s.png",
    )
    assert result.exit_code == 1
    assert "failed: no model is named 'nobody'" in result.stdout
    assert (tmp_path / "s.png").is_file()


def test_wrong_arguments_before_any_work(invoke, draw, tmp_path):
    photo = draw("photo.png", 1)
    for out, message in (
        (tmp_path / "sheet.txt", "ends in .txt"),
        (photo, "overwritten"),
        (tmp_path / "no" / "s.png", "doesn't exist"),
    ):
        result = invoke("compare", photo, draw("painting.png", 2), "-o", out)
        assert result.exit_code == 2
        assert message in result.stderr
    assert (
        invoke("compare", photo, str(tmp_path / "none.png"), "-o", tmp_path / "s.png").exit_code
        == 2
    )
