"""The runtimes by name, and whether one can be had here."""

from __future__ import annotations

import torch

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.runtime.library import missing
from stylemix.runtime.quantizing import check_quantizing

RUNTIMES = ("auto", "torch", "openvino", "openvino-int8")
"""``"auto"`` takes OpenVINO on a CPU where it is installed, and PyTorch elsewhere. With
``"openvino-int8"`` convolutions work in eight bits: faster, and a little different."""


def check_runtime(runtime: str, device: torch.device | None = None) -> str:
    """Return the name of a runtime that can be had.

    Args:
        runtime: one of :data:`RUNTIMES`.
        device: where the model is; None leaves that open.

    Raises:
        ConfigError: there is no such runtime, or OpenVINO is asked for by name and isn't there or
            the model isn't on the CPU.
    """
    if runtime not in RUNTIMES:
        raise ConfigError(f"runtime must be one of {', '.join(RUNTIMES)}, got {runtime!r}")
    if runtime.startswith("openvino"):
        if device is not None and device.type != "cpu":
            raise ConfigError(
                f'runtime="{runtime}" draws on the CPU and the model is on {str(device)!r}; give '
                'device="cpu", or runtime="torch"'
            )
        if reason := missing():
            raise ConfigError(f'{reason}; {install_line("fast")}, or take runtime="torch"')
    if runtime == "openvino-int8":
        check_quantizing()
    return runtime
