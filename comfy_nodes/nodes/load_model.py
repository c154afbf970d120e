"""The Load Model node."""

from __future__ import annotations

import re
from pathlib import Path

from comfy_api.latest import io

from stylemix.runtime import RUNTIMES, check_runtime

from ..errors import NodeError, naming
from ..interface import ALIASES, CATEGORY, StylemixModel, known
from ..model_folders import HUB, choices, load
from ..telling import warn

_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")


class LoadModel(io.ComfyNode):
    """Loads a model: an embedded one, a checkpoint folder, or one from the Hugging Face Hub."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        options = list(choices())
        return io.Schema(
            node_id="StylemixLoadModel",
            display_name="Load Style Model (stylemix)",
            category=CATEGORY,
            description="Loads a model for style transfer. The embedded ones need no download.",
            inputs=[
                io.Combo.Input(
                    "model",
                    options=options,
                    default=options[0],
                    tooltip="An embedded model, a checkpoint folder in models/stylemix, or a "
                    "model from the Hugging Face Hub.",
                ),
                io.String.Input(
                    "hub_name",
                    default="",
                    tooltip="owner/name, or owner/name@revision for a fixed version; only used "
                    f"when model is {HUB!r}.",
                ),
                io.Combo.Input(
                    "runtime",
                    options=list(RUNTIMES),
                    default=RUNTIMES[0],
                    optional=True,
                    tooltip="What draws: torch, or openvino, which takes half the time on a CPU "
                    "or less and works there only; the picture is the same. openvino-int8 is "
                    "faster still and a little different. auto takes openvino on a CPU where it "
                    "is installed.",
                    **known(io.Combo.Input, advanced=True),
                ),
            ],
            outputs=[StylemixModel.Output("stylemix_model", display_name="model")],
            **known(io.Schema, search_aliases=ALIASES),
        )

    @classmethod
    def fingerprint_inputs(cls, model: str, hub_name: str, runtime: str = "auto") -> str:
        """Tell ComfyUI when to load again: a checkpoint folder was written anew."""
        target = choices().get(model, "")
        files = sorted(Path(target).glob("*")) if Path(target).is_absolute() else []
        return f"{model} {hub_name} {runtime} {[f.stat().st_mtime_ns for f in files]}"

    @classmethod
    def execute(cls, model: str, hub_name: str, runtime: str = "auto") -> io.NodeOutput:
        """Load the model onto ComfyUI's device; OpenVINO draws on the CPU."""
        target, revision, source = choices().get(model), None, "model"
        if target is None:
            raise NodeError(f"model: {model!r} is no longer there; choose another one")
        if model == HUB:
            name, _, tag = hub_name.strip().partition("@")
            target, revision, source = name, tag or None, "hub_name"
            if not _REPOSITORY.fullmatch(name):
                raise NodeError(
                    f"hub_name: expected owner/name, as on the Hugging Face Hub, got {hub_name!r}"
                )
        elif hub_name.strip():
            warn(f"hub_name {hub_name!r} isn't used: the model is {model!r}, not {HUB!r}")
        with naming("runtime"):
            check_runtime(runtime)
        with naming(source):
            return io.NodeOutput(load(target, revision=revision, runtime=runtime))
