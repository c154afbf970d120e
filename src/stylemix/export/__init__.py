"""Models for programs without PyTorch: ONNX and OpenVINO files."""

from __future__ import annotations

from stylemix.export.exporting import FORMATS, Exported, export

__all__ = ["FORMATS", "Exported", "export"]
