from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")

import stylemix
from stylemix.demo.examples import Example, prepare
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.showcase import Showcase
from stylemix.demo.uploads import Uploads


@pytest.fixture
def service(files, tmp_path):
    (tmp_path / "cache").mkdir()
    folders = (tmp_path / "cache", tmp_path / "shown")
    made = Service({"tiny": files.models[0]}, Limits(), Uploads(*folders), folders[0])
    yield made
    made.jobs.close()


def test_pairs_are_painted_and_the_time_is_learned(service, files, tmp_path):
    pairs = prepare(Path(files.examples), tmp_path / "shown").pairs
    showcase = Showcase(service, pairs, tmp_path / "shown" / "finished")
    entry = asyncio.run(showcase.get(1))
    showcase.close()
    photo, painting = pairs[1]
    wanted = stylemix.stylize(photo.picture, painting.picture, model=files.models[0], size=768)
    found = np.asarray(Image.open(entry.png), int)
    assert np.abs(found - np.asarray(wanted, int)).max() <= 1
    assert (entry.width, entry.height) == wanted.size
    assert Path(entry.png).is_relative_to(tmp_path / "shown")
    assert Path(entry.png).name == "photos-2-paintings-11.png"
    order, model = service.read(_asked(service, photo, painting))
    assert service.estimates.seconds(service.work(order, model)) > 0


def test_one_that_fails_is_none_and_the_others_go_on(service, files, tmp_path):
    good = prepare(Path(files.examples), tmp_path / "shown").pairs[0]
    bad = Example(str(tmp_path / "shown" / "missing.png"), "", "Missing")
    showcase = Showcase(service, [(bad, good[1]), good], tmp_path / "shown" / "finished")
    assert asyncio.run(showcase.get(0)) is None
    assert asyncio.run(showcase.get(1)) is not None
    showcase.close()


def test_an_optimization_paints_no_examples(service, files, tmp_path):
    pairs = prepare(Path(files.examples), tmp_path / "shown").pairs
    service.models = {"gatys": "gatys"}
    showcase = Showcase(service, pairs, tmp_path / "shown" / "finished")
    assert showcase.pairs == ()
    showcase.close()
    service.models = {"gatys": "gatys", "tiny": files.models[0]}
    showcase = Showcase(service, pairs, tmp_path / "shown" / "finished")
    assert " · tiny" in asyncio.run(showcase.get(0)).line
    showcase.close()


def test_closing_ends_the_waiting(service, files, tmp_path):
    showcase = Showcase(service, [], tmp_path / "shown" / "finished")
    showcase.close()
    assert asyncio.run(showcase.get(0)) is None


def _asked(service, photo, painting):
    from stylemix.demo.controls import CONTROLS

    given = {
        "photo": {"path": photo.picture},
        "painting_1": {"path": painting.picture},
        "size": "768",
        "model": "tiny",
    }
    return [given.get(name, control.default) for name, control in CONTROLS.items()]
