"""Set pictures aside for evaluation: always the same ones, whatever the order or place of files.

    python docs/training/set_aside.py DATA OUT

DATA holds ``content/`` (photographs) and ``style/LABEL/`` (paintings). OUT gets links to them in
``train/content``, ``train/style/LABEL``, ``unseen/content`` and ``unseen/style`` (as LABEL-NAME).
Pictures are taken in the order of the SHA-256 of their file names: 10 photographs, and the first
painting of each of 40 styles. ``seen/style`` has the second of each: these are trained on, for the
tables of ``stylemix evaluate --seen``. Paintings whose names begin with ``--small`` are too small
to be judged; of them only ``--smalls`` are trained on.
"""

import argparse
import hashlib
from pathlib import Path


def digest(path: Path) -> bytes:
    """Return the hash that orders pictures."""
    return hashlib.sha256(path.name.encode()).digest()


def pictures(folder: Path) -> list[Path]:
    """Return the pictures under a folder in that order."""
    return sorted(
        (p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".png")),
        key=lambda p: (digest(p), p),
    )


def first_of_each(paintings: list[Path], count: int) -> list[Path]:
    """Return the first painting of each label, at most so many."""
    found: dict[str, Path] = {}
    for painting in paintings:
        found.setdefault(painting.parent.name, painting)
    return list(found.values())[:count]


def link(files: list[Path], source: Path, target: Path, flat: bool = False) -> None:
    """Link files at the same places under another folder, or all of a kind in one."""
    for file in files:
        kind, *rest = file.relative_to(source).parts
        place = target / kind / ("-".join(rest) if flat else Path(*rest))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file.resolve())


def main() -> None:
    """Read the options and make the links."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photographs", type=int, default=10)
    parser.add_argument("--styles", type=int, default=40)
    parser.add_argument("--small", default="wikiart208", help="prefix of paintings that are small")
    parser.add_argument("--smalls", type=int, default=750)
    args = parser.parse_args()
    if args.out.exists():
        parser.error(f"{args.out} exists; name a new folder")
    photographs = pictures(args.data / "content")
    paintings = pictures(args.data / "style")
    large = [p for p in paintings if not p.name.startswith(args.small)]
    small = [p for p in paintings if p.name.startswith(args.small)]
    unseen = first_of_each(large, args.styles)
    others = [p for p in large if p not in set(unseen)]
    link(photographs[: args.photographs], args.data, args.out / "unseen", flat=True)
    link(unseen, args.data, args.out / "unseen", flat=True)
    link(first_of_each(others, args.styles), args.data, args.out / "seen", flat=True)
    link(photographs[args.photographs :], args.data, args.out / "train")
    link([*others, *small[: args.smalls]], args.data, args.out / "train")


if __name__ == "__main__":
    main()
