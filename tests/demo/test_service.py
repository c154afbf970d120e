"""The API endpoint of a real server, called as users' programs call it."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from PIL import Image

import stylemix
from stylemix.demo.regions import COLORS

gradio_client = pytest.importorskip("gradio_client", reason="pip install 'stylemix[demo]'")

ARGUMENTS = {
    "photo": "content",
    "painting_1": "style",
    "painting_2": "style",
    "painting_3": "style",
    "painting_4": "style",
    "weight_1": "weights",
    "weight_2": "weights",
    "weight_3": "weights",
    "weight_4": "weights",
    "strength": "strength",
    "preserve_color": "preserve_color",
    "regions": "masks",
    "size": "size",
    "tile": "tile",
    "model": "model",
    "refine": "refine",
    "refine_features": "refine_features",
    "palette": "palette",
    "scale": "scale",
    "runtime": "runtime",
}
"""Each control and the argument of :func:`stylemix.stylize` that it sets."""


@pytest.fixture(scope="module")
def client(server):
    made = gradio_client.Client(server.url, verbose=False, httpx_kwargs={"timeout": 240})
    yield made
    made.close()


@pytest.fixture(scope="module")
def base(files):
    """Four paintings, so that every weight counts; sizes of their own, so that nothing is fast."""
    paintings = {
        f"painting_{k}": gradio_client.handle_file(p) for k, p in enumerate(files.paintings, 1)
    }
    return {"photo": gradio_client.handle_file(files.photo), **paintings, "size": "original"}


@pytest.fixture(scope="module")
def region_file(tmp_path_factory):
    """Red left, blue right, green below, a hole in the middle."""
    pixels = np.zeros((36, 48, 4), np.uint8)
    for slot, part in ((0, np.s_[:24, :20]), (1, np.s_[:24, 28:]), (3, np.s_[28:, :])):
        pixels[part] = [*(int(COLORS[slot][i : i + 2], 16) for i in (1, 3, 5)), 178]
    path = tmp_path_factory.mktemp("regions") / "regions.png"
    Image.fromarray(pixels).save(path)
    return str(path)


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), np.int32)


def assert_near(got: np.ndarray, wanted: np.ndarray) -> None:
    """Another number of threads may round another way, which an optimisation amplifies."""
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).mean() < 0.2


def ask(client, **arguments):
    """Call the endpoint; give the result's pixels and the line about it."""
    png, _, line = client.predict(api_name="/stylize", **arguments)
    return pixels(png), line


@pytest.fixture(scope="module")
def reference(client, base):
    return ask(client, **base)[0]


