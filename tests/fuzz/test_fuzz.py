"""Damaged files of every kind raise a StylemixError or are read: nothing else, and soon.

Here are as many as take seconds; ``benchmarks/fuzz.py`` goes on for minutes, with limits of time
and memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fuzz_seeds as seeds
import pytest
from fuzz_targets import TARGETS, case, check, of
from runs import SOURCE, environment

CORPUS = Path(__file__).parent / "corpus"
"""What ever failed: ``<target>/<number>-<name of the good file>``."""

COUNTS = {"picture": 400, "mask": 100, "checkpoint": 120, "weights": 200, "configuration": 300}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("target", [target for target in COUNTS if target != "mask"])
def test_good_files_are_read_as_they_are(target: str, folder: Path) -> None:
    for name, data in of(target, folder).items():
        path = folder / f"good{Path(name).suffix}"
        path.write_bytes(data)
        # Other programs' formats aren't read, nor are values beyond [0, 1].
        if not name.startswith(("EPS", "SPIDER")):
            TARGETS[target](path, name)


def test_good_files_are_the_same_on_every_run(folder: Path) -> None:
    assert seeds.pictures() == of("picture", folder)


@pytest.mark.parametrize("target", COUNTS)
def test_damaged_files_raise_nothing_but_our_errors(target: str, folder: Path) -> None:
    for number in range(COUNTS[target]):
        name, data = case(target, number, folder)
        try:
            check(target, name, data, folder)
        except BaseException as problem:
            raise AssertionError(f"{target} {number}, made of {name}") from problem


HUB_FILES = 12
HUB = """
import sys
from pathlib import Path
import fuzz_hub
fuzz_hub.prepare()  # before the Hub's client is imported
from fuzz_targets import case, check
folder, corpus, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
files = [(f.name, f.name, f.read_bytes()) for f in sorted(corpus.iterdir())]
files += [(str(number), *case("hub", number, folder)) for number in range(count)]
for file, name, data in files:
    print(file, flush=True)
    check("hub", name, data, folder)
print("all")
"""


def test_damaged_answers_of_the_hub_raise_nothing_but_our_errors(folder: Path) -> None:
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", HUB, str(folder), str(CORPUS / "hub"), str(HUB_FILES)],
        env=environment(PYTHONPATH=os.pathsep.join([str(SOURCE), str(here), str(here.parent)])),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, (done.stdout.split()[-1:], done.stderr)
    assert done.stdout.split()[-1] == "all"


def _kept() -> list[Path]:
    found = (f for f in CORPUS.rglob("*") if f.is_file())
    return sorted(f for f in found if f.parent.name != "hub")


@pytest.mark.parametrize("path", _kept(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_ever_failed(path: Path, folder: Path) -> None:
    name = path.name.split("-", 1)[1].replace("__", "/")
    check(path.parent.name, name, path.read_bytes(), folder)
