from __future__ import annotations

import json

import pytest
import torch
from helpers import picture, tiny_model, tiny_palette_model

import stylemix
from stylemix.errors import CheckpointError, ConfigError, PictureError
from stylemix.export import FORMATS, export
from stylemix.runtime.library import missing
from stylemix.stylizers import build

OF_ONE_STYLE = {
    "stylizer": "feed_forward",
    "generator": {"name": "johnson", "width": 4, "blocks": 1},
    "encoder": {"name": "none"},
    "injections": [],
}


@pytest.fixture(params=["onnx", "openvino"])
def kind(request):
    try:
        FORMATS[request.param].check()
    except ConfigError as problem:
        pytest.skip(str(problem))
    return request.param


def test_a_model_of_another_type_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"float16; use \.float\(\)"):
        export(tiny_model().half(), tmp_path / "out", "onnx")
    assert not (tmp_path / "out").exists()


def test_files_and_what_they_say_of_themselves(tmp_path, kind):
    model = tiny_palette_model()
    done = export(model, tmp_path / "new" / "out", kind, name="tiny", description="of tests")
    out = tmp_path / "new" / "out"
    assert done.folder == out and sorted(f.name for f in out.iterdir()) == list(done.files)
    assert [f.name for f in out.parent.iterdir()] == ["out"]
    about = json.loads((out / "metadata.json").read_text())
    assert about["codes"] == ["embedding", "palette"] and about["style_size"] == 32
    assert about["graphs"]["generator"]["inputs"] == {
        "content": ["batch", 3, "height", "width"],
        "embedding": ["batch", 8],
        "palette": ["batch", 6],
    }
    assert set(done.differences) == {"embedding", "palette", "picture"}
    assert max(done.differences.values()) < 1e-4
    card = (out / "README.md").read_text()
    assert card.startswith("# tiny\n\nof tests\n") and "input `palette`: [batch, 6]" in card


@pytest.mark.parametrize("injection", ["film", "inject", "concat"])
@torch.inference_mode()
def test_the_graphs_draw_what_the_model_draws(tmp_path, kind, injection):
    model = tiny_model({"name": injection})
    export(model, tmp_path / "out", kind)
    ending = FORMATS[kind].ending
    encode = FORMATS[kind].read(tmp_path / "out" / f"style_encoder{ending}")
    draw = FORMATS[kind].read(tmp_path / "out" / f"generator{ending}")
    paintings = torch.cat([picture(2, 40, 60), picture(3, 40, 60)])
    (codes,) = encode({"style": paintings})
    assert torch.allclose(codes, model.code(paintings)["embedding"], atol=1e-4)
    for height, width in ((9, 31), (64, 64)):
        contents = torch.cat([picture(5, height, width), picture(6, height, width)])
        (found,) = draw({"content": contents, "embedding": codes})
        assert found.shape == contents.shape
        for one, painting, content in zip(found, paintings, contents, strict=True):
            from stylemix.injections.style import StyleMix

            mix = StyleMix.single(model.prepare(painting[None]))
            assert torch.allclose(one, model.render(content, mix), atol=1e-4)


def test_the_default_model_is_exported(tmp_path, kind):
    """Whose grain is one for all pictures of a batch."""
    done = export(stylemix.load("film", runtime="torch"), tmp_path / "out", kind)
    assert set(done.differences) == {"embedding", "picture"}
    assert max(done.differences.values()) < 1e-4


@pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")
def test_a_graph_for_openvino_is_written_as_it_is_fastest(tmp_path):
    export(tiny_model(width=8), tmp_path / "out", "openvino")
    written = (tmp_path / "out" / "generator.xml").read_text()
    assert 'type="DepthToSpace"' in written and 'type="GroupConvolution"' in written


def test_the_comparison_is_with_pytorch_whatever_the_model_draws_with(tmp_path, kind, monkeypatch):
    monkeypatch.setenv("STYLEMIX_CACHE_DIR", str(tmp_path / "cache"))
    model = tiny_model().using("auto")
    export(model, tmp_path / "out", kind)
    assert not (tmp_path / "cache").exists()  # nothing was compiled to draw
    assert model.runtime == "auto"


def test_a_model_of_one_style_has_no_encoder(tmp_path, kind):
    done = export(build(OF_ONE_STYLE), tmp_path / "out", kind)
    assert not any(name.startswith("style_encoder") for name in done.files)
    assert list(done.differences) == ["picture"]


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path, kind):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ConfigError, match="isn't an empty folder"):
        export(tiny_model(), tmp_path, kind)
    with pytest.raises(ConfigError, match="isn't an empty folder"):
        export(tiny_model(), tmp_path / "note.txt", kind)
    assert [f.name for f in tmp_path.iterdir()] == ["note.txt"]


def test_what_fails_leaves_nothing(tmp_path, kind):
    broken = tiny_model()
    with torch.no_grad():
        broken.generator.stages[-1].output.conv.weight.fill_(float("nan"))
    with pytest.raises(PictureError, match="weights are damaged"):
        export(broken, tmp_path / "out", kind)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_draws_another_picture_is_not_kept(tmp_path, kind):
    model = build(OF_ONE_STYLE)

    class Fixed(type(model.generator)):
        """Hides its size from the tracer, which takes that of the example for every picture's."""

        def forward(self, content, mix):
            return super().forward(content, mix) * (1 - 8 / float(content.shape[3]))

    model.generator.__class__ = Fixed
    with pytest.raises(CheckpointError, match="differs from PyTorch"):
        export(model, tmp_path / "out", kind)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "build_model, words",
    [
        (lambda: build({"stylizer": "gatys"}), "optimizes its picture"),
        (lambda: tiny_model({"name": "patch", "feature": "relu3_3"}), "feature maps"),
    ],
    ids=["method", "maps"],
)
def test_models_that_cannot_be_exported(tmp_path, kind, build_model, words):
    with pytest.raises(ConfigError, match=words):
        export(build_model(), tmp_path / "out", kind)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format(tmp_path):
    with pytest.raises(ConfigError, match="onnx, openvino, got 'tflite'"):
        export(tiny_model(), tmp_path / "out", "tflite")
