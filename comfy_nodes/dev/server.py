"""A ComfyUI server of our own, in a temporary folder, from somebody's checkout."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from PIL import Image

PACK = Path(__file__).resolve().parent.parent
"""This node pack."""

_START_SECONDS = 600.0


class PromptError(RuntimeError):
    """ComfyUI refused a prompt, or a node failed; the message is ComfyUI's."""


class CancelledError(RuntimeError):
    """ComfyUI reports that the prompt was cancelled."""


class ComfyServer:
    """Runs a checkout's server with this pack; a context manager.

    Models, inputs, outputs, settings and the copy of this pack lie in a temporary folder
    (``--base-directory``), Python writes no byte code, and the database stays in memory: the
    checkout is left as it was.

    Args:
        checkout: a ComfyUI checkout.
        python: the interpreter that has ComfyUI's requirements and stylemix.
        arguments: more command line arguments, such as ``["--cpu"]``.
    """

    def __init__(
        self,
        checkout: str | os.PathLike[str],
        python: str = sys.executable,
        arguments: Sequence[str] = ("--cpu",),
    ) -> None:
        self.checkout = Path(checkout).resolve()
        if not (self.checkout / "main.py").is_file():
            raise FileNotFoundError(f"{self.checkout} is no ComfyUI checkout: it holds no main.py")
        self.python = python
        self.arguments = list(arguments)
        self.base = Path(tempfile.mkdtemp(prefix="stylemix-comfy-"))
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._process: subprocess.Popen[bytes] | None = None
        # A proxy from the environment must not see requests to this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for name in ("custom_nodes", "models/stylemix", "input", "output", "temp", "user"):
            (self.base / name).mkdir(parents=True)
        shutil.copytree(
            PACK,
            self.base / "custom_nodes" / "stylemix",
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    @property
    def inputs(self) -> Path:
        """ComfyUI's input folder."""
        return self.base / "input"

    @property
    def models(self) -> Path:
        """The folder for checkpoint folders."""
        return self.base / "models" / "stylemix"

    def __enter__(self) -> ComfyServer:
        """Start the server and wait until it answers."""
        source = PACK.parent / "src"
        path = [str(source)] if source.is_dir() else []
        path += [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (self.base / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self.python,
                    str(self.checkout / "main.py"),
                    *self.arguments,
                    "--listen",
                    "127.0.0.1",
                    "--port",
                    self.url.rpartition(":")[2],
                    "--base-directory",
                    str(self.base),
                    "--database-url",
                    "sqlite:///:memory:",
                    "--disable-auto-launch",
                    "--disable-api-nodes",
                ],
                cwd=self.base,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server and remove the temporary folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def log(self) -> str:
        """Return the server's output so far."""
        return (self.base / "server.log").read_text("utf-8", "replace")

    def get(self, route: str) -> bytes:
        """Fetch a route."""
        with self._opener.open(self.url + route, timeout=60) as answer:
            return bytes(answer.read())

    def get_json(self, route: str) -> Any:
        """Fetch a route and parse its JSON."""
        return json.loads(self.get(route))

    def post(self, route: str, body: Any) -> Any:
        """Post JSON to a route; gives the parsed answer, or None for an empty one."""
        request = urllib.request.Request(
            self.url + route, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def queue(self, prompt: dict[str, Any]) -> str:
        """Queue a prompt and give its id.

        Raises:
            PromptError: ComfyUI refuses it.
        """
        try:
            return str(self.post("/prompt", {"prompt": prompt})["prompt_id"])
        except urllib.error.HTTPError as problem:
            raise PromptError(problem.read().decode("utf-8", "replace")) from None

    def wait(self, prompt_id: str, seconds: float = 1800) -> dict[str, Any]:
        """Wait for a prompt and give its outputs by node id.

        Raises:
            PromptError: a node failed; the message names it.
            CancelledError: it was cancelled.
            TimeoutError: it isn't done in time.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            history = self.get_json(f"/history/{prompt_id}")
            if prompt_id in history:
                for kind, facts in history[prompt_id]["status"]["messages"]:
                    if kind == "execution_error":
                        raise PromptError(f"{facts['node_type']}: {facts['exception_message']}")
                    if kind == "execution_interrupted":
                        raise CancelledError(f"at {facts['node_type']}")
                return dict(history[prompt_id]["outputs"])
            time.sleep(0.2)
        raise TimeoutError(
            f"the prompt isn't done after {seconds} s; the server's log ends:\n"
            + self.log()[-2000:]
        )

    def run(self, prompt: dict[str, Any]) -> list[Image.Image]:
        """Run a prompt and give the still pictures that its output nodes made, in order."""
        outputs = self.wait(self.queue(prompt))
        return [
            self._picture(found)
            for node in sorted(outputs, key=int)
            for found in outputs[node].get("images", ())
            if found["filename"].endswith(".png")
        ]

    def _picture(self, found: dict[str, str]) -> Image.Image:
        query = urllib.parse.urlencode(found)
        return Image.open(io.BytesIO(self.get(f"/view?{query}")))

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(
                    "ComfyUI ended at its start; its output ends:\n" + self.log()[-4000:]
                )
            try:
                self.get("/system_stats")
                return
            except OSError:
                time.sleep(0.5)
        raise TimeoutError("ComfyUI doesn't answer; its output ends:\n" + self.log()[-4000:])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
