"""``stylemix export``: a model as ONNX or OpenVINO files, for programs without PyTorch."""

from __future__ import annotations

import click

from stylemix.cli.errors import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("model", metavar="NAME|FOLDER|OWNER/NAME")
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FOLDER",
    required=True,
    help="Where to write: a new folder, or an empty one.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["onnx", "openvino"]),
    default="onnx",
    show_default=True,
    help="ONNX for ONNX Runtime and most other runtimes, or OpenVINO's own files.",
)
@click.option(
    "--int8",
    is_flag=True,
    help="Write the generator's convolutions in eight bits: faster and a little different, for "
    "OpenVINO only. Needs --calibrate and nncf (stylemix's extra int8).",
)
@click.option(
    "--calibrate",
    multiple=True,
    metavar="FOLDER",
    help="Photographs and paintings such as the model will be given, to calibrate int8 with; "
    "once for each folder.",
)
def export(model: str, out: str, format_: str, int8: bool, calibrate: tuple[str, ...]) -> None:
    """Write a model's generator and style encoder as graphs for other runtimes.

    Any number of pictures of any size goes through each graph; normalization is inside. A file
    metadata.json and a model card say what goes in and out. Everything is compared with PyTorch
    after it is written, and nothing is left where something goes wrong.

    \b
    Examples:
      stylemix export film -o film-onnx
      stylemix export film -o film-openvino --format openvino
      stylemix export ./my-checkpoint -o my-model --format onnx
      stylemix export film -o film-int8 --format openvino --int8 \\
          --calibrate photos --calibrate paintings
    """  # noqa: D301 (click wants the character \b)
    if int8 and not calibrate:
        raise click.UsageError("--int8 needs pictures: give --calibrate FOLDER")
    if calibrate and not int8:
        raise click.UsageError("--calibrate is for --int8: give that too")
    from stylemix.cli.contents import pictures_in

    pictures = [file for folder in calibrate for file in pictures_in(folder)]

    import stylemix
    from stylemix.checkpoint.catalogue import resolve
    from stylemix.checkpoint.checkpoint import read_config
    from stylemix.export import export as write

    stylizer = stylemix.load(model, device="cpu", runtime="torch")
    description = ""
    if stylizer.trained:
        description = str(read_config(resolve(model)).get("description") or "")
    written = write(
        stylizer,
        out,
        format_,
        name=model,
        description=description,
        calibrate=pictures if int8 else None,
    )
    click.echo(f"wrote {written.folder}: {', '.join(written.files)}")
    for what, difference in written.differences.items():
        click.echo(f"{what}: root mean square difference to PyTorch {difference:.1e}")
