from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from helpers import devices_of_feature_networks, picture, tiny_config, tiny_model

from stylemix import checkpoint, load, metrics
from stylemix.checkpoint import catalogue
from stylemix.errors import Cancelled, ConfigError
from stylemix.images import to_float, to_pil
from stylemix.metrics.compare import compare, comparison_sheet, comparison_table
from stylemix.stylizers import build

PHOTO, PAINTING = to_pil(picture(1, 80, 120)[0]), to_pil(picture(2, 100, 90)[0])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    own = build({**tiny_config(), "encoder": {"name": "none"}, "injections": []})
    return [
        str(checkpoint.save(tiny_model(seed=3), root / "tiny")),
        str(checkpoint.save(own, root / "own")),
    ]


def test_figures_are_those_of_the_metrics(folders):
    first, tiny, own = compare(PHOTO, PAINTING, folders, size=96, features="thin")
    assert (tiny.name, own.name) == tuple(folders)
    assert tiny.picture.size == (96, 64)
    assert (own.own_style, tiny.own_style) == (True, False)
    assert first.content == 0
    from stylemix.backbones import feature_net

    def look(image):
        return metrics.describe(
            to_float(torch.from_numpy(np.array(image)).permute(2, 0, 1))[0], feature_net("thin")
        )

    small = [to_pil(torch.from_numpy(np.array(p)).permute(2, 0, 1)) for p in (first.picture,)]
    assert tiny.content == pytest.approx(
        float(metrics.content_loss(look(tiny.picture), look(small[0]))), rel=1e-4
    )
    assert 0 < tiny.style < 5
    assert tiny.style != own.style
    assert tiny.seconds > 0


def test_failures_are_entries_and_the_others_go_on(folders):
    found = compare(PHOTO, PAINTING, ["nothing", folders[0]], size=64, features="thin")
    assert "no model is named 'nothing'" in found[1].problem
    assert found[1].picture is None
    assert math.isnan(found[1].content)
    assert found[2].problem == ""
    sheet = comparison_sheet(PHOTO, PAINTING, found)
    assert sheet.width > 4 * 256
    table = comparison_table(found).splitlines()
    assert len(table) == 4
    assert "failed: no model is named" in table[2]
    assert f"{found[2].style:.3f}" in table[3]


def test_whatever_a_stranger_raises_is_one_line(folders, monkeypatch):
    from stylemix.stylizers import FeedForward

    def broken(*arguments, **options):
        raise RuntimeError("a\nsurprise")

    monkeypatch.setattr(FeedForward, "render", broken)
    (_, entry) = compare(PHOTO, PAINTING, folders[:1], size=64, features="thin")
    assert entry.problem == "RuntimeError: a surprise"


def test_all_that_are_here_are_compared_and_steps_reach_the_methods(folders, monkeypatch):
    monkeypatch.setattr(catalogue, "_embedded", lambda: {"tiny": catalogue.Path(folders[0])})
    seen = []
    found = compare(
        PHOTO,
        PAINTING,
        size=64,
        steps=2,
        features="thin",
        watch=lambda name, done, total: seen.append((name, done, total)),
    )
    assert found[1].name == "tiny"
    assert "gatys" in [f.name for f in found]
    assert ("gatys", 2, 2) in seen
    assert max(done for name, done, _ in seen if name == "gatys") == 2


def test_methods_take_their_own_number_of_steps_unless_told():
    seen = []

    def watch(name, done, total):
        seen.append((done, total))
        if done == 2:
            raise Cancelled("enough")

    compare(PHOTO, PAINTING, ["gatys"], size=64, features="thin", watch=watch)
    assert seen[-1] == (2, load("gatys", device="cpu").steps)


def test_cancelling_keeps_what_is_done(folders):
    def watch(name, done, total):
        if name == folders[1]:
            raise Cancelled("enough")

    found = compare(PHOTO, PAINTING, folders, size=64, features="thin", watch=watch)
    assert [f.name for f in found] == ["the photograph", folders[0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 10}, "size"),
        ({"steps": 0}, "steps"),
        ({"names": []}, "name at least one"),
        ({"features": "thick"}, "thin"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ConfigError, match=message):
        compare(PHOTO, PAINTING, **options)
    with pytest.raises(ConfigError, match="cell"):
        comparison_sheet(PHOTO, PAINTING, [], cell=10)


def test_losses_are_measured_on_the_device(folders):
    """No number can be read back from the device "meta", which computes shapes only."""
    with devices_of_feature_networks() as seen, pytest.raises((RuntimeError, NotImplementedError)):
        compare(PHOTO, PAINTING, folders[:1], size=64, features="thin", device="meta")
    assert seen == {"meta"}
