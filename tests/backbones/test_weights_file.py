from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import CheckpointError, WeightsError


def test_both_kinds_of_file_hold_the_same(tmp_path):
    tensors = {"a": torch.rand(2, 3), "b.c": torch.rand(4)}
    save_file(tensors, tmp_path / "w.safetensors")
    torch.save({**tensors, "epoch": 3}, tmp_path / "w.pth")
    for name in ("w.safetensors", "w.pth"):
        found = load_weights(tmp_path / name)
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
        load_weights(tmp_path / "w.pth")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def explain(problem: str) -> CheckpointError:
    return CheckpointError(f"f: {problem}!")


def test_what_fits_is_taken_in_the_networks_types():
    net = network()
    full = {k: torch.rand(v.shape).half() for k, v in net.state_dict().items()}
    del full["1.num_batches_tracked"]
    fill(net, full, explain)
    assert all(torch.equal(net.state_dict()[k], v.float()) for k, v in full.items())
    assert {p.dtype for p in net.parameters()} == {torch.float32}


def test_more_tensors_only_where_they_are_allowed():
    net = network()
    full = {k: torch.rand(v.shape) for k, v in net.state_dict().items()}
    more = {**full, "more.weight": torch.rand(1)}
    with pytest.raises(CheckpointError, match=r"^f: it has an unexpected more\.weight!$"):
        fill(net, more, explain)
    fill(net, more, explain, extra=True)
    assert torch.equal(net.state_dict()["0.weight"], full["0.weight"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"0.bias": None, "1.bias": None}, r"^f: it lacks 0\.bias, and 1 more such problems!$"),
        ({"0.bias": torch.rand(5)}, r"^f: 0\.bias is \[5\] in it, not \[3\]!$"),
        ({"0.bias": torch.full((3,), torch.nan)}, r"^f: 0\.bias holds values that are not finite"),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(change, said):
    net = network()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    full = {k: torch.rand(v.shape) for k, v in before.items()}
    found = {k: v for k, v in {**full, **change}.items() if v is not None}
    with pytest.raises(CheckpointError, match=said):
        fill(net, found, explain, extra=True)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
