from __future__ import annotations

from helpers import tiny_model

from stylemix import checkpoint
from stylemix.checkpoint.plugin_models import register_folder


def test_checkpoints_are_registered_by_their_folders_names_in_order(tmp_path):
    for name in ("wash", "ink"):
        checkpoint.save(tiny_model(), tmp_path / "models" / name)
    (tmp_path / "models" / "empty").mkdir()
    (tmp_path / "models" / "notes.txt").write_text("no model")
    found = []
    register_folder(lambda name, folder: found.append((name, folder)), tmp_path / "models")
    assert found == [(n, tmp_path / "models" / n) for n in ("ink", "wash")]
    for _, folder in found:
        assert checkpoint.load(folder).config == tiny_model().config


def test_a_plugin_without_models_has_none(tmp_path):
    found = []
    register_folder(lambda name, folder: found.append(name), tmp_path / "models")
    assert found == []
