from __future__ import annotations

import json

import pytest
from dataset_cases import make_parquet, walked

from stylemix.dataset.sample import Output, Piece, Sample, Unit
from stylemix.dataset.sources.parquet import Parquet
from stylemix.dataset.storage import Local
from stylemix.dataset.targets.parquet import ParquetTarget

pa = pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs PyArrow")

RECORD = {
    "source": "s", "copy": 0, "paintings": ["x.png", "y.png"], "strength": 0.5, "seed": 2**40,
    "model": "film", "model_sha256": "ab", "runtime": "torch",
}  # fmt: skip


def output(sample, copy=0):
    return Output(sample, copy, f"P{copy}".encode(), ".jpg", {**RECORD, "copy": copy})


def written(tmp_path, outputs, group="train", **options):
    settings = {"copies": 1, "classes": (), "column": "image", "endings": (), "described": False}
    target = ParquetTarget(Local(str(tmp_path)), **{**settings, **options})
    names = target.write(Unit(0, 1, 3, Piece(group, len(outputs), None)), outputs)
    return names, pq.read_table(tmp_path / names[0])


def test_rows_keep_their_columns_and_types(tmp_path):
    source = Parquet(Local(str(make_parquet(tmp_path / "in/train-0.parquet", 5).parent)))
    scan = source.scan(walked(source.storage), 9)
    samples = list(source.read(scan.pieces[0]))
    outputs = [output(s, c) for s in samples if s.name[-1] != "2" for c in (0, 1)]
    names, table = written(tmp_path, outputs, group="data/train", copies=2)
    assert names == ["data/train-00001-of-00003.parquet"]
    before = pq.read_table(tmp_path / "in/train-0.parquet")
    for name in ("species", "caption", "taken"):
        assert table.schema.field(name).type == before.schema.field(name).type
        values = before.column(name).to_pylist()
        assert table.column(name).to_pylist() == [values[i] for i in (0, 1, 3, 4) for _ in (0, 1)]
    pictures = table.column("image").to_pylist()
    assert pictures[:2] == [
        {"bytes": b"P0", "path": "000000-0.jpg"}, {"bytes": b"P1", "path": "000000-1.jpg"}
    ]  # fmt: skip
    assert table.column("stylemix")[3].as_py() == {**RECORD, "copy": 1}
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["species"]["names"] == ["cat", "dog/wolf"]
    assert set(features) == set(table.column_names)


def test_files_become_columns(tmp_path):
    samples = [
        Sample("cat/a", None, label="cat", files={"txt": "é".encode(), "npy": b"\x00"}),
        Sample("dog/b", None, label="dog", facts={"n": 1}),
        Sample("c", None),
    ]
    options = {"classes": ("cat", "dog"), "endings": ("npy", "txt"), "described": True}
    _, table = written(tmp_path, [output(s) for s in samples], group="", **options)
    assert table.column_names == ["image", "label", "name", "npy", "txt", "metadata", "stylemix"]
    assert table.column("label").to_pylist() == [0, 1, None]
    assert table.column("txt").to_pylist() == ["é", None, None]
    assert table.column("npy").to_pylist() == [b"\x00", None, None]
    assert table.column("metadata").to_pylist() == [None, '{"n": 1}', None]
    assert table.column("name").to_pylist() == ["cat/a", "dog/b", "c"]
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["label"] == {"names": ["cat", "dog"], "_type": "ClassLabel"}
    assert set(features) == set(table.column_names)


def test_the_columns_of_all_files_are_the_same(tmp_path):
    options = {"endings": ("txt",), "classes": ("cat",)}
    one = written(tmp_path, [output(Sample("a", None))], **options)[1]
    full = Sample("b", None, label="cat", files={"txt": b"t"})
    other = written(tmp_path, [output(full)], **options)[1]
    assert one.schema.equals(other.schema, check_metadata=True)


def test_a_unit_without_results_has_no_file(tmp_path):
    target = ParquetTarget(Local(str(tmp_path)), 1, (), "image", (), False)
    assert target.write(Unit(0, 0, 1, Piece("", 1, None)), []) == []
    assert list(tmp_path.iterdir()) == []


def test_datasets_reads_it(tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs Hugging Face's datasets")
    from dataset_cases import body

    result = Output(Sample("a", None, label="cat"), 0, body(0), ".png", RECORD)
    names, _ = written(tmp_path, [result], classes=("cat",))
    found = datasets.load_dataset("parquet", data_files=str(tmp_path / names[0]),
                                  cache_dir=str(tmp_path / "cache"))["train"]  # fmt: skip
    assert found[0]["image"].size == (32, 32)
    assert found.features["label"].names == ["cat"]
    assert found[0]["stylemix"]["paintings"] == ["x.png", "y.png"]
