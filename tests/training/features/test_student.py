from __future__ import annotations

import torch
from helpers import picture
from safetensors.torch import save_file

from stylemix.backbones import BLOCK_ENDS, DistilledVGG
from stylemix.training.features.student import Student


def test_a_written_student_has_the_same_distances(tmp_path):
    torch.manual_seed(0)
    student = Student((2, 3, 4, 5))
    save_file({k: v.contiguous() for k, v in student.tensors().items()}, tmp_path / "s.safetensors")
    net = DistilledVGG.load(tmp_path / "s.safetensors")
    a, b = picture(1, 24, 32), picture(2, 24, 32)
    with torch.no_grad():
        for layer in BLOCK_ENDS:
            want = (student(a)[layer] - student(b)[layer]).square().sum()
            found = (net(a)[layer] - net(b)[layer]).square().sum()
            torch.testing.assert_close(found, want, rtol=1e-3, atol=1e-5)
            assert student(a)[layer].shape[1] in (64, 128, 256, 512)
