"""Options that commands share."""

from __future__ import annotations

import dataclasses

import click
import pytest

from stylemix.cli.options import Numbers, check_masks, drawing_options
from stylemix.cli.stylize import stylize
from stylemix.cli.video import video
from stylemix.stylizers import Options


def test_every_option_of_the_library_is_one_of_the_commands():
    fields = {f.name for f in dataclasses.fields(Options)}

    @click.command()
    @drawing_options("photograph", masks="a picture")
    def draw(**asked):
        """Draw."""

    assert {p.name for p in draw.params} == fields
    for command in (stylize, video):
        assert fields <= {p.name for p in command.params}


@pytest.mark.parametrize("command", [stylize, video], ids=lambda c: c.name)
def test_defaults_are_those_of_the_library(command):
    given = command.make_context("x", ["a.png", "b.png", "-o", "c.png"]).params
    for field in dataclasses.fields(Options):
        assert (given[field.name] or field.default) == field.default, field.name


@pytest.mark.parametrize(
    ("text", "numbers"), [("1,2.5", (1.0, 2.5)), ("3", (3.0,)), ("1e-3,0", (0.001, 0.0))]
)
def test_numbers(text, numbers):
    assert Numbers().convert(text, None, None) == numbers


def test_numbers_refuses_words():
    with pytest.raises(click.BadParameter, match="commas"):
        Numbers().convert("1;2", None, None)


@pytest.mark.parametrize("masks", [None, (), ("a.png", "b.png")])
def test_masks_none_or_one_for_each_style(masks):
    check_masks(masks, 2)


def test_masks_of_another_number_are_refused():
    with pytest.raises(click.UsageError, match=r"2 style\(s\) need as many --mask options"):
        check_masks(("a.png",), 2)
