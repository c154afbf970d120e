from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset_cases import body, contents, difference, image, make_tree, opened
from dataset_setup import prepared

import stylemix
from stylemix.dataset import engine as module
from stylemix.dataset.engine import Engine, Stopped
from stylemix.dataset.state import done, records
from stylemix.dataset.storage import STATE
from stylemix.errors import DataError, MemoryLimitError


def results(setup, units, **options):
    """Do some units, and give the pictures and the records."""
    engine = Engine(setup, **options)
    for unit in units:
        engine.stylize(unit)
    found = contents(Path(setup.out.root))
    pictures = {n: b for n, b in found.items() if not n.startswith(STATE)}
    lines = b"".join(found[n] for n in sorted(found) if n.startswith(f"{STATE}/records"))
    return pictures, [json.loads(line) for line in lines.splitlines()]


def test_results_are_those_of_stylize(tree, paintings, tmp_path, model):
    setup, units = prepared(
        tree, paintings, tmp_path / "out", model, strength=(0.3, 1), paintings_per_image=2
    )
    pictures, lines = results(setup, units)
    assert [line["source"] for line in lines] == ["cat/a", "cat/b", "dog/a", "dog/c.v2", "dog/d"]
    sources = contents(tree)
    for line in lines:
        photo = opened(next(b for n, b in sources.items() if n.startswith(line["source"] + ".")
                            and not n.endswith("txt")))  # fmt: skip
        assert len(line["paintings"]) == 2 and 0.3 <= line["strength"] <= 1
        expected = stylemix.stylize(
            photo,
            [str(paintings / name) for name in line["paintings"]],
            model=model,
            strength=line["strength"],
            runtime="torch",
        )
        assert difference(opened(pictures[line["file"]]), expected) == 0
        assert line["model_sha256"] == setup.model.sha256
    assert len({line["strength"] for line in lines}) == 5


@pytest.mark.parametrize("batch", [2, 16])
def test_batches_make_the_same_pictures(tree, paintings, tmp_path, model, batch):
    options = {"strength": (0.3, 1), "per_image": 3, "keep_original": 0.2}
    alone = results(*prepared(tree, paintings, tmp_path / "1", model, **options))
    setup, units = prepared(tree, paintings, tmp_path / "n", model, batch=batch, **options)
    together = results(setup, units)
    assert together[1] == alone[1]
    assert len(together[1]) == 15
    for name, content in together[0].items():
        if name.endswith("png"):
            assert difference(opened(content), opened(alone[0][name])) < 0.05


def test_originals_are_resized_and_cropped_only(tree, paintings, tmp_path, model):
    setup, units = prepared(
        tree, paintings, tmp_path / "out", model, keep_original=1, size=24, crop=16
    )
    pictures, lines = results(setup, units)
    assert all(line["paintings"] == [] and line["strength"] == 0 for line in lines)
    shrunk = stylemix.images.to_pil(
        stylemix.images.resize(stylemix.images.read(image(4)).pixels, short_side=24)
    ).crop((4, 4, 20, 20))
    assert difference(opened(pictures["dog/d.png"]), shrunk) == 0


def test_transparency_stays(paintings, tmp_path, model):
    clear = image(3).copy()
    clear.putalpha(image(5).convert("L"))
    (tmp_path / "in").mkdir()
    clear.save(tmp_path / "in/a.png")
    pictures, _ = results(*prepared(tmp_path / "in", paintings, tmp_path / "out", model))
    found = opened(pictures["a.png"])
    assert found.mode == "RGBA"
    assert found.getchannel("A").tobytes() == clear.getchannel("A").tobytes()
    assert difference(found, clear) > 3


def test_failures_are_listed_and_the_others_made(tree, paintings, tmp_path, model):
    make_tree(tree, {"cat/0.png": b"", "dog/e.jpg": body(1, 64, 64, "JPEG")[:-300]})
    setup, units = prepared(tree, paintings, tmp_path / "out", model, per_image=2)
    drawn = []
    pictures, lines = results(setup, units, report=drawn.append)
    (record,) = records(setup.out, units)
    assert record["results"] == 10 == len(lines)
    assert [f["name"] for f in record["failures"]] == ["cat/0", "dog/e"]
    assert record["failures"][0]["reason"].startswith("it is empty")
    assert "damaged or cut short" in record["failures"][1]["reason"]
    assert not [n for n in pictures if "/0" in n or "/e" in n]
    assert sum(drawn) == 14


def test_what_the_format_cannot_hold_is_a_failure(paintings, tmp_path, model):
    make_tree(tmp_path / "in", {"a.png": body(0, 2, 16400), "b.png": body(1)})
    setup, units = prepared(
        tmp_path / "in", paintings, tmp_path / "out", model, format="webp", keep_original=1
    )
    results(setup, units)
    (record,) = records(setup.out, units)
    assert [f["name"] for f in record["failures"]] == ["a"] and record["results"] == 1


def test_fail_fast(tree, paintings, tmp_path, model):
    make_tree(tree, {"cat/0.png": b""})
    setup, units = prepared(tree, paintings, tmp_path / "out", model)
    with pytest.raises(DataError, match="cat/0: it is empty"):
        results(setup, units, fail_fast=True)
    assert done(setup.out) == set()
    results(setup, units)
    assert done(setup.out) == {0}


def test_stopping_leaves_the_unit(tree, paintings, tmp_path, model):
    setup, units = prepared(tree, paintings, tmp_path / "out", model)
    drawn = []
    with pytest.raises(Stopped):
        results(setup, units, report=drawn.append, stopped=lambda: len(drawn) == 2)
    assert done(setup.out) == set()
    assert len(drawn) == 2


def test_a_full_memory_says_what_to_do(tree, paintings, tmp_path, model, monkeypatch):
    setup, units = prepared(tree, paintings, tmp_path / "out", model)

    def full(*arguments):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(module, "draw_batch", full)
    with pytest.raises(MemoryLimitError, match="fewer workers, a smaller size or a smaller batch"):
        results(setup, units)


def test_what_waits_is_bounded(paintings, tmp_path, model, monkeypatch):
    """However many samples a unit has, only a few are decoded or wait to be encoded."""
    make_tree(tmp_path / "in", {f"{i:02d}.png": body(i, 8, 8) for i in range(60)})
    setup, units = prepared(tmp_path / "in", paintings, tmp_path / "out", model, most=60)
    decoded, encoded, most = [], [], []
    decode, encode = module.decode, module.encode

    def note(counter, function):
        def noted(*arguments):
            result = function(*arguments)
            counter.append(1)
            most.append(len(decoded) - len(encoded))
            return result

        return noted

    monkeypatch.setattr(module, "decode", note(decoded, decode))
    monkeypatch.setattr(module, "encode", note(encoded, encode))
    results(setup, units)
    assert len(decoded) == len(encoded) == 60
    assert max(most) <= 2 * module.AHEAD + module.DECODERS + 3
