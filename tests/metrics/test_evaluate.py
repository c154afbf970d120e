from __future__ import annotations

import pytest
import torch
from helpers import devices_of_feature_networks, odd_defaults, picture, tiny_model
from PIL import Image
from safetensors.torch import save_file

from stylemix.backbones import InceptionMixed6e, feature_net
from stylemix.errors import ConfigError, DataError
from stylemix.images import read, resize, to_float, to_pil
from stylemix.metrics import artifacts, baselines, perceptual
from stylemix.metrics.evaluate import evaluate_pairs
from stylemix.metrics.methods import stylizer_method
from stylemix.metrics.palette import palette_distance
from stylemix.metrics.sets import Sets
from stylemix.metrics.strength import psnr
from stylemix.stylizers import Options

PHOTOS = [to_pil(picture(i, 80, 100)[0]) for i in (1, 2)]
PAINTINGS = [to_pil(picture(i, 90, 90)[0]) for i in (11, 12, 13)]


def test_a_copy_keeps_content_and_edges():
    report = evaluate_pairs(baselines.copy, PHOTOS, PAINTINGS, size=64, features="thin")
    assert len(report.records) == 6
    mean = {name: value["mean"] for name, value in report.summary.items()}
    assert mean["content_loss"] == 0
    assert mean["style_loss"] > 0.1
    assert mean["edges"] == pytest.approx(1)
    assert mean["shift_psnr"] == 100
    assert mean["identity_psnr"] == 100
    for name in ("checkerboard", "blobs", "saturation", "border"):
        assert mean[f"{name}_alarm"] == 0
        assert mean[f"{name}_over"] == 0


def test_defaults_of_the_caller_change_nothing():
    method = stylizer_method(tiny_model())
    asked = {"pairs": [(0, 1)], "size": 64, "features": "thin"}
    plain = evaluate_pairs(method, PHOTOS, PAINTINGS, **asked).records
    with odd_defaults():
        again = evaluate_pairs(method, PHOTOS, PAINTINGS, **asked).records
    for one in (plain[0], again[0]):
        one.pop("seconds")
    assert again == plain


def test_the_painting_itself_is_perfect_style():
    def painting(content, style):
        return style.resize(content.size)

    report = evaluate_pairs(
        painting, [PHOTOS[0].resize((90, 90))], PAINTINGS, size=90, features="thin", stability=False
    )
    for record in report.records:
        assert record["style_loss"] == pytest.approx(0, abs=1e-5)
        assert record["palette"] == pytest.approx(0, abs=1e-6)
        assert record["rank"] == record["top1"] == record["top5"] == 1
        assert record["content_loss"] > 0.1
        assert "shift_psnr" not in record


def test_records_are_the_metrics_of_the_given_pairs():
    pairs = [(1, 2), (0, 1), (1, 0)]
    seen = {}
    report = evaluate_pairs(
        baselines.color,
        PHOTOS,
        PAINTINGS,
        pairs=pairs,
        size=64,
        features="thin",
        on_result=lambda i, j, image: seen.__setitem__((i, j), image),
    )
    assert set(seen) == set(pairs)
    net = feature_net("thin")
    for (i, j), record in zip(pairs, report.records, strict=True):
        assert (record["content"], record["style"]) == (str(i), str(j))
        photo, painting = (
            to_float(resize(read(p).pixels, short_side=64))[0] for p in (PHOTOS[i], PAINTINGS[j])
        )
        output = to_float(read(seen[i, j]).pixels)[0]
        looks = perceptual.describe(output, net)
        assert record["content_loss"] == pytest.approx(
            float(perceptual.content_loss(looks, perceptual.describe(photo, net))), rel=1e-5
        )
        assert record["style_loss"] == pytest.approx(
            float(perceptual.style_loss(looks, perceptual.describe(painting, net))), rel=1e-5
        )
        assert record["palette"] == pytest.approx(palette_distance(output, painting), rel=1e-5)
        assert record["blobs"] == artifacts.blobs(output)


def test_a_stylizer_from_files(tmp_path):
    paths = []
    for kind, images in (("photo", PHOTOS), ("art", PAINTINGS)):
        for i, image in enumerate(images):
            paths.append(tmp_path / f"{kind}{i}.png")
            image.save(paths[-1])
    steps = []
    method = stylizer_method(tiny_model())
    report = evaluate_pairs(
        method,
        paths[:2],
        paths[2:],
        size=64,
        features="thin",
        progress=lambda event: steps.append((event.done, event.total)),
    )
    assert steps == [(k, 6) for k in range(7)]
    assert report.records[0]["content"] == "photo0.png"
    assert report.records[0]["seconds"] > 0
    assert report.summary["parameters"]["mean"] == method.facts["parameters"]
    assert "content_loss" in report.table()


def test_inception_gives_a_second_opinion(tmp_path):
    torch.manual_seed(0)
    weights = {k: v for k, v in InceptionMixed6e().state_dict().items()}
    save_file(weights, tmp_path / "inception.safetensors")

    def painting(content, style):
        return style.resize(content.size)

    report = evaluate_pairs(
        painting,
        [PHOTOS[0].resize((80, 80))],
        PAINTINGS,
        size=80,
        features="thin",
        sets=Sets(tmp_path / "inception.safetensors"),
        stability=False,
    )
    assert [r["inception_rank"] for r in report.records] == [1, 1, 1]
    assert report.facts["fid_mixed6e"] == pytest.approx(0, abs=1e-4)
    assert report.facts["artfid_proxy"] == pytest.approx(
        1 + report.summary["content_loss"]["mean"], rel=1e-3
    )


