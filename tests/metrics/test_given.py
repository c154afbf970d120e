from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from stylemix.errors import WeightsError
from stylemix.metrics.given import fill, tensors_of


def test_both_kinds_of_file_hold_the_same(tmp_path):
    tensors = {"a": torch.rand(2, 3), "b.c": torch.rand(4)}
    save_file(tensors, tmp_path / "w.safetensors")
    torch.save({**tensors, "epoch": 3}, tmp_path / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        found = tensors_of(tmp_path / name)
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[k], v) for k, v in tensors.items())


class Evil:
    def __reduce__(self):
        return (eval, ("1 / 0",))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.write_bytes(b"nothing of the kind"),
        lambda path: path.write_bytes(b""),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save({"a": Evil()}, path),
    ],
)
def test_other_files_are_one_error(tmp_path, make):
    make(tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"w\.pth"):
        tensors_of(tmp_path / "w.pth")


def test_fill_takes_what_fits_and_names_what_does_not():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    full = {k: torch.rand(v.shape) for k, v in net.state_dict().items()}
    del full["1.num_batches_tracked"]
    fill(net, {**full, "more": torch.rand(1)}, "f", "a net")
    assert all(torch.equal(net.state_dict()[k], v) for k, v in full.items())
    with pytest.raises(WeightsError, match=r"lacks 0\.bias and 1 more"):
        fill(net, {k: v for k, v in full.items() if not k.endswith("bias")}, "f", "a net")
    with pytest.raises(WeightsError, match=r"0\.bias is \[5\] in it, not \[3\]"):
        fill(net, {**full, "0.bias": torch.rand(5)}, "f", "a net")
