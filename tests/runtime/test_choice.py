from __future__ import annotations

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.runtime import RUNTIMES, check_runtime
from stylemix.runtime.library import missing


def test_known_runtimes_are_returned():
    if missing():
        pytest.skip("OpenVINO is missing")
    assert [check_runtime(name) for name in RUNTIMES] == list(RUNTIMES)


def test_an_unknown_one_is_refused_with_the_known_names():
    with pytest.raises(ConfigError, match="auto, torch, openvino, openvino-int8, got 'onnx'"):
        check_runtime("onnx")


def test_openvino_by_name_needs_the_cpu():
    check_runtime("auto", torch.device("meta"))
    with pytest.raises(ConfigError, match='device="cpu"'):
        check_runtime("openvino", torch.device("meta"))