def test_strength_and_identity():
    model = tiny_model()
    method = stylizer_method(model, Options(strength=0.7))
    report = evaluate_pairs(
        method, PHOTOS, PAINTINGS[:1], size=64, features="thin", strengths=(0, 0.5, 1)
    )
    net = feature_net("thin")
    painting = to_pil(resize(read(PAINTINGS[0]).pixels, short_side=64))
    for photo, record in zip(PHOTOS, report.records, strict=True):
        small = to_pil(resize(read(photo).pixels, short_side=64))
        seen = perceptual.describe(to_float(read(small).pixels)[0], net)
        losses = [
            perceptual.content_loss(
                perceptual.describe(
                    to_float(read(model.stylize(small, painting, strength=s)).pixels)[0], net
                ),
                seen,
            )
            for s in (0, 0.5, 1)
        ]
        assert [record[f"content_at_{s}"] for s in ("0", "0.5", "1")] == pytest.approx(
            [float(x) for x in losses], rel=1e-5
        )
        assert record["content_rises"] == float(losses[0] <= losses[1] <= losses[2])
        again = model.stylize(small, small, strength=0.7)
        assert record["identity_psnr"] == pytest.approx(
            psnr(to_float(read(again).pixels)[0], to_float(read(small).pixels)[0])
        )
    assert report.records[0]["content_at_0"] == 0


def test_two_sizes_and_a_scale():
    def alike(scale):
        report = evaluate_pairs(
            stylizer_method(tiny_model(), Options(scale=scale)),
            PHOTOS,
            PAINTINGS,
            pairs=[(0, 0)],
            size=64,
            features="thin",
            stability=False,
            sizes=True,
        )
        return report.records[0]

    scaled, plain = alike(1.0), alike(None)
    assert scaled["sizes_psnr"] > plain["sizes_psnr"] + 3
    assert scaled["sizes_style"] < plain["sizes_style"]
    assert scaled["content_loss"] != plain["content_loss"]
    assert {"sizes_sharpness", "sizes_halos"} <= set(scaled)


def test_refuses_what_can_not_be_measured():
    with pytest.raises(ConfigError, match="only a stylizer"):
        evaluate_pairs(baselines.copy, PHOTOS, PAINTINGS, features="thin", strengths=(0, 1))
    with pytest.raises(ConfigError, match="size"):
        evaluate_pairs(baselines.copy, PHOTOS, PAINTINGS, size=32, features="thin")
    with pytest.raises(ConfigError, match="at least one"):
        evaluate_pairs(baselines.copy, [], PAINTINGS, features="thin")
    with pytest.raises(ConfigError, match="out of range"):
        evaluate_pairs(baselines.copy, PHOTOS, PAINTINGS, pairs=[(2, 0)], features="thin")
    with pytest.raises(ConfigError, match="keep the size"):
        evaluate_pairs(
            lambda c, s: Image.new("RGB", (64, 64)), PHOTOS, PAINTINGS, size=64, features="thin"
        )


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="'banana' can't be used here"):
        evaluate_pairs(baselines.copy, PHOTOS, PAINTINGS, features="thin", device="banana")


def test_losses_are_measured_on_the_device():
    """No number can be read back from the device "meta", which computes shapes only."""
    with devices_of_feature_networks() as seen, pytest.raises(DataError):
        evaluate_pairs(
            baselines.copy, PHOTOS[:1], PAINTINGS[:1], size=64, features="thin", device="meta"
        )
    assert seen == {"meta"}


def test_a_pair_that_fails_costs_itself_alone(tmp_path):
    cut = tmp_path / "cut.png"
    PHOTOS[0].save(cut)
    cut.write_bytes(cut.read_bytes()[:600])
    small = [to_pil(resize(read(p).pixels, short_side=64)) for p in (PHOTOS[1], PAINTINGS[1])]
    seen = []

    def fragile(content, style):
        if [content, style] == small:
            raise RuntimeError("no luck\nthis time")
        return content

    report = evaluate_pairs(
        fragile,
        [PHOTOS[0], str(cut), PHOTOS[1]],
        [str(cut), *PAINTINGS],
        size=64,
        features="thin",
        stability=False,
        on_result=lambda i, j, _: seen.append((i, j)),
    )
    assert sorted(seen) == [(0, 1), (0, 2), (0, 3), (2, 1), (2, 3)]
    assert sorted((r["content"], r["style"]) for r in report.records) == [
        (str(i), str(j)) for i, j in sorted(seen)
    ]
    assert sorted(what for what, _ in report.failures) == ["2 in 2", "cut.png", "cut.png"]
    assert dict(report.failures)["2 in 2"] == "RuntimeError: no luck this time"
    assert report.settings["pairs"] == 5
    # What is left is measured as if the others had never been there.
    alone = evaluate_pairs(
        fragile,
        PHOTOS,
        PAINTINGS,
        pairs=[({"0": 0, "2": 1}[r["content"]], int(r["style"]) - 1) for r in report.records],
        size=64,
        features="thin",
        stability=False,
    )
    for found, wanted in zip(report.records, alone.records, strict=True):
        assert found["style_loss"] == pytest.approx(wanted["style_loss"])
        assert (found["rank"], found["top1"]) == (wanted["rank"], wanted["top1"])


def test_measures_that_are_no_numbers_and_nothing_left():
    def broken(content, style):
        raise MemoryError("full")

    with pytest.raises(DataError, match="no pair could be measured.*MemoryError: full"):
        evaluate_pairs(broken, PHOTOS, PAINTINGS, size=64, features="thin")
    with pytest.raises(DataError, match=r"no painting can be read; the first, nowhere\.png"):
        evaluate_pairs(baselines.copy, PHOTOS, ["nowhere.png"], size=64, features="thin")
