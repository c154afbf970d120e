"""The files of the Space agree with each other and with the package."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest
import yaml

import stylemix
from stylemix.demo.limits import FEATURE_COST, Limits
from stylemix.demo.regions import COLORS
from stylemix.plugins.installing import PUBLISHED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
README = (ROOT / "demo" / "README.md").read_text("utf-8")
FRONT = yaml.safe_load(README.split("---")[1])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins() -> dict[str, str]:
    lines = (ROOT / "demo" / "requirements.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_the_front_matter_is_what_a_gradio_space_needs():
    assert FRONT["sdk"] == "gradio"
    assert (ROOT / "demo" / FRONT["app_file"]).is_file()
    assert len(FRONT["short_description"]) <= 60  # the Hub's limit
    assert FRONT["license"] == PROJECT["license"].lower()
    assert {FRONT["colorFrom"], FRONT["colorTo"]} <= {
        "red",
        "yellow",
        "green",
        "blue",
        "indigo",
        "purple",
        "pink",
        "gray",
    }


def test_pins_agree():
    found = pins()
    heic = found.pop("pillow-heif")  # phones send HEIC
    own = {"stylemix": PROJECT["version"]} if PUBLISHED else {}
    for requirement in PROJECT["optional-dependencies"]["video"]:
        name, least = requirement.split(">=")
        assert numbers(found.pop(name)) >= numbers(least)
    assert found == {**own, "gradio": FRONT["sdk_version"]}
    (least,) = PROJECT["optional-dependencies"]["heic"]
    assert least == f"pillow-heif>={heic.split('.')[0]}.0"


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_the_pinned_gradio_is_recent_enough_for_the_extra():
    pattern = r"gradio>=([\d.]+)"
    floor = next(
        re.match(pattern, r).group(1)
        for r in PROJECT["optional-dependencies"]["demo"]
        if re.match(pattern, r)
    )
    assert numbers(FRONT["sdk_version"]) >= numbers(floor)


def test_the_python_version_is_supported():
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    assert int(low) <= int(FRONT["python_version"].split(".")[1]) < int(high)


@pytest.mark.parametrize("color", COLORS)
def test_the_regions_colours_are_documented(color):
    assert f"`{color}`" in README


def test_the_limits_are_documented():
    limits = Limits()
    assert f"{limits.max_file_bytes // 2**20} MB" in README
    assert f"{limits.max_pixels // 10**6} megapixels (`--max-megapixels`)" in README
    assert f"{limits.max_stored // 10**6} megapixels as JPEG" in README
    assert f"{limits.max_decoded // 10**6} megapixels in other formats" in README
    assert f"queue of {limits.queue}" in README
    assert f"{limits.max_work // 10**6} million pixels times steps" in README
    assert f"{FEATURE_COST['vgg16']} times" in README
    assert f"{limits.max_clip_seconds} seconds" in README
    assert f"{limits.max_clip_pixels // 10**6} megapixels a frame" in README
    assert f"{limits.max_clip_work // 10**6} million pixels times frames" in README
    assert f"{limits.cache_bytes // 2**30} GB, one hour" in README
    assert limits.cache_seconds == 3600


def test_every_control_is_in_the_table():
    table = README.split("## Controls")[1].split("\n## ")[0]
    arguments = set(inspect.signature(stylemix.stylize).parameters) - {"device", "progress"}
    assert {name for name in arguments if f"| `{name}` |" in table} == arguments
