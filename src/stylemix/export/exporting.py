"""Export of a model: written beside its place, compared with PyTorch, and moved there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import stylemix
from stylemix.errors import CheckpointError, ConfigError
from stylemix.export.calibrating import Calibration, calibration
from stylemix.export.card import card_text
from stylemix.export.files import Format, Onnx, OpenVino, Run, Signature
from stylemix.export.graphs import GeneratorGraph, StyleGraph, check_exportable, codes
from stylemix.images import Picture
from stylemix.injections.style import StyleMix
from stylemix.ops.defaults import building
from stylemix.runtime.quantizing import TOLERANCE as INT8_TOLERANCE
from stylemix.stylizers import FeedForward, Stylizer

FORMATS: Mapping[str, Format] = {"onnx": Onnx(), "openvino": OpenVino()}
"""The formats by name."""

TOLERANCE = 1e-3
"""Largest root mean square difference to PyTorch that is accepted, of pictures in [0, 1] and of
codes in units of their own deviation."""

_SIZES = ((96, 64), (61, 83))
"""Heights and widths of the pictures for the comparison; neither is the traced one."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: where.
        files: names of the files.
        differences: root mean square differences to PyTorch, by what was compared.
    """

    folder: Path
    files: tuple[str, ...]
    differences: Mapping[str, float]


def export(
    model: Stylizer,
    folder: str | os.PathLike[str],
    format: str = "onnx",
    *,
    name: str = "model",
    description: str = "",
    calibrate: Sequence[Picture] | None = None,
) -> Exported:
    """Write a model's generator and style encoder as two graphs for other runtimes.

    Any number of pictures of any height and width from 8 pixels goes through each. A weighted sum
    of styles' codes, whose weights sum to one, is the mixture of the styles.

    Args:
        model: a feed-forward model for any painting, or one of a style of its own.
        folder: made, or empty; nothing is left there when something goes wrong.
        format: one of :data:`FORMATS`.
        name: of the model, for its card.
        description: of the model, for its card and the files' metadata.
        calibrate: photographs and paintings such as the model will be given; with them, the
            generator's convolutions are written in int8, for OpenVINO only. Faster, and a little
            different.

    Raises:
        ConfigError: the folder isn't empty, there is no such format, a library is missing, the
            model can't be exported, or there are too few pictures to calibrate with.
        CheckpointError: the folder can't be written, or a file draws another picture than PyTorch.
        PictureError: the model draws values that are no numbers, or a picture can't be read.
    """
    if format not in FORMATS:
        raise ConfigError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    kind = FORMATS[format]
    kind.check()
    checked = check_exportable(model).using("torch")  # what the files are compared with
    if calibrate is not None:
        kind.check_int8()
    target = Path(folder)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConfigError(
            f"{os.fspath(folder)!r} isn't an empty folder; give a new one, or remove what is in it"
        )
    was_training = checked.training
    checked.eval()
    temporary: Path | None = None
    try:
        pictures = None if calibrate is None else calibration(checked, calibrate)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".exporting-", dir=target.parent))
        os.chmod(temporary, 0o755)
        with building():
            differences = _write(checked, temporary, kind, format, name, description, pictures)
        files = tuple(sorted(file.name for file in temporary.iterdir()))
        if target.exists():
            target.rmdir()  # it is empty, and some systems don't rename onto a folder
        os.rename(temporary, target)
    except OSError as problem:
        raise CheckpointError(
            f"the export can't be written to {target} ({problem}); choose another folder or make "
            "room"
        ) from problem
    finally:
        checked.train(was_training)
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return Exported(target, files, differences)


def _write(
    model: FeedForward,
    folder: Path,
    kind: Format,
    format: str,
    name: str,
    description: str,
    pictures: Calibration | None,
) -> dict[str, float]:
    """Write everything into a folder; return the differences to PyTorch."""
    about = {
        "name": name,
        "description": description or f"stylemix model {name}",
        "stylemix": stylemix.__version__,
        "style_size": str(model.style_size),
    }
    graphs = _graphs(model)
    for stem, (graph, signature) in graphs.items():
        kind.write(graph, signature, folder / f"{stem}{kind.ending}", about)
    differences = _compare(model, {s: kind.read(folder / f"{s}{kind.ending}") for s in graphs})
    wrong = {what: value for what, value in differences.items() if not value <= TOLERANCE}
    if wrong:
        what, value = next(iter(wrong.items()))
        raise CheckpointError(
            f"the exported model differs from PyTorch's in the {what} by {value:.2g}; nothing is "
            "kept. Try the other format, and please report it"
        )
    if pictures is not None:
        differences |= _quantize(kind, folder / f"generator{kind.ending}", pictures)
    metadata = {
        **about,
        "style_size": model.style_size,
        "format": format,
        "int8": pictures is not None,
        "codes": list(codes(model)),
        "graphs": {stem: _described(signature) for stem, (_, signature) in graphs.items()},
        "differences": differences,
        "model": model.config,
    }
    text = json.dumps(metadata, indent=2) + "\n"
    (folder / "metadata.json").write_text(text, "utf-8")
    (folder / "README.md").write_text(card_text(metadata, kind.ending), "utf-8")
    return differences


def _quantize(kind: Format, generator: Path, pictures: Calibration) -> dict[str, float]:
    """Turn the generator's file into int8; return how far its pictures are from PyTorch's."""
    kind.quantize(generator, pictures.samples)
    run = kind.read(generator)
    found = [(run(inputs)[0] - wanted).square().mean() for inputs, wanted in pictures.checks]
    difference = float(torch.stack(found).mean().sqrt())
    if not difference <= INT8_TOLERANCE:
        raise CheckpointError(
            f"in int8 the pictures differ from PyTorch's by {difference:.2g}; nothing is kept. "
            "Calibrate with other pictures, or export without int8"
        )
    return {"int8 picture": difference}


def _graphs(model: FeedForward) -> dict[str, tuple[nn.Module, Signature]]:
    """Return the graphs by the names of their files."""
    device = next(model.parameters()).device
    sides = {2: "height", 3: "width"}
    content = torch.rand(2, 3, 72, 104, device=device)
    found: dict[str, tuple[nn.Module, Signature]] = {}
    names = codes(model)
    examples: dict[str, Tensor] = {}
    if names:
        style = torch.rand(2, 3, 80, 120, device=device)
        graph = StyleGraph(model)
        with torch.no_grad():
            examples = dict(zip(names, graph(style), strict=True))
        batch = {0: "styles"}
        axes = {"style": {**batch, 2: "style_height", 3: "style_width"}}
        axes |= dict.fromkeys(names, batch)
        found["style_encoder"] = (graph, Signature({"style": style}, names, axes))
    axes = {"content": {0: "batch", **sides}, "picture": {0: "batch", **sides}}
    axes |= {code: {0: "batch"} for code in names}
    inputs = {"content": content, **examples}
    found["generator"] = (GeneratorGraph(model), Signature(inputs, ("picture",), axes))
    return found


def _described(signature: Signature) -> dict[str, Any]:
    def shape(name: str, tensor: Tensor) -> list[int | str]:
        dims = signature.open[name]
        return [dims.get(n, size) for n, size in enumerate(tensor.shape)]

    return {
        "inputs": {name: shape(name, tensor) for name, tensor in signature.inputs.items()},
        "outputs": list(signature.outputs),
    }


@torch.inference_mode()
def _compare(model: FeedForward, files: Mapping[str, Run]) -> dict[str, float]:
    """Return the differences of what files and PyTorch make of pictures and a mixture."""
    random = torch.Generator().manual_seed(0)
    contents = [torch.rand(2, 3, *size, generator=random) for size in _SIZES]
    names, own = codes(model), model.own_style() if not model.needs_style else None
    differences: dict[str, list[float]] = {}

    def note(what: str, found: Tensor, wanted: Tensor, unit: float = 1.0) -> None:
        difference = float((found - wanted).square().mean().sqrt()) / unit
        differences.setdefault(what, []).append(difference)

    mix = None if own is None else StyleMix.single(own)
    inputs: dict[str, Tensor] = {}
    if names:
        paintings = [torch.rand(1, 3, *size, generator=random) for size in ((90, 70), (150, 131))]
        weights = (0.7, 0.3)
        found = [
            dict(zip(names, files["style_encoder"]({"style": p}), strict=True)) for p in paintings
        ]
        for painting, code in zip(paintings, found, strict=True):
            wanted = model.code(painting)
            for name in names:
                note(name, code[name], wanted[name], float(wanted[name].std()))
        inputs = {n: torch.cat([0.7 * found[0][n] + 0.3 * found[1][n]] * 2) for n in names}
        styles = tuple(model.prepare(p) for p in paintings)
        mix = StyleMix(styles, tuple(torch.full((1, 1, 1, 1), w) for w in weights))
    assert mix is not None
    for content in contents:
        (picture,) = files["generator"]({"content": content, **inputs})
        for one, drawn in zip(content, picture, strict=True):
            note("picture", drawn, model.render(one, mix))
    # torch's maximum of NaN and a number is NaN, Python's isn't.
    return {what: float(torch.tensor(found).max()) for what, found in differences.items()}
