"""Many requests at once against a real server; ``demo/load_test.py`` does it at length."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

gradio_client = pytest.importorskip("gradio_client", reason="pip install 'stylemix[demo]'")


def ask(server, files, tile="automatic", photo=None) -> str:
    """Send one request as a user of its own; give the picture's digest or what went wrong."""
    client = gradio_client.Client(server.url, verbose=False, httpx_kwargs={"timeout": 240})
    try:
        png, _, _ = client.predict(
            photo=gradio_client.handle_file(photo or files.photo),
            painting_1=gradio_client.handle_file(files.paintings[0]),
            size="original",
            tile=tile,
            api_name="/stylize",
        )
        return hashlib.sha256(Path(png).read_bytes()).hexdigest()
    except Exception as problem:  # compared below
        return f"{type(problem).__name__}: {problem}"
    finally:
        client.close()


def test_twenty_at_once_all_get_their_picture(server, files):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(server, files), range(20)))
    assert len(set(answers)) == 1, answers
    assert len(answers[0]) == 64


def test_a_full_queue_refuses_and_recovers(start_server, files, tmp_path):
    """One works, two wait, the rest is told so at once; afterwards all is well."""
    slow = tmp_path / "slow.png"
    Image.effect_noise((1100, 1100), 60).convert("RGB").save(slow)
    server = start_server("--queue", "2")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: ask(server, files, "256", str(slow)), range(10)))
    done = [a for a in answers if len(a) == 64]
    refused = [a for a in answers if "full" in a.lower()]
    assert len(done) + len(refused) == 10, answers
    assert done
    assert refused
    assert len(ask(server, files)) == 64
