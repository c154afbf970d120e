"""The example pictures, where they come from, and the quick start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import tiny_model
from PIL import Image

import stylemix
from stylemix import checkpoint

EXAMPLES = Path(__file__).parent.parent / "examples"
LICENCES = {"public domain", "CC0 1.0", "CC BY 2.0", "CC BY 4.0"}
HAS_FILM = "film" in {info.name for info in stylemix.models()}


def run(script: str, *arguments: str) -> None:
    source = str(EXAMPLES.parent / "src")
    path = os.pathsep.join(p for p in (source, os.environ.get("PYTHONPATH")) if p)
    subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        check=True,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


def levels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.float32)


def test_every_picture_is_listed_with_a_licence():
    rows = re.findall(
        r"^\| \[(.+?)\]\(\1\) \|.+\| ([^|]+) \|$", (EXAMPLES / "README.md").read_text("utf-8"), re.M
    )
    listed = {
        name: re.sub(r"\[(.+?)\]\(https://creativecommons\.org/.+?\)", r"\1", licence)
        for name, licence in rows
    }
    pictures = {
        f.relative_to(EXAMPLES).as_posix()
        for folder in ("photos", "paintings")
        for f in (EXAMPLES / folder).iterdir()
    }
    assert set(listed) == pictures
    assert set(listed.values()) <= LICENCES


def test_pictures_are_small_and_readable():
    files = [*EXAMPLES.glob("photos/*"), *EXAMPLES.glob("paintings/*")]
    assert len(list(EXAMPLES.glob("paintings/*"))) >= 10
    for file in files:
        with Image.open(file) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert max(picture.size) <= 768
    assert sum(f.stat().st_size for f in files) < 4 * 2**20


def test_the_generator_repeats_itself_and_the_committed_painting(tmp_path):
    name = "primary-grid"
    for folder in ("one", "two"):
        run("make_paintings.py", "--only", name, "--into", str(tmp_path / folder))
    again = tmp_path / "one" / f"{name}.jpg"
    assert again.read_bytes() == (tmp_path / "two" / f"{name}.jpg").read_bytes()
    kept = levels(EXAMPLES / "paintings" / f"{name}.jpg")
    assert np.abs(levels(again) - kept).mean() < 2.5


def test_the_generator_paints_every_committed_painting():
    shown = subprocess.run(
        [sys.executable, str(EXAMPLES / "make_paintings.py"), "--help"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = re.search(r"--only \{(.+?)\}", re.sub(r"\s+", "", shown).replace("--only", "--only "))
    assert names
    assert {f.stem for f in EXAMPLES.glob("paintings/*.jpg")} == set(names[1].split(","))


@pytest.mark.parametrize(
    "model",
    [
        "tiny",
        pytest.param("film", marks=pytest.mark.skipif(not HAS_FILM, reason="no embedded model")),
    ],
)
def test_quickstart(tmp_path, model):
    if model == "tiny":
        model = str(checkpoint.save(tiny_model(), tmp_path / "model"))
    run("quickstart.py", str(tmp_path / "out"), "--model", model, "--size", "96")
    names = ("one", "mix", "mask", "strength-0.4", "strength-0.8")
    out = {name: levels(tmp_path / "out" / f"{name}.jpg") for name in names}
    assert len(list((tmp_path / "out").iterdir())) == len(names)
    assert {picture.shape for picture in out.values()} == {(72, 96, 3)}
    with Image.open(EXAMPLES / "photos" / "mountains.jpg") as file:
        photo = np.asarray(file.convert("RGB").resize((96, 72)), np.float32)
    far = {name: np.abs(picture - photo).mean() for name, picture in out.items()}
    assert far["strength-0.4"] < far["strength-0.8"] < far["one"]
    assert np.abs(out["one"] - out["mix"]).mean() > 0.5
    assert np.abs(out["mix"] - out["mask"]).mean() > 0.2


@pytest.mark.skipif(not HAS_FILM, reason="the package has no trained model")
def test_the_sheet_of_one_painting_shows_both_models(tmp_path):
    run("make_one_painting.py", str(tmp_path / "sheet.png"))
    sheet = levels(tmp_path / "sheet.png")
    gap = int((sheet == 255).all((1, 2)).argmax())
    above, below = sheet[:gap], sheet[-gap:]
    assert above.shape == below.shape
    assert np.abs(above - below).mean() > 10
    # The painting's blue holds in both.
    assert all(half[..., 2].mean() > half[..., 0].mean() + 20 for half in (above, below))
