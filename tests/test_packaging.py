"""What goes into the wheel, and the house rules of the tree."""

from __future__ import annotations

import ast
import email
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import stylemix

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_inside_and_nothing_else(names):
    tree = {
        f.relative_to(SOURCE).as_posix()
        for f in (SOURCE / "stylemix").rglob("*")
        if f.is_file() and "__pycache__" not in f.parts
    }
    examples = {
        f"stylemix/{f.relative_to(ROOT).as_posix()}"
        for f in (ROOT / "examples").rglob("*.jpg")
        if f.parent.name in ("photos", "paintings")
    }
    assert len(examples) > 20
    inside = {n for n in names if ".dist-info/" not in n}
    # With the examples goes the file that names their authors and licences.
    assert inside == tree | examples | {"stylemix/examples/README.md"}
    assert not [n for n in names if "tests" in Path(n).parts]


def test_weights_are_inside_unchanged(wheel, names):
    files = [
        *(SOURCE / "stylemix/backbones/weights").glob("*.safetensors"),
        *(SOURCE / "stylemix/models").glob("film/*"),
    ]
    with zipfile.ZipFile(wheel) as archive:
        for file in files:
            assert archive.read(file.relative_to(SOURCE).as_posix()) == file.read_bytes()


def test_metadata(wheel, names):
    (entry,) = (n for n in names if n.endswith(".dist-info/entry_points.txt"))
    (about,) = (n for n in names if n.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        assert "stylemix = stylemix.cli:main" in archive.read(entry).decode()
        meta = email.message_from_bytes(archive.read(about))
    assert meta["Name"] == "stylemix"
    assert meta["Version"] == stylemix.__version__
    assert meta["License-Expression"] == "Apache-2.0"
    assert any(n.endswith(".dist-info/licenses/LICENSE") for n in names)


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < 30 * MEGABYTE


def tracked() -> list[Path]:
    """List the files that git tracks; outside a clone, what an unpacked archive holds."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        files = [
            f
            for top in ("src", "tests", "plugins", "examples", "docs", "benchmarks")
            for f in (ROOT / top).rglob("*")
            if "__pycache__" not in f.parts
        ]
    return [f for f in files if f.is_file()]


def test_tracked_files_are_of_bearable_size():
    files = tracked()
    assert ROOT / "src/stylemix/api.py" in files
    assert not [f for f in files if f.stat().st_size > 25 * MEGABYTE]
    long = {
        f: n
        for f in files
        if f.suffix == ".py" and (n := len(f.read_text("utf-8").splitlines())) > 400
    }
    assert not long


def modules(source: Path) -> dict[str, Path]:
    """Give the modules below ``source`` by their dotted names."""
    found = {}
    for file in sorted(source.rglob("*.py")):
        parts = file.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(name: str, file: Path, known: dict[str, Path]) -> set[str]:
    """Give the known modules that a module names in imports that run when it is loaded."""

    def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                continue
            yield node
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)

    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in statements(ast.parse(file.read_text("utf-8")).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                found.add(inner if inner in known else origin)
    return (found & set(known)) - {name}


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Give the nodes of some cycle, or an empty list."""
    done: set[str] = set()
    path: list[str] = []

    def visit(node: str) -> list[str]:
        if node in path:
            return path[path.index(node) :]
        if node in done:
            return []
        path.append(node)
        for other in sorted(graph[node]):
            if found := visit(other):
                return found
        path.pop()
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := visit(node))), [])


def test_no_import_cycles():
    known = modules(SOURCE)
    assert "stylemix.api" in known
    assert not cycle({name: imported(name, file, known) for name, file in known.items()})


def test_the_cycle_finder_finds_cycles(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p/__init__.py").write_text("")
    (tmp_path / "p/a.py").write_text("from p.b import x\n")
    (tmp_path / "p/b.py").write_text("try:\n    from . import c\nexcept ImportError:\n    c = 0\n")
    (tmp_path / "p/c.py").write_text("def f():\n    import p.a\n")
    known = modules(tmp_path)
    graph = {name: imported(name, file, known) for name, file in known.items()}
    assert graph["p.b"] == {"p.c"}
    assert cycle(graph) == []
    (tmp_path / "p/c.py").write_text("import p.a\n")
    graph["p.c"] = imported("p.c", known["p.c"], known)
    assert cycle(graph) == ["p.a", "p.b", "p.c"]
