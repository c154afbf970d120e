from __future__ import annotations

import pytest
import torch
from pretraining_cases import strokes, write_paintings

from stylemix.encoders import ThinEncoder
from stylemix.training.encoder.gallery import choose, embeddings
from stylemix.training.encoder.held_out import held_out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = write_paintings(tmp_path_factory.mktemp("gallery"), each=6)
    for number in range(6, 10):
        strokes("dots", number).save(folder / "dots" / f"{number}.png")
    return folder


def test_the_largest_styles_and_an_even_choice(folder):
    found = choose([str(folder)], 32, styles=2, per_style=3)
    assert found.styles == ("across", "dots")
    assert found.names == [
        "across/0.png",
        "across/2.png",
        "across/4.png",
        "dots/0.png",
        "dots/3.png",
        "dots/6.png",
    ]
    assert found.labels == [0, 0, 0, 1, 1, 1]
    assert all(min(p.shape[1:]) == 32 for p in found.pictures)


def test_only_those_held_out(folder):
    whole = choose([str(folder)], 32, styles=9, per_style=99)
    assert len(whole.names) == 22
    found = choose([str(folder)], 32, styles=9, per_style=99, share=0.3)
    out = held_out(whole.names, whole.labels, 0.3)
    assert found.names == [n for n, o in zip(whole.names, out, strict=True) if o]
    assert [found.labels.count(i) for i in range(3)] == [2, 3, 2]


def test_embeddings_are_the_encoder_s_and_leave_it_alone(folder):
    torch.manual_seed(0)
    encoder = ThinEncoder(dim=4, hidden=8)
    encoder.initialize()
    pictures = choose([str(folder)], 32, styles=9, per_style=99).pictures
    found = embeddings(encoder, pictures, torch.device("cpu"))
    with torch.no_grad():
        wanted = encoder(torch.stack(pictures[:5]).float() / 255)["embedding"]
    torch.testing.assert_close(found[:5], wanted)
    assert found.shape == (22, 4)
    calibrated = embeddings(encoder, pictures, torch.device("cpu"), calibrated=False)
    assert not torch.allclose(calibrated, found)
    assert encoder.typical_mean.abs().max() == 0
