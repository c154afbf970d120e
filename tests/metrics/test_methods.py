from __future__ import annotations

import numpy as np
from helpers import picture, tiny_model

from stylemix import checkpoint
from stylemix.images import to_pil
from stylemix.metrics.methods import stylizer_method
from stylemix.stylizers import Options


def test_equals_the_stylizer_and_encodes_each_painting_once():
    model = tiny_model()
    photos = [to_pil(picture(i, 32, 40)[0]) for i in (1, 2)]
    paintings = [to_pil(picture(i)[0]) for i in (3, 4)]
    encoded = []
    model.encoder.register_forward_hook(lambda *_: encoded.append(1))
    method = stylizer_method(model, Options(strength=0.7))
    found = {(i, j): method(photos[i], paintings[j]) for i in range(2) for j in range(2)}
    seen = len(encoded)
    [method(photos[0], p) for p in paintings]
    # Below strength 1 each photograph is encoded as its own style; the paintings never again.
    assert len(encoded) - seen == (seen - 2) // 2
    for (i, j), result in found.items():
        wanted = model.stylize(photos[i], paintings[j], strength=0.7)
        assert np.array_equal(np.asarray(result), np.asarray(wanted))


def test_facts_count_parameters_and_bytes(tmp_path):
    model = tiny_model()
    checkpoint.save(model, tmp_path)
    facts = stylizer_method(model, folder=tmp_path).facts
    assert facts["parameters"] == sum(p.numel() for p in model.parameters())
    assert facts["file_bytes"] == (tmp_path / "model.safetensors").stat().st_size
    assert "file_bytes" not in stylizer_method(model).facts
