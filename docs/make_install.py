"""Write the installation lines of the guides, as ``stylemix.plugins.installing.PUBLISHED`` says.

python docs/make_install.py             # on the day of the release
python docs/make_install.py --check     # write nothing; fail where a file isn't current

Until the release they install from the repository's folder, from then on from PyPI; both ways.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from stylemix import __version__
from stylemix.plugins.installing import PUBLISHED

ROOT = Path(__file__).parent.parent
GUIDES = (
    "*.md",
    "docs/*.md",
    "plugins/*/README.md",
    "comfy_nodes/README.md",
    "demo/README.md",
    "benchmarks/*.py",
)
_PLUGIN = "stylemix-(?:adain|wct|styleswap|sanet|adaattn|stytr2|cnnmrf|paper)"
_NEEDS = f"stylemix>={__version__}"
_TESTED = "pillow-heif==1.8.1\nav==18.1.0\nopencv-python-headless==5.0.0.93\n"

_REQUIREMENTS = {
    "comfy_nodes/requirements.txt": (
        "# stylemix isn't on PyPI yet: install it from its repository or a wheel, as README.md "
        "says.\n",
        f"{_NEEDS}\n",
    ),
    "demo/requirements.txt": (
        "# What the Space was tested with. stylemix isn't on PyPI yet: name the address of a wheel "
        f"here.\ngradio=={{gradio}}\n{_TESTED}",
        f"# What the Space was tested with.\nstylemix=={{version}}\ngradio=={{gradio}}\n{_TESTED}",
    ),
}
"""What these files hold before and after the release."""


_SAME = (
    (
        "pip install /path/to/stylemix     # the repository's folder, or a wheel",
        "pip install -r /path/to/ComfyUI/custom_nodes/stylemix/requirements.txt",
    ),
    ("[stylemix](../../README.md)", "[stylemix](https://pypi.org/project/stylemix/)"),
)
"""Words before and after the release."""


def written(text: str, published: bool) -> str:
    """Return a guide's text with the installation lines of before or after the release."""
    for before, after in _SAME:
        text = text.replace(before, after) if published else text.replace(after, before)
    if published:
        text = re.sub(r"pip install '\.(\[\w+\])'", r"pip install 'stylemix\1'", text)
        return re.sub(rf"pip install \. \./plugins/({_PLUGIN})", r"pip install \1", text)
    text = re.sub(r"pip install 'stylemix(\[\w+\])'", r"pip install '.\1'", text)
    return re.sub(rf"pip install ({_PLUGIN})", r"pip install . ./plugins/\1", text)


def files(published: bool) -> Iterator[tuple[Path, str]]:
    """Yield every file with its installation lines, and what it is to hold."""
    for pattern in GUIDES:
        for path in sorted(ROOT.glob(pattern)):
            yield path, written(path.read_text("utf-8"), published)
    for name, texts in _REQUIREMENTS.items():
        found = re.search(r"^gradio==(.+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        gradio = found[1] if found else ""
        yield ROOT / name, texts[published].format(gradio=gradio, version=__version__)
    nodes = ROOT / "comfy_nodes" / "pyproject.toml"
    needs = f'dependencies = ["{_NEEDS}"]' if published else "dependencies = []"
    yield nodes, re.sub(r"^dependencies = .*$", needs, nodes.read_text("utf-8"), flags=re.M)


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [(path, text) for path, text in files(PUBLISHED) if path.read_text("utf-8") != text]
    for path, text in stale:
        if not check:
            path.write_text(text, "utf-8")
        print(path.relative_to(ROOT))
    if check and stale:
        sys.exit("these files aren't current: run python docs/make_install.py")


if __name__ == "__main__":
    main()
