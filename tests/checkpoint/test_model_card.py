from __future__ import annotations

import re
from pathlib import Path
from unittest import mock

import pytest
from helpers import picture, tiny_model
from huggingface_hub import ModelCard
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

import stylemix
from stylemix import checkpoint
from stylemix.checkpoint.catalogue import EMBEDDED
from stylemix.checkpoint.model_card import card_text, needs_painting, picture_names, shown_pictures
from stylemix.errors import PictureError
from stylemix.images import to_pil


def front_matter(config, name="tiny"):
    """Read a card as the Hub's own client does."""
    return ModelCard(card_text(name, config), ignore_metadata_errors=False).data


def draw(path: Path, **options) -> Path:
    to_pil(picture(3, 8, 12)[0]).save(path, **options)
    return path


def shown_call(text):
    """Run the card's example with what it calls recorded."""
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with mock.patch.object(stylemix, "stylize") as stylize:
        exec(code, {})
    return stylize.call_args


@pytest.mark.parametrize(
    "config, given",
    [
        (tiny_model().config, ["photo.jpg", "painting.jpg"]),
        ({"stylizer": "gatys"}, ["photo.jpg", "painting.jpg"]),
        ({}, ["photo.jpg", "painting.jpg"]),
        (
            {
                "injections": [{"name": "film"}],
                "encoder": {"name": "table", "styles": ['a "b"', "c"]},
            },
            ["photo.jpg", 'a "b"'],
        ),
        ({"injections": [], "encoder": {"name": "none"}}, ["photo.jpg"]),
    ],
)
def test_the_example_gives_what_the_model_takes(config, given):
    call = shown_call(card_text("tiny", config))
    assert [*call.args] == given
    assert call.kwargs == {"model": "path/to/this/folder"}
    assert needs_painting(config) == (len(given) == 2)


@pytest.mark.parametrize("name", [f.parent.name for f in EMBEDDED.glob("*/config.json")])
def test_cards_that_ship_with_stylemix_give_what_their_models_take(name):
    model = checkpoint.load(EMBEDDED / name)
    assert needs_painting(model.config) == model.needs_style
    call = shown_call((EMBEDDED / name / "README.md").read_text("utf-8"))
    assert len(call.args) == (2 if model.needs_style else 1)


def test_the_front_matter_says_library_task_and_tags():
    data = front_matter({})
    assert data.to_dict() == {
        "library_name": "stylemix",
        "pipeline_tag": "image-to-image",
        "tags": ["style-transfer", "stylemix"],
    }


@pytest.mark.parametrize(
    "licence, licence_id, name",
    [
        ("Apache-2.0", "apache-2.0", None),
        ("CC0-1.0", "cc0-1.0", None),
        ("MIT", "mit", None),
        ("CC BY 4.0", "cc-by-4.0", None),
        ("My Licence, v2", "other", "my-licence-v2"),
        ("", None, None),
        (None, None, None),
        ({"code": "MIT"}, None, None),
    ],
)
def test_the_licence_is_one_that_the_hub_knows_or_other(licence, licence_id, name):
    data = front_matter({"licence": licence})
    assert data.license == licence_id
    assert data.license_name == name


def test_metrics_become_a_model_index():
    data = front_matter(
        {
            "metrics": {
                "Style loss": 0.5,
                "passed": True,
                "broken": float("nan"),
                "by": {"deep": {"er": 1}},
                "Our 40 pairs": {"ArtFID": 31.25, "n": 40, "note": "text"},
            }
        },
        name="my: model",
    )
    assert data.model_name == "my: model"
    found = {
        (r.dataset_name, r.metric_name, r.metric_type): r.metric_value for r in data.eval_results
    }
    assert found == {
        ("The authors' test pictures", "Style loss", "style-loss"): 0.5,
        ("Our 40 pairs", "ArtFID", "artfid"): 31.25,
        ("Our 40 pairs", "n", "n"): 40,
    }
    assert {r.task_type for r in data.eval_results} == {"image-to-image"}
    index = data.to_dict()["model-index"]
    assert [r["dataset"]["type"] for r in index[0]["results"]] == [
        "the-authors-test-pictures",
        "our-40-pairs",
    ]


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@given(name=words, description=words, licence=words, metric=words, value=st.floats(-9, 9))
@example(name="x", description="x", licence="x", metric="\xa0", value=0.0)
@example(name="x", description="x", licence="x", metric="two\u2003words\xa0", value=0.0)
def test_any_text_gives_a_card_that_the_hub_can_read(name, description, licence, metric, value):
    data = front_matter(
        {"description": description, "licence": licence, "metrics": {metric: value}}, name=name
    )
    assert data.library_name == "stylemix"
    assert data.model_name == name
    shown = " ".join(metric.split()) or "unnamed"
    assert [(r.metric_name, r.metric_value) for r in data.eval_results] == [(shown, value)]


# Pictures.


def test_pictures_are_copied_beside_the_card_that_shows_them(tmp_path):
    files = {
        "A [first] one": draw(tmp_path / "o ne.png"),
        "two": draw(tmp_path / "a.jpeg"),
        "three": draw(tmp_path / "b.webp"),
    }
    folder = checkpoint.save(tiny_model(), tmp_path / "model", pictures=files)
    text = (folder / "README.md").read_text("utf-8")
    names = ["picture-1.png", "picture-2.jpg", "picture-3.webp"]
    assert shown_pictures(text) == names
    assert [(folder / n).read_bytes() for n in names] == [f.read_bytes() for f in files.values()]
    assert "*A [first] one*" in text
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [*names, "README.md", "config.json", "model.safetensors"]
    )
    # Saved again from its own folder, in another order.
    again = {"two": folder / names[1], "one": folder / names[0]}
    want = [f.read_bytes() for f in again.values()]
    checkpoint.save(tiny_model(), folder, pictures=again)
    got = shown_pictures((folder / "README.md").read_text("utf-8"))
    assert [(folder / n).read_bytes() for n in got] == want


def test_the_ending_is_that_of_the_content(tmp_path):
    file = draw(tmp_path / "wrong.png", format="JPEG")
    assert picture_names({"c": file}) == [("picture-1.jpg", "c", file)]


def test_a_picture_that_cannot_be_shown_writes_nothing(tmp_path):
    cut = tmp_path / "cut.png"
    cut.write_bytes(draw(tmp_path / "whole.png").read_bytes()[:60])
    Image.new("RGB", (4, 4)).save(tmp_path / "old.bmp")
    for name, said in (("none.png", "none.png"), ("cut.png", "can't be read"), ("old.bmp", "BMP")):
        with pytest.raises(PictureError, match=said):
            checkpoint.save(tiny_model(), tmp_path / "new", pictures={"c": tmp_path / name})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "text, shown",
    [
        ("![a](b.png) and ![](c/d.jpg 'title') and ![a](b.png)", ["b.png", "c/d.jpg"]),
        ("[a link](b.png)", []),
        ("![a](https://example.org/b.png) ![b](data:image/png;base64,AA) ![c](//host/d.png)", []),
        ('<img width="9" src="e.png"> <IMG SRC=\'f.png\' />', ["e.png", "f.png"]),
        ("![a](<g.png>)", ["g.png"]),
    ],
)
def test_which_pictures_a_card_shows(text, shown):
    assert shown_pictures(text) == shown
