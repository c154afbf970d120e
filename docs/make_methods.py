"""Write docs/methods.md from docs/methods.toml, with speed and memory measured here.

    python docs/make_methods.py                 # measure every method that is installed
    python docs/make_methods.py --only gatys    # these anew, the others as measured before
    python docs/make_methods.py --check         # write nothing; fail where it isn't current

Each method runs in a process of its own, on one thread, with a square picture of random colours;
untrained weights cost what trained ones do. CPU seconds are compared, since other work on the
machine doesn't change them. What was measured is kept in docs/methods-measured.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from make_install import written

from stylemix.plugins.installing import PUBLISHED
from stylemix.training.tables import read_toml

HERE = Path(__file__).parent
SIZE = 512

PROGRAM = """
import copy, sys, time
import torch
from stylemix.plugins import registry
from stylemix.stylizers import build
torch.set_num_threads(1)
name, size = sys.argv[1], int(sys.argv[2])
config = copy.deepcopy(dict(registry("presets").get(name) if name in registry("presets").names()
                            else {"stylizer": name}))
if config.get("encoder", {}).get("name") == "table":
    config["encoder"]["styles"] = ["one"]
torch.manual_seed(0)
model = build(config).eval()
photo, painting = torch.rand(3, size, size), torch.rand(3, size, size)
if model.styles:
    model.encoder.remember([painting])
if model.trained:
    style = model.encode(painting)
    begin = time.process_time()
    model.stylize(photo, style)
    seconds, steps = time.process_time() - begin, 0
else:
    # At full size alone; the coarse sizes take less.
    model = build({**model.config, "coarse_to_fine": False})
    times = []
    for count in (1, 3):
        begin = time.process_time()
        model.stylize(photo, painting, refine=count)
        times.append(time.process_time() - begin)
    seconds, steps = (times[1] - times[0]) / 2, model.steps
peak = 0.0
if sys.platform == "linux":
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 2**10
print(seconds, steps, peak, sum(p.numel() for p in model.parameters()))
"""

INTRO = """# Methods

Every method of the paper and those it builds on, in one library: the same call, command line, page
and nodes for all.

```python
stylemix.stylize("photo.jpg", "painting.jpg", model="cnnmrf")       # a method, by name
stylemix.stylize("photo.jpg", model="johnson-swirling-night")       # one style, no painting
```

```bash
stylemix compare photo.jpg painting.jpg -o sheet.png    # all that are installed, on one sheet
```

Speed is CPU seconds on one thread for {size} x {size} pixels, the painting encoded before; for
optimisations, of one step at full size, and how many steps are usual. Memory is the peak of the
whole process, libraries included. (`python docs/make_methods.py`; with untrained weights, which
cost what trained ones do.)

"""

OUTRO = """
`stylemix train` trains all that learn: `model = "<preset>"` in its configuration; the presets are
those in the table. Models of named styles take the names of their paintings' files. Two of the
configurations are in the repository: [johnson.toml](training/johnson.toml), of the model
`johnson-swirling-night` that ships, and [dumoulin.toml](training/dumoulin.toml).

## Sources

{sources}

## Where the paper's bibliography is wrong

The preprint of Zagatin and Kitov names other authors, titles and numbers for three works. The true
sources are those above:

| the preprint | the true source |
| --- | --- |
{wrong}

Its formula for "ArtFID" is the plain Fréchet distance. ArtFID is `(1 + FID)(1 + LPIPS)`: Matthias
Wright, Björn Ommer. ArtFID: Quantitative Evaluation of Neural Style Transfer. GCPR 2022, arXiv
2207.12280.
"""


def measure(model: str) -> dict[str, float] | None:
    """Give seconds, steps, peak MiB and parameters; None where the method is not installed."""
    from stylemix.plugins import registry

    if model not in (*registry("presets").names(), *registry("stylizers").names()):
        return None
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, model, str(SIZE)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    return dict(
        zip(("seconds", "steps", "mebibytes", "parameters"), map(float, answer), strict=True)
    )


def page(table: dict[str, Any], measured: dict[str, dict[str, float]]) -> str:
    """Give the text of methods.md."""
    lines = [
        "| method | year | model | idea | CPU seconds | memory | parameters | trainable "
        "| good for |",
        "| --- " * 9 + "|",
    ]
    for m in table["method"]:
        found = measured.get(m["model"])
        speed, memory, size = "not measured", "not measured", "not measured"
        if found:
            speed = f"{found['seconds']:.2f}"
            if found["steps"]:
                speed += f" a step, {found['steps']:.0f} steps"
            memory = f"{found['mebibytes'] / 1024:.1f} GB"
            size = f"{found['parameters'] / 1e6:.1f} M" if found["parameters"] else "none"
        home = "" if m["home"] == "built in" else f" (`pip install {m['home']}`)"
        lines.append(
            f"| {m['name']} | {m['year']} | `{m['model']}`{home} | {m['idea']} | {speed} "
            f"| {memory} | {size} | {m['trainable']} | {m['good']} |"
        )
    sources = "\n".join(
        f"- {m['name']}: {m['source']}." for m in table["method"] if m["source"] != "as above"
    )
    wrong = "\n".join(f"| {w['preprint']} | {w['true']} |" for w in table["wrong"])
    text = (
        INTRO.format(size=SIZE)
        + "\n".join(lines)
        + "\n"
        + OUTRO.format(sources=sources, wrong=wrong)
    )
    return written(text, PUBLISHED)


def main() -> None:
    """Measure and write, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", help="measure only these")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    table = read_toml(HERE / "methods.toml")
    kept = HERE / "methods-measured.json"
    measured = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    target = HERE / "methods.md"
    if options.check:
        if target.read_text("utf-8") != page(table, measured):
            sys.exit("docs/methods.md is not current: run python docs/make_methods.py --only")
        return
    for m in table["method"]:
        if options.only is None or m["model"] in options.only:
            found = measure(m["model"])
            if found is not None:
                measured[m["model"]] = found
    kept.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n", "utf-8")
    target.write_text(page(table, measured), "utf-8")


if __name__ == "__main__":
    main()
