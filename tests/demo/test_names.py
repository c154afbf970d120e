from __future__ import annotations

from stylemix.checkpoint.catalogue import models
from stylemix.demo.names import COMPARED, USUAL, label, model_choices


def test_every_embedded_model_has_a_name_of_its_own():
    known = [info.name for info in models() if info.kind in ("embedded", "method")]
    named = {**USUAL, **COMPARED}
    assert set(known) <= set(named)
    assert len(set(named.values())) == len(named)
    assert not set(USUAL) & set(COMPARED)


def test_models_of_the_user_keep_their_names_and_are_never_hidden():
    names = ["mine", "owner/name", "film", "concat"]
    assert model_choices(names) == [
        ("mine", "mine"),
        ("owner/name", "owner/name"),
        ("Any painting", "film"),
    ]
    assert [name for _, name in model_choices(names, compared=True)] == names
    assert label("concat") == "Concatenation"
