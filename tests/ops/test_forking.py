"""Processes forked from one that has drawn, in processes of their own with several threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from runs import environment

from stylemix.runtime.library import missing

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PROGRAM = """
import json, multiprocessing, sys
import numpy as np
from PIL import Image
import stylemix
from stylemix.errors import StylemixError

photo = Image.linear_gradient("L").resize((256, 200))
painting = Image.radial_gradient("L")

def work(runtime):
    try:
        picture = stylemix.stylize(photo, painting, runtime=runtime, refine=2)
    except StylemixError as problem:
        return str(problem)
    return np.asarray(picture).astype(int).ravel()[::997].tolist()

if __name__ == "__main__":
    runtimes = sys.argv[1:]
    before = work("auto")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        try:
            answers = pool.map_async(work, runtimes).get(100)
        except multiprocessing.TimeoutError:
            answers = "they hang"
            pool.terminate()
    print(json.dumps([before, answers]))
"""


def answers(*runtimes: str) -> tuple[list[int], list[list[int] | str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *runtimes],
        env=environment(OMP_NUM_THREADS="2"),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    return before, after


def test_a_pool_that_is_forked_after_a_picture_draws_the_same():
    asked = ["auto", "torch"] if missing() else ["auto", "torch", "openvino"]
    before, after = answers(*asked)
    for found in after[:2]:
        assert isinstance(found, list), after
        assert max(abs(a - b) for a, b in zip(before, found, strict=True)) <= 6
    for said in after[2:]:
        assert "fork" in said and "spawn" in said and 'runtime="torch"' in said
