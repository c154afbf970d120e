"""Real servers, pictures and tiny models for the demo's tests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from browsing import CHROMIUM
from browsing import PATIENCE as MILLISECONDS
from helpers import picture, tiny_model
from safetensors.torch import save_file

from stylemix.backbones import VGG16
from stylemix.checkpoint import save
from stylemix.images import to_pil

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds that a start or an answer may take where many processes share a processor."""


@dataclass(frozen=True)
class Files:
    """Pictures and models."""

    photo: str
    other_photo: str
    paintings: tuple[str, ...]
    models: tuple[str, str]
    examples: str
    vgg16: str


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Files:
    folder = tmp_path_factory.mktemp("files")
    paintings = []
    for seed in range(4):
        path = folder / f"painting{seed}.png"
        to_pil(picture(seed + 10, 40, 48)[0]).save(path)
        paintings.append(str(path))
    photos = []
    for seed in (1, 2):
        path = folder / f"photo{seed}.png"
        to_pil(picture(seed, 72, 96)[0]).save(path)
        photos.append(str(path))
    examples = folder / "examples"
    for kind, seeds in (("photos", (1, 2)), ("paintings", (10, 11, 12))):
        (examples / kind).mkdir(parents=True)
        for seed in seeds:
            to_pil(picture(seed, 120, 160)[0]).save(examples / kind / f"{kind}-{seed}.png")
    models = []
    for seed, name in enumerate(("tiny", "other")):
        model = tiny_model(seed=seed)
        with torch.no_grad():
            # Random weights tell paintings apart by a few grey levels only.
            for layer in model.encoder.perceptron:
                if isinstance(layer, torch.nn.Linear):
                    layer.weight.mul_(4)
        models.append(str(save(model, folder / name)))
    # Random weights of VGG-16's shape: the real ones are no part of the tests.
    torch.manual_seed(0)
    vgg16 = folder / "vgg16.safetensors"
    save_file(VGG16().state_dict(), vgg16)
    return Files(photos[0], photos[1], tuple(paintings), tuple(models), str(examples), str(vgg16))


@dataclass(frozen=True)
class Server:
    """A demo in a process of its own."""

    url: str
    process: subprocess.Popen


def start(files: Files, *options: str) -> Server:
    """Start ``python demo/app.py`` and wait until it listens."""
    pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")])
        ),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "STYLEMIX_VGG16": files.vgg16,
    }
    models = [part for model in files.models for part in ("--model", model)]
    process = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "demo" / "app.py"),
            *models,
            "--examples",
            files.examples,
            "--port",
            "0",
            *options,
        ],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    killer = threading.Timer(PATIENCE, process.kill)
    killer.start()
    seen = []
    for line in process.stdout:
        seen.append(line)
        if "stylemix demo at " in line:
            killer.cancel()
            # The pipe must be read on, or the server would block when it is full.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return Server(line.split("stylemix demo at ")[1].split()[0], process)
    killer.cancel()
    process.wait()
    pytest.fail("the demo didn't start:\n" + "".join(seen))


def stop(server: Server) -> None:
    """End the server as Ctrl-C does."""
    server.process.terminate()
    try:
        server.process.wait(30)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def server(files):
    running = start(files)
    yield running
    stop(running)


@pytest.fixture
def start_server(files):
    """Start further servers with options of their own."""
    started = []

    def begin(*options: str) -> Server:
        started.append(start(files, *options))
        return started[-1]

    yield begin
    for running in started:
        stop(running)


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory) -> Path:
    folder = os.environ.get("STYLEMIX_SCREENSHOTS")
    if folder is None:
        return tmp_path_factory.mktemp("screenshots")
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture(scope="module")
def chromium():
    """Give one browser to the tests of a module."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="the browser tests need: pip install playwright"
    )
    if CHROMIUM is None:
        pytest.skip("the browser tests need Chromium: apt-get install chromium")
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *camera]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """Open the page; give it once the first picture is shown."""
    pages = []

    def open_page(width: int = 1280, height: int = 900, url: str = server.url, **options):
        page = chromium.new_page(viewport={"width": width, "height": height}, **options)
        pages.append(page)
        page.set_default_timeout(MILLISECONDS)
        page.errors, page.hosts = [], set()
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                page.errors.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                page.hosts.add(request.url.split("/")[2])
                if request.url.startswith("http")
                else None
            ),
        )
        page.goto(url)
        page.wait_for_selector("#photo img")
        page.wait_for_selector("#image-1 img")
        page.wait_for_selector("#result .sm-after")
        return page

    yield open_page
    for page in pages:
        page.close()
