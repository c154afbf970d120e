"""OpenVINO: whether it is there, how it is imported, and what it is told."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import re
import sys
from typing import Any

import torch

OLDEST = (2025, 0)
"""The oldest release that is accepted; pyproject.toml says the same."""


@functools.cache
def missing() -> str | None:
    """Return why OpenVINO can't be used here, or None where it can; nothing is imported."""
    try:
        version = importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return "OpenVINO isn't installed"
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        return f"OpenVINO {version} is too old ({'.'.join(map(str, OLDEST))} or newer is needed)"
    return None


@functools.cache
def openvino() -> Any:
    """Return the module ``openvino``.

    Raises:
        ImportError: it is broken.
    """
    return import_quietly("openvino")


def import_quietly(name: str) -> Any:
    """Import a module of OpenVINO's makers.

    The import would report itself to their usage statistics unless the user has opted out; whoever
    stylizes a picture hasn't asked for that, so the reporter is left out. Where the module was
    imported before, this changes nothing.

    Raises:
        ImportError: it is missing or broken.
    """
    reporter = "openvino_telemetry"
    hidden = reporter not in sys.modules
    if hidden:
        sys.modules[reporter] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(name)
    finally:
        if hidden:
            del sys.modules[reporter]


@functools.cache
def core() -> Any:
    """Return the process's one ``openvino.Core``."""
    return openvino().Core()


def settings() -> dict[str, Any]:
    """Return what a model is compiled with.

    Float32 throughout, as in PyTorch: by itself OpenVINO takes bfloat16 where a CPU has it. As
    many threads as PyTorch has, which takes them from ``OMP_NUM_THREADS`` or
    ``torch.set_num_threads``. Threads aren't pinned to cores, since a second process would pin its
    own to the same ones.
    """
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }


def machine() -> str:
    """Return what a compiled graph depends on besides its model: the versions and the CPU."""
    found = core()
    return "|".join(
        [
            openvino().get_version(),
            str(found.get_property("CPU", "FULL_DEVICE_NAME")),
            ",".join(sorted(found.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))),
        ]
    )