def test_the_endpoint_has_exactly_these_parameters(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/stylize"]
    assert [p["parameter_name"] for p in endpoints["/stylize"]["parameters"]] == list(ARGUMENTS)


def test_controls_cover_the_arguments_of_stylize():
    arguments = set(inspect.signature(stylemix.stylize).parameters)
    # The server chooses where to compute and listens to progress.
    assert set(ARGUMENTS.values()) == arguments - {"device", "progress"}


def test_two_pictures_are_enough(client, files, base):
    got, line = ask(client, photo=base["photo"], painting_1=base["painting_1"])
    wanted = stylemix.stylize(files.photo, files.paintings[0], model=files.models[0], size=1024)
    assert np.abs(got - np.asarray(wanted, np.int32)).max() <= 1
    assert line.startswith("1024 × 768 pixels · tiny · ")


CHANGES = {
    "photo": ({}, {}),  # both depend on files; filled in below
    **{f"painting_{k}": ({}, {}) for k in range(1, 5)},
    **{
        f"weight_{k}": (
            {f"weight_{k}": 2.0},
            {"weights": [2.0 if j == k else 1.0 for j in range(1, 5)]},
        )
        for k in range(1, 5)
    },
    "strength": ({"strength": 0.4}, {"strength": 0.4}),
    "preserve_color": ({"preserve_color": True}, {"preserve_color": True}),
    "regions": ({}, {}),
    "size": ({"size": "384"}, {"size": 384}),
    "model": ({"model": "other"}, {}),
    "refine": ({"refine": 3}, {"refine": 3}),
    "palette": ({}, {}),
}


@pytest.mark.parametrize("control", CHANGES)
def test_every_control_changes_pixels_as_its_argument_does(
    client, files, base, reference, region_file, control
):
    asked, called = ({**part} for part in CHANGES[control])
    content, style, model = files.photo, list(files.paintings), files.models[0]
    if control == "photo":
        content = files.other_photo
        asked["photo"] = gradio_client.handle_file(content)
    elif control.startswith("painting"):
        slot = int(control[-1]) - 1
        del style[slot]
        asked[control] = None
    elif control == "regions":
        asked["regions"] = {
            "background": None,
            "composite": None,
            "layers": [gradio_client.handle_file(region_file)],
        }
        owner = np.asarray(Image.open(region_file))
        called["masks"] = [
            Image.fromarray(
                np.where((owner[..., 0] == int(c[1:3], 16)) & (owner[..., 3] > 0), 255, 0).astype(
                    np.uint8
                )
            )
            for c in COLORS
        ]
    elif control == "model":
        model = files.models[1]
    elif control == "palette":
        asked["palette"] = gradio_client.handle_file(files.other_photo)
        called["palette"] = files.other_photo
    got, _ = ask(client, **{**base, **asked})
    wanted = np.asarray(stylemix.stylize(content, style, model=model, **called), np.int32)
    if control == "refine":
        assert_near(got, wanted)
    else:
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() <= 1
    if got.shape == reference.shape:
        assert np.abs(got - reference).mean() > 0.5
    else:
        assert control == "size"


def test_a_method_takes_the_place_of_a_model(client, files, base, reference):
    got, line = ask(client, **{**base, "model": "gatys", "refine": 5})
    wanted = stylemix.stylize(files.photo, list(files.paintings), model="gatys", refine=5)
    assert_near(got, np.asarray(wanted, np.int32))
    assert np.abs(got - reference).mean() > 0.5
    assert " · gatys · 5 steps · " in line


def test_a_model_with_a_style_of_its_own_asks_for_no_painting(client, files):
    photo = gradio_client.handle_file(files.photo)
    made, line = ask(client, photo=photo, size="original", model="johnson-swirling-night")
    assert_near(
        made,
        np.asarray(
            stylemix.stylize(files.photo, model="johnson-swirling-night", device="cpu"), np.int32
        ),
    )
    assert "johnson-swirling-night" in line
    with pytest.raises(Exception, match="no painting yet"):
        ask(client, photo=photo, size="original")
    with pytest.raises(Exception, match="painting itself"):
        ask(client, photo=photo, size="original", model="johnson-swirling-night", refine=5)


def test_the_feature_network_is_the_one_that_was_chosen(client, files, base, monkeypatch):
    monkeypatch.setenv("STYLEMIX_VGG16", files.vgg16)
    made = {}
    for name in ("thin", "vgg16"):
        made[name], _ = ask(client, **base, refine=2, refine_features=name)
        assert_near(
            made[name],
            np.asarray(
                stylemix.stylize(
                    files.photo,
                    list(files.paintings),
                    model=files.models[0],
                    refine=2,
                    refine_features=name,
                ),
                np.int32,
            ),
        )
    assert np.abs(made["thin"] - made["vgg16"]).mean() > 0.5


def test_the_photograph_stays_where_nothing_is_painted(client, files, base, region_file):
    regions = {
        "background": None,
        "layers": [gradio_client.handle_file(region_file)],
        "composite": None,
    }
    got, _ = ask(client, **base, regions=regions)
    hole = np.s_[6:40, 46:50]
    assert np.abs(got[hole] - pixels(files.photo)[hole]).max() <= 1


def test_tiles_change_the_work_but_not_the_picture(client, base):
    """The one control that must not change pixels: it shows in the number of tiles."""
    whole, line = ask(client, **{**base, "size": "768", "tile": "never"})
    tiled, tiled_line = ask(client, **{**base, "size": "768", "tile": "256"})
    assert np.abs(whole - tiled).max() <= 1
    assert line.count(" · ") == 2  # one pass is nothing to count
    count, unit = tiled_line.split(" · ")[2].split()
    assert int(count) >= 9
    assert unit == "tiles"


def test_strength_zero_is_the_photograph(client, files, base):
    got, _ = ask(client, **base, strength=0)
    np.testing.assert_array_equal(got, pixels(files.photo))


def test_before_and_after_are_equal_in_size(client, base):
    _, (before, after), _ = client.predict(api_name="/stylize", **base)
    assert Image.open(before).size == Image.open(after).size == (96, 72)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"photo": None}, "no photograph"),
        ({"weight_1": 0, "weight_2": 0, "weight_3": 0, "weight_4": 0}, "all weights are 0"),
        ({"strength": 9}, "between 0 and 2.0"),
        ({"size": "7"}, "size must be one of"),
        ({"tile": "7"}, "tile must be one of"),
        ({"refine": 101}, "refine must be a number between 0 and 100"),
        ({"refine": 2.5}, "whole number of steps"),
        ({"refine": 1, "refine_features": "resnet"}, "refine_features must be one of thin, vgg16"),
        ({"size": "2048", "refine": 100}, "100 steps on 3.1 megapixels would take too long"),
        ({"size": "2048", "model": "gatys"}, "200 steps on 3.1 megapixels would take too long"),
        ({"model": "/etc"}, "no model is named"),
        ({"model": "owner/name"}, "no model is named"),
    ],
)
def test_errors_say_what_to_do(client, base, changes, words):
    with pytest.raises(Exception, match=f"(?i){words}"):
        client.predict(api_name="/stylize", **{**base, **changes})


def test_a_palette_that_is_no_picture_is_named_without_its_path(client, base, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    with pytest.raises(Exception, match="The palette's painting is no picture") as caught:
        client.predict(
            api_name="/stylize", **{**base, "palette": gradio_client.handle_file(str(bad))}
        )
    assert "/tmp" not in str(caught.value)


def test_a_file_that_is_no_picture_is_named_without_its_path(client, base, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    with pytest.raises(Exception, match="Painting 2 is no picture") as caught:
        client.predict(
            api_name="/stylize", **{**base, "painting_2": gradio_client.handle_file(str(bad))}
        )
    assert "/tmp" not in str(caught.value)


def test_a_job_can_be_cancelled_while_it_runs(client, base, files, tmp_path):
    big = tmp_path / "big.png"
    Image.effect_noise((2000, 2000), 60).convert("RGB").save(big)
    job = client.submit(
        api_name="/stylize", **{**base, "photo": gradio_client.handle_file(str(big)), "tile": "256"}
    )
    while not job.status().progress_data and not job.done():
        pass
    assert not job.done()
    job.cancel()
    got, _ = ask(client, **base)  # the worker is free again
    assert got.shape == (72, 96, 3)
    with pytest.raises(Exception):  # noqa: B017 - the client's own choice of error
        job.result(timeout=60)
