"""The house rules that CONTRIBUTING.md states: short functions, few loose files, a whole map."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/stylemix"
MOST = 80
"""Lines of code in a function at most, docstring, comments and blank lines aside."""

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
}


def lines_of_code(text: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function that hold code."""
    spoken: set[int] = set()
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        spoken = set(range(first.lineno, (first.end_lineno or 0) + 1))
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    own = range(function.lineno, (function.end_lineno or 0) + 1)
    return len(found.intersection(own) - spoken)


def test_functions_fit_on_a_screen():
    long = {}
    for top in ("src", "plugins", "comfy_nodes", "demo"):
        for file in (ROOT / top).rglob("*.py"):
            text = file.read_text("utf-8")
            for node in ast.walk(ast.parse(text)):
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if (node.end_lineno or 0) - node.lineno > MOST:
                    count = lines_of_code(text, node)
                    if count > MOST:
                        long[f"{file.relative_to(ROOT)}:{node.name}"] = count
    assert not long


def test_code_is_counted_without_words():
    text = (
        'def f(x):\n    """Say.\n\n    More.\n    """\n    # why\n\n    return (\n        x\n    )'
    )
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of_code(text, function) == 4


def test_few_files_lie_loose():
    assert len(list(PACKAGE.glob("*.py"))) <= 6


def test_the_maps_name_every_room():
    rooms = {f.name for f in PACKAGE.iterdir() if f.is_dir() and f.name != "__pycache__"}
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Layout")[1]
    contributing = contributing.split("\n## ")[0]
    assert {
        room for room in rooms if f"`{room}`" in contributing or f"/{room}`" in contributing
    } == (rooms)
    architecture = (ROOT / "docs/architecture.md").read_text("utf-8")
    # Weights are no room of code.
    assert {r for r in rooms if f"`{r}/`" in architecture} == rooms - {"models"}
