from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

import stylemix
from stylemix import metrics
from stylemix.stylizers import Options


@pytest.fixture
def folders(draw, tmp_path):
    for seed in range(2):
        draw(f"photos/{seed}.png", seed, 72, 80)
    for seed in range(3):
        draw(f"paintings/{seed}.png", 10 + seed, 80, 72)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    return ["--content", tmp_path / "photos", "--style", tmp_path / "paintings"]


def test_the_figures_are_the_library_s(invoke, model, folders, tmp_path):
    result = invoke(
        "evaluate",
        *folders,
        "-m",
        model,
        "--size",
        64,
        "--features",
        "thin",
        "--strength",
        0.8,
        "--json",
        tmp_path / "f.json",
        "--csv",
        tmp_path / "f.csv",
        "--sheet",
        tmp_path / "sheet.png",
        "--baseline",
        "copy",
    )
    assert result.exit_code == 0, result.stderr
    expected = metrics.evaluate_pairs(
        metrics.stylizer_method(stylemix.load(model), Options(strength=0.8)),
        sorted((tmp_path / "photos").glob("*.png")),
        sorted((tmp_path / "paintings").iterdir()),
        size=64,
        features="thin",
    )
    found = json.loads((tmp_path / "f.json").read_text())
    assert len(found["records"]) == len(expected.records) == 6
    for own, other in zip(found["records"], expected.records, strict=True):
        own.pop("seconds")
        other.pop("seconds")
        assert own == pytest.approx(other)
    with open(tmp_path / "f.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["content"] for row in rows] == ["0.png"] * 3 + ["1.png"] * 3
    copied = json.loads((tmp_path / "f-copy.json").read_text())
    assert copied["summary"]["content_loss"]["mean"] == pytest.approx(0, abs=1e-6)
    assert (tmp_path / "f-copy.csv").exists()
    assert f"{model}: 6 pairs\n" in result.stdout
    assert "copy: 6 pairs\n" in result.stdout
    assert result.stdout.count("style_loss") == 2
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height > 192  # three paintings, two photographs


def test_refined_pictures_are_measured(invoke, model, folders, tmp_path):
    losses = []
    for steps in (0, 4):
        file = tmp_path / f"{steps}.json"
        result = invoke(
            *("evaluate", *folders, "-m", model, "--size", 64, "--features", "thin"),
            *("--refine", steps, "--json", file),
        )
        assert result.exit_code == 0, result.stderr
        found = json.loads(file.read_text())
        losses.append([record["style_loss"] for record in found["records"]])
        assert found["settings"]["refine"] == steps
        assert ("identity_psnr" in found["summary"]) == (
            steps == 0
        )  # not optimized once more for it
    assert all(refined < drawn for drawn, refined in zip(*losses, strict=True))


def test_seen_paintings_and_strengths_apart(invoke, model, folders, draw, tmp_path):
    for seed in range(2):
        draw(f"trained/{seed}.png", 20 + seed, 80, 72)
    result = invoke(
        "evaluate",
        *folders,
        "--seen",
        tmp_path / "trained",
        "-m",
        model,
        "--size",
        64,
        "--features",
        "thin",
        "--strengths",
        "0,0.5,1",
        "--baseline",
        "color",
        "--json",
        tmp_path / "f.json",
    )
    assert result.exit_code == 0, result.stderr
    found = {
        name: json.loads((tmp_path / f"f{name}.json").read_text())
        for name in ("", "-seen", "-color")
    }
    assert [
        (f["settings"]["model"], f["settings"]["set"], f["settings"]["pairs"])
        for f in found.values()
    ] == [(str(model), "unseen", 6), (str(model), "seen", 4), ("color", "unseen", 6)]
    expected = metrics.evaluate_pairs(
        metrics.stylizer_method(stylemix.load(model)),
        sorted((tmp_path / "photos").glob("*.png")),
        sorted((tmp_path / "trained").iterdir()),
        size=64,
        features="thin",
        strengths=(0, 0.5, 1),
    )
    for own, other in zip(found["-seen"]["records"], expected.records, strict=True):
        assert {**own, "seconds": 0} == pytest.approx({**other, "seconds": 0})
    assert "content_rises" in found[""]["summary"]
    assert "content_rises" not in found["-color"]["summary"]
    size = (Path(model) / "model.safetensors").stat().st_size
    assert found[""]["summary"]["file_bytes"]["mean"] == size


def test_limit_takes_the_first(invoke, model, folders):
    result = invoke(
        "evaluate", *folders, "-m", model, "--size", 64, "--features", "thin", "--limit", 1
    )
    assert result.exit_code == 0, result.stderr
    assert ": 1 pairs\n" in result.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--content", "nowhere"], "nowhere"),
        (["--style", "empty"], "empty"),
        (["-m", "flim"], "flim"),
        (["--strength", "-1"], "strength"),
        (["--size", "10"], "--size"),
        (["--baseline", "magic"], "--baseline"),
        (["--vgg", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--inception", "nowhere.pth"], "nowhere.pth"),
        (["--art-inception", "nowhere.pth"], "nowhere.pth"),
        (["--lpips", "nowhere.pth"], "nowhere.pth"),
        (["--strengths", "0.5,0"], "rising"),
        (["--seen", "nowhere"], "nowhere"),
        (["--sheet", "sheet.gif"], "ends in .gif"),
        (["--json", "photos/0.png"], "overwritten"),
        (["--json", "nowhere/f.json"], "nowhere"),
    ],
)
def test_wrong_input_is_one_error(invoke, model, folders, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    result = invoke(
        "evaluate",
        *folders,
        "-m",
        model,
        "--size",
        64,
        "--features",
        "thin",
        "--limit",
        1,
        *arguments,
    )
    assert result.exit_code == 2
    assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert not Path("sheet.gif").exists()


def test_the_device_is_that_of_everything_that_measures(
    invoke, model, folders, tmp_path, monkeypatch
):
    net = metrics.LPIPS()
    state = {k: v for k, v in net.state_dict().items() if k.startswith("features.")}
    state |= {f"lin{i}.model.1.weight": w[None, :, None, None] for i, w in enumerate(net.weights)}
    torch.save({k: v.detach() for k, v in state.items()}, tmp_path / "lpips.pth")
    placed, move = {}, torch.nn.Module.to

    def to(self, *args, **options):
        if args:
            placed[type(self).__name__] = str(args[0])
        return move(self, *args, **options)

    monkeypatch.setattr(torch.nn.Module, "to", to)
    options = ["--size", 64, "--features", "thin", "--limit", 1, "--lpips", tmp_path / "lpips.pth"]
    # The CPU by another name, so that it can be told from a place that nobody asked for.
    result = invoke("evaluate", *folders, "-m", model, *options, "--device", "cpu:0")
    assert result.exit_code == 0, result.stderr
    assert placed["DistilledVGG"] == placed["LPIPS"] == "cpu:0"


def test_scale_and_two_sizes(invoke, model, folders, tmp_path):
    result = invoke(
        *("evaluate", *folders, "-m", model, "--size", 64, "--features", "thin", "--limit", 1),
        *("--scale", 4, "--sizes", "--json", tmp_path / "f.json"),
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads((tmp_path / "f.json").read_text())
    assert found["settings"]["scale"] == 4
    assert found["records"][0]["sizes_psnr"] > 10


def test_videos_are_measured(invoke, model, folders, tmp_path):
    pytest.importorskip("cv2", reason="videos need OpenCV")
    from video_clips import panning, write_clip

    from stylemix.metrics.warping import measure_steadiness

    clip = write_clip(tmp_path / "clip.mkv", panning(4), codec="ffv1", pixels="bgr0")
    result = invoke(
        "evaluate", *folders, "-m", model, "--size", 64, "--features", "thin", "--limit", 1,
        "--video", clip,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    stylizer = stylemix.load(model)
    style = stylizer.encode(tmp_path / "paintings" / "0.png")
    found = measure_steadiness(panning(4), stylizer, style)
    assert result.stdout.splitlines()[-1] == (
        f"clip.mkv: itself {found.frames:.2f}, frame by frame {found.plain:.2f}, "
        f"steadied {found.steady:.2f} (ratio {found.ratio:.2f})"
    )


def test_bad_pictures_cost_their_own_pairs_and_are_listed(invoke, model, folders, draw, tmp_path):
    whole = Path(draw("photos/1.png", 1, 72, 80)).read_bytes()
    (tmp_path / "photos" / "1.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "paintings" / "0.png").write_bytes(b"")
    result = invoke(
        "evaluate", *folders, "-m", model, "--size", 64, "--features", "thin",
        "--json", tmp_path / "f.json", "--sheet", tmp_path / "sheet.png",
    )  # fmt: skip
    assert result.exit_code == 1, result.stderr
    lines = [line for line in result.stderr.splitlines() if "Warning" not in line]
    assert lines[0] == "2 left out:"
    assert lines[1].startswith("  0.png: ") and "is empty" in lines[1]
    assert lines[2].startswith("  1.png: ") and "cut short" in lines[2]
    found = json.loads((tmp_path / "f.json").read_text())
    pairs = sorted((r["content"], r["style"]) for r in found["records"])
    assert pairs == [("0.png", "1.png"), ("0.png", "2.png")]
    assert found["settings"]["pairs"] == 2
    assert [f["what"] for f in found["failures"]] == ["0.png", "1.png"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height > 192  # two paintings, one photograph


def test_a_missing_video_is_told_before_anything_is_measured(invoke, draw, tmp_path):
    draw("photos/a.png", 1)
    draw("paintings/s.png", 2)
    result = invoke(
        "evaluate", "--content", tmp_path / "photos", "--style", tmp_path / "paintings",
        "--video", tmp_path / "nowhere.mp4",
    )  # fmt: skip
    assert result.exit_code == 2
    assert "no such file" in result.stderr and "nowhere.mp4" in result.stderr
    assert result.stdout == ""
