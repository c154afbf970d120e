from __future__ import annotations

import torch
from helpers import picture
from optimization_nets import tiny_net

from stylemix.backbones import BLOCK_ENDS
from stylemix.training.features.objective import feature_errors
from stylemix.training.features.start import least_squares, start_from, telling_channels
from stylemix.training.features.student import Student

IMAGES = torch.cat([picture(s, 32, 32) for s in range(12)])
WIDE = (6, 7, 8, 9)


def test_channels_that_others_hold_are_not_chosen():
    torch.manual_seed(0)
    a, b, c = torch.randn(3, 200)
    # 5 is the loudest; 3 and 4 are combinations of 0 and 5; 1 is faint but new.
    features = torch.stack([a, 0.3 * b, 0 * a, a + 3 * c, 2 * a, 5 * c])
    assert telling_channels(features, 3).tolist() == [5, 4, 1]


def test_least_squares_finds_an_affine_map():
    torch.manual_seed(0)
    x, weight, bias = torch.randn(300, 4), torch.randn(2, 4), torch.randn(2)
    found, constant = least_squares(x, x @ weight.T + bias)
    torch.testing.assert_close(found, weight, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(constant, bias, rtol=1e-2, atol=1e-2)


def errors(channels, start=True):
    teacher = tiny_net(WIDE)
    torch.manual_seed(1)
    student = Student(channels, WIDE)
    scales = {layer: 0.5 + i for i, layer in enumerate(BLOCK_ENDS)}
    if start:
        start_from(student, teacher, scales, IMAGES)
    with torch.no_grad():
        unseen = torch.cat([picture(50 + s, 32, 32) for s in range(4)])
        wanted = {layer: x * scales[layer] for layer, x in teacher(unseen, BLOCK_ENDS).items()}
        return [float(v) for v in feature_errors(student(unseen), wanted).values()]


def test_a_student_as_wide_as_its_teacher_equals_it():
    assert max(errors(WIDE)) < 0.02


def test_a_narrow_one_begins_far_better_than_at_random():
    narrow = errors((4, 5, 6, 7))
    assert narrow[0] < 0.3
    assert all(a < 0.7 * b for a, b in zip(narrow, errors((4, 5, 6, 7), start=False), strict=True))
