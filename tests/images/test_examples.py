"""The example pictures are found, where the package lies in its repository."""

from __future__ import annotations

import pytest

from stylemix.errors import PictureError
from stylemix.images import example_pictures, examples, examples_folder, read


def test_photographs_and_paintings():
    found = example_pictures()
    assert {"temple", "cat"} <= {f.stem for f in found if f.parent.name == "photos"}
    assert {"swirling-night"} <= {f.stem for f in found if f.parent.name == "paintings"}
    assert [f.parent.name for f in found] == sorted((f.parent.name for f in found), reverse=True)
    assert all(read(f).pixels.shape[0] == 3 for f in found[:1] + found[-1:])


def test_an_installation_without_them_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "_PACKAGE", tmp_path / "site-packages" / "stylemix")
    with pytest.raises(PictureError, match="wheel"):
        examples_folder()
