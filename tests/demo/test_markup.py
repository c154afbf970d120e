from __future__ import annotations

from html.parser import HTMLParser

import pytest

from stylemix.demo import markup


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


EVIL = "a \"b\" 'c' <img src=x onerror=alert(1)> (<urlopen error>)"


@pytest.mark.parametrize(
    "text", [markup.said(EVIL), markup.refused(EVIL), markup.working(EVIL, 0.5)]
)
def test_messages_are_words_and_nothing_is_swallowed(text):
    seen = Seen(text)
    assert seen.words == EVIL
    assert seen.all("img") == []


def test_problems_are_announced_and_progress_is_not():
    assert Seen(markup.refused("x")).all("p")[0]["role"] == "alert"
    assert Seen(markup.said("x")).all("p")[0]["role"] == "status"
    assert "role" not in Seen(markup.working("x", 0.1)).all("p")[0]


@pytest.mark.parametrize("share, style", [(0.25, "width:25%"), (None, None)])
def test_the_bar_is_as_long_as_the_work_is_done(share, style):
    seen = Seen(markup.working("x", share))
    assert seen.all("i")[0].get("style") == style
    assert ("sm-moving" in seen.all("div")[0]["class"]) == (share is None)


def test_only_one_picture_of_a_row_is_reached_by_the_tabulator_key():
    row = markup.strip([("a b.webp", "One", ""), ("c.webp", EVIL, "d.webp")], "Examples")
    seen = Seen(row)
    buttons = seen.all("button")
    assert [b["tabindex"] for b in buttons] == ["0", "-1"]
    assert [b["aria-label"] for b in buttons] == ["One", EVIL]
    sources = [i["src"] for i in seen.all("img")]
    assert sources == [f"gradio_api/file={name}.webp" for name in ("a%20b", "c", "d")]
    assert markup.strip([], "none") == ""


def test_the_comparison_has_the_picture_s_proportions():
    seen = Seen(markup.comparison("b.webp", "a.webp", (300, 200), EVIL))
    assert "--ratio:1.50000" in seen.all("figure")[0]["style"]
    assert [i["alt"] for i in seen.all("img")] == [EVIL, "The photograph"]
    assert seen.all("input")[0]["value"] == str(markup.DIVIDER)


@pytest.mark.parametrize("count, columns", [(3, 3), (4, 2), (5, 5)])
def test_a_sheet_s_pictures_are_buttons(count, columns):
    seen = Seen(markup.sheet([(f"{n}.webp", f"Number {n}") for n in range(count)]))
    assert [b["data-index"] for b in seen.all("button")] == [str(n) for n in range(count)]
    assert f"--columns:{columns}" in seen.all("div")[0]["style"]
    assert "Number 1" in seen.words


def test_a_player_has_the_browser_s_controls_a_name_and_a_poster():
    seen = Seen(markup.player("/a b/v#1.mp4", "/p.webp", (160, 120), EVIL))
    (video,) = seen.all("video")
    assert "controls" in video and "playsinline" in video
    assert video["src"] == "gradio_api/file=/a%20b/v%231.mp4"
    assert video["poster"] == "gradio_api/file=/p.webp"
    assert video["aria-label"] == EVIL
    assert "--ratio:1.33333" in seen.all("figure")[0]["style"]


def test_a_picture_alone_has_no_divider():
    seen = Seen(markup.still("/a.webp", (30, 40), EVIL))
    assert [i["alt"] for i in seen.all("img")] == [EVIL]
    assert seen.all("input") == [] and seen.all("span") == []
