from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from stylemix.plugins.installing import install_line


@pytest.fixture
def paintings(draw, tmp_path):
    for seed in range(12):
        draw(f"paintings/{'abc'[seed % 3]}/{seed}.png", seed, 40, 40)
    return tmp_path / "paintings"


def points(image: Image.Image) -> np.ndarray:
    """Find the colored pixels of a figure, as soft spots: a layout moves points a little."""
    pixels = np.asarray(image.convert("RGB"), float)
    colored = (pixels.max(2) - pixels.min(2) > 60).astype(float)
    return gaussian_filter(colored, 20)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Return the cosine between two maps."""
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_one_panel_of_a_model_and_two_with_an_encoder(invoke, model, paintings, tmp_path):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    options = ["--style", paintings, "--side", 32, "--device", "cpu", "--styles", 2]
    result = invoke("tsne", "--model", model, *options, "-o", one)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote {one} (8 paintings, 2 styles)\n"
    both = ["tsne", "--encoder-weights", "thin", "-m", model, *options, "-o"]
    assert invoke(*both, two).exit_code == 0
    with Image.open(one) as first, Image.open(two) as second:
        assert second.width > first.width + 600
        assert second.height == first.height
        # The first panel is the model's, whatever the order of the options.
        side = first.height - 10  # without the legend
        model_alone, left = points(first)[:, :side], points(second)[:, :side]
        right = points(second)[:, -first.width :][:, :side]
        assert likeness(model_alone, left) > 0.9 > likeness(model_alone, right)
    assert invoke(*both, tmp_path / "again.png").exit_code == 0
    assert (tmp_path / "again.png").read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "one or two of"),
        (["-m", "a", "-m", "b", "-e", "thin"], "one or two of"),
        (["-e", "nowhere.safetensors"], "no encoder file 'nowhere.safetensors'"),
        (["-m", "gatys"], "no encoder to show"),
        (["-e", "thin", "-o", "figure.gif"], "ends in .gif"),
        (["-e", "thin", "--style", "nowhere"], "there is no nowhere"),
        (["-e", "thin", "--device", "warp"], "warp"),
        (["-e", "thin", "--styles", "1"], "--styles"),
    ],
)
def test_wrong_input_is_one_error(invoke, paintings, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    result = invoke("tsne", "--style", paintings, "-o", "f.png", "--side", 32, *arguments)
    assert result.exit_code == 2
    assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert not (tmp_path / "f.png").exists()


def test_without_scikit_learn_the_message_says_what_to_install(invoke, paintings, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    result = invoke("tsne", "-e", "thin", "--style", paintings, "-o", "f.png", "--side", 32)
    assert result.exit_code == 2
    assert install_line("metrics") in result.stderr
