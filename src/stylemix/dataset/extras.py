"""The libraries that only some data sets need, imported on first use."""

from __future__ import annotations

import importlib
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line


def fsspec() -> Any:
    """Return the module ``fsspec``, which reaches remote storage.

    Raises:
        ConfigError: it is not installed.
    """
    return _module("fsspec", "addresses such as s3://bucket/set need fsspec", "dataset")


def pyarrow() -> Any:
    """Return the module ``pyarrow``.

    Raises:
        ConfigError: it is not installed.
    """
    return _module("pyarrow", "Parquet needs PyArrow", "dataset")


def parquet() -> Any:
    """Return the module ``pyarrow.parquet``.

    Raises:
        ConfigError: it is not installed.
    """
    return _module("pyarrow.parquet", "Parquet needs PyArrow", "dataset")


def ray() -> Any:
    """Return the module ``ray``.

    Raises:
        ConfigError: it is not installed.
    """
    _module("ray.data", "a cluster needs Ray Data", "ray")
    return importlib.import_module("ray")


def _module(name: str, need: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise ConfigError(
            f"{need}, which can't be imported ({problem}): {install_line(extra)}"
        ) from problem
