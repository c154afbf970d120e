"""Clients of a hub, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import stylemix

SOURCE = Path(stylemix.__file__).parents[1]

# huggingface_hub reads its settings on import, so each client is a process.

CLIENT = """
import dataclasses, json, sys, warnings
import stylemix
from stylemix.checkpoint import catalogue, push
from stylemix.errors import StylemixError
def load(*arguments, **options):
    return type(stylemix.load(*arguments, **options)).__name__
def models():
    return [dataclasses.asdict(info) for info in catalogue.models()]
CALLS = {"resolve": lambda *a: str(catalogue.resolve(*a)), "load": load, "models": models,
         "push": push,
         "push_loaded": lambda model, *a: push(stylemix.load(model), *a)}
out, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    call, arguments, options = json.loads(line)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = ["", CALLS[call](*arguments, **options)]
        except StylemixError as problem:
            answer = [type(problem).__name__, str(problem)]
    said = [str(w.message) for w in caught if w.category is RuntimeWarning]
    print(json.dumps([*answer, said]), file=out, flush=True)
"""


class Client:
    """A process that calls stylemix against a hub.

    Args:
        url: of the hub.
        cache: folder of the client's files.
        log: file for what it writes on its standard error.
        more: further environment variables.
    """

    def __init__(self, url: str, cache: Path, log: Path, **more: str) -> None:
        self.log = log
        self.said: list[str] = []
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", CLIENT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=environment(url, cache) | more,
            )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=60)

    def __call__(self, call: str, *arguments: Any, **options: Any) -> tuple[str, Any]:
        """Call a function; give the error's class or "", and its text or the result."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([call, arguments, options]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.log.read_text("utf-8", errors="replace")
        error, answer, self.said = json.loads(line)
        return error, answer


def environment(url: str, cache: Path) -> dict[str, str]:
    """Give the environment of a client of the hub at ``url``."""
    others = {
        k: v for k, v in os.environ.items() if not k.startswith("HF_") and k != "STYLEMIX_CATALOGUE"
    }
    path = os.pathsep.join(p for p in (os.environ.get("PYTHONPATH", ""), str(SOURCE)) if p)
    return {
        **others,
        "PYTHONPATH": path,
        "HF_ENDPOINT": url,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "OMP_NUM_THREADS": "1",
    }
