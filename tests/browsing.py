"""A real Chromium, and what a user does with the demo's page in it."""

from __future__ import annotations

import io
import os
import shutil

import numpy as np
from PIL import Image

CHROMIUM = os.environ.get("STYLEMIX_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE = 120_000
"""Milliseconds that an answer may take where many processes share a processor."""
AFTER = '#result img[src*="after.webp"]'
"""The finished picture."""
QUICK = '#result img[src*="quick.webp"]'
"""The small one that follows the strength."""


def pixels(page, which: str = "after") -> np.ndarray:
    source = page.locator(f'#result img[src*="{which}.webp"]').first.get_attribute("src")
    data = page.request.get(page.url.split("?")[0] + source).body()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def paint(page, press: str = "#go") -> np.ndarray:
    """Press the button; give the new result."""
    # In one step: a quick preview may take the picture's place meanwhile.
    old = page.evaluate("p => document.querySelector(p)?.getAttribute('src') ?? ''", AFTER)
    page.click(press)
    new_picture(page, old)
    page.wait_for_function("!document.querySelector('#go').disabled")
    return pixels(page)


def new_picture(page, old: str, where: str = AFTER) -> None:
    """Wait until another picture than the old one is shown."""
    page.wait_for_function(
        """([where, old]) => { const image = document.querySelector(where);
                               return image && image.getAttribute('src') !== old }""",
        arg=[where, old],
    )


def upload(page, where: str, file: str) -> None:
    """Replace the picture in a slot by a file, as a user does."""
    remove = page.locator(f'{where} button[aria-label="Remove Image"]')
    if remove.count():
        remove.click()
    page.set_input_files(f"{where} input[type=file]", file)
    page.wait_for_selector(f'{where} img[src*="file="]')  # the upload is done


def set_number(page, where: str, value: float) -> None:
    box = page.locator(f"{where} input[type=number]")
    box.fill(str(value))
    box.press("Tab")


def choose(page, where: str, label: str) -> None:
    page.click(f"{where} input")
    page.click(f'[role=option][aria-label="{label}"]')


def refine(page, steps: int) -> None:
    page.click(f"#refine label:has(input[value='{steps}'])")


def line(page) -> str:
    return page.locator("#line p").inner_text()


def wait_for_line(page, pattern: str, where: str = "#line p") -> str:
    """Wait until the line below the result matches."""
    # Its text at that moment: the next one may stand there before it is asked for again.
    found = page.wait_for_function(
        """([where, p]) => { const line = document.querySelector(where);
                             return line && new RegExp(p).test(line.innerText)
                                    && line.innerText }""",
        arg=[where, pattern],
    )
    return found.json_value()
