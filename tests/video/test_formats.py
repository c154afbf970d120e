from __future__ import annotations

from pathlib import Path

import pytest

from stylemix.errors import ConfigError, VideoError
from stylemix.video.formats import CODECS, FORMATS, choose_codec


@pytest.mark.parametrize(
    "name, codec, crf, container, standard, quality",
    [
        ("a.mp4", None, None, "mp4", "h264", 18),
        ("a.MOV", "prores", None, "mov", "prores", None),
        ("a.webm", None, 40, "webm", "vp9", 40),
        ("a.mkv", "av1", None, "matroska", "av1", 28),
        ("a.gif", None, None, "gif", "gif", None),
    ],
)
def test_the_ending_decides(name, codec, crf, container, standard, quality):
    found = choose_codec(Path(name), codec, crf)
    assert (found[0], found[1].standard, found[2]) == (container, standard, quality)


@pytest.mark.parametrize(
    "name, codec, crf, error, message",
    [
        ("a.txt", None, None, VideoError, "ends in .txt, which isn't written: use one of .mp4"),
        ("a.webm", "h264", None, ConfigError, ".webm files hold vp9 or av1, not 'h264'"),
        ("a.mp4", None, 52, ConfigError, "from 0 .best. to 51 for h264, got 52"),
        ("a.mp4", None, True, ConfigError, "whole number"),
        ("a.gif", None, 20, ConfigError, "gif has no crf"),
    ],
)
def test_what_does_not_fit_is_refused(name, codec, crf, error, message):
    with pytest.raises(error, match=message):
        choose_codec(Path(name), codec, crf)


def test_every_format_names_codecs_that_are_known():
    assert {c for _, names in FORMATS.values() for c in names} == set(CODECS)
