"""The commands and programs in docs/datasets.md."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import torch
from dataset_cases import image
from PIL import Image

from stylemix.cli.dataset import dataset

GUIDE = (Path(__file__).parents[2] / "docs/datasets.md").read_text("utf-8")


def commands() -> list[list[str]]:
    text = "\n".join(re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)).replace("\\\n", "")
    return [shlex.split(line)[2:] for line in text.splitlines() if line.startswith("stylemix data")]


@pytest.mark.parametrize("arguments", commands(), ids=lambda a: a[0])
def test_commands_are_understood(arguments):
    context = dataset.make_context("dataset", list(arguments))
    assert context.params["source"] == arguments[0]
    assert context.params["size"] == 256 and context.params["crop"] == 224


def test_every_option_that_is_named_exists():
    known = {option for p in dataset.params for option in p.opts}
    named = set(re.findall(r"`(--[a-z-]+)", GUIDE))
    assert named and named <= known


def test_the_transform(paintings, tmp_path, monkeypatch):
    (program,) = (b for b in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "v2" in b)
    monkeypatch.chdir(tmp_path)
    Path("paintings").symlink_to(paintings)
    names: dict[str, object] = {}
    exec(program, names)
    transform = names["transform"]
    assert callable(transform)
    found = transform(image(1, 60, 80).resize((320, 240), Image.Resampling.BILINEAR))
    assert found.shape == (3, 224, 224) and found.dtype == torch.float32
    assert 0 <= found.min() < found.max() <= 1
