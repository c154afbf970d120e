"""The model card: front matter for the Hugging Face Hub, then the record in words and pictures."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from stylemix.errors import PictureError

PLACEHOLDER = "path/to/this/folder"
"""What the card's example names as the model; publishing puts the repository there."""

_ENDINGS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
_LICENCES = frozenset(
    {
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "isc",
        "zlib",
        "unlicense",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nd-4.0",
        "mpl-2.0",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl-2.1",
        "lgpl-3.0",
        "agpl-3.0",
        "epl-2.0",
        "eupl-1.2",
        "openrail",
    }
)
_SHOWN = re.compile(
    r"!\[(?:\\.|[^\]\\])*\]\(\s*<?([^)\s>]+)|<img\b[^>]*?\bsrc\s*=\s*[\"']([^\"']+)",
    re.IGNORECASE,
)


def card_text(
    name: str, config: Mapping[str, Any], pictures: Sequence[tuple[str, str]] = ()
) -> str:
    """Write a model card.

    The front matter names the library, the task, tags and, where they are known, the licence and
    the metrics (as a ``model-index``).

    Args:
        name: the title.
        config: the checkpoint's configuration with the facts for the record. A ``licence`` that
            the Hub has an identifier for, such as "Apache-2.0", becomes that one, another one
            "other" with its name. ``metrics`` maps names to numbers, or the name of a set of
            pictures to such a mapping; what is deeper is shown in the card only.
        pictures: name of the file beside the card, and caption, of each picture to show.
    """
    lines = [
        "---",
        _front_matter(name, config),
        "---",
        "",
        f"# {name}",
        "",
        str(config.get("description", "A stylemix model.")),
        "",
        "```python",
        "import stylemix",
        "",
        f'picture = stylemix.stylize("photo.jpg", {_style(config)}model="{PLACEHOLDER}")',
        'picture.save("out.png")',
        "```",
    ]
    for file, caption in pictures:
        # A caption's brackets would end it early.
        text = re.sub(r"([\\\[\]])", r"\\\1", " ".join(caption.split()))
        lines += ["", f"![{text}]({file})", "", f"*{' '.join(caption.split())}*"]
    for key in ("metrics", "training", "licence", "plugins"):
        if config.get(key):
            text = json.dumps(config[key], indent=2)
            shown = [config[key]] if isinstance(config[key], str) else ["```json", text, "```"]
            lines += ["", f"## {key.capitalize()}", "", *shown]
    return "\n".join(lines) + "\n"


def needs_painting(config: Mapping[str, Any]) -> bool:
    """Tell from a model's configuration, without building it, whether it needs a painting.

    A feed-forward network through which no style enters draws in one of its own.
    """
    return config.get("stylizer", "feed_forward") != "feed_forward" or bool(
        config.get("injections", True)
    )


def picture_names(pictures: Mapping[str, str | os.PathLike[str]]) -> list[tuple[str, str, Path]]:
    """Name the pictures of a card: name beside the card, caption and file of each.

    Args:
        pictures: the file of each caption, in their order.

    Raises:
        PictureError: a file can't be read, or is no PNG, JPEG or WebP picture.
    """
    found = []
    for number, (caption, file) in enumerate(pictures.items(), 1):
        try:
            with Image.open(file) as picture:
                picture.load()
                kind = picture.format or "?"
        # Pillow's decoders raise anything on damaged files.
        except Exception as problem:
            raise PictureError(
                f"the card's picture {os.fspath(file)!r} can't be read ({problem}); "
                "give a PNG, JPEG or WebP file"
            ) from problem
        if kind not in _ENDINGS:
            raise PictureError(
                f"the card's picture {os.fspath(file)!r} is a {kind} file; give a "
                "PNG, JPEG or WebP file"
            )
        found.append((f"picture-{number}{_ENDINGS[kind]}", caption, Path(file)))
    return found


def shown_pictures(text: str) -> list[str]:
    """Return the relative paths of the pictures that a card shows, each once, in their order."""
    found = (first or second for first, second in _SHOWN.findall(text))
    return [f for f in dict.fromkeys(found) if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#", f)]


def _style(config: Mapping[str, Any]) -> str:
    """Return the second argument of the card's example, a painting or a name, with its comma."""
    if not needs_painting(config):
        return ""
    encoder = config.get("encoder")
    names = encoder.get("styles") if isinstance(encoder, Mapping) else None
    return f"{json.dumps(names[0] if names else 'painting.jpg', ensure_ascii=False)}, "


def _front_matter(name: str, config: Mapping[str, Any]) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="image-to-image",
            task_name="Style transfer",
            dataset_type=_slug(dataset) or "other",
            dataset_name=_tidy(dataset),
            metric_type=_slug(metric) or "other",
            metric_name=_tidy(metric),
            metric_value=value,
        )
        for dataset, metric, value in _numbers(config.get("metrics"))
    ]
    data = ModelCardData(
        library_name="stylemix",
        pipeline_tag="image-to-image",
        tags=["style-transfer", "stylemix"],
        model_name=name if results else None,
        eval_results=results or None,
        **_licence(config.get("licence")),
    )
    return str(data.to_yaml()).strip("\n")


def _licence(licence: Any) -> dict[str, Any]:
    if not isinstance(licence, str) or not _slug(licence):
        return {}
    name = _slug(licence)
    return {"license": name} if name in _LICENCES else {"license": "other", "license_name": name}


def _numbers(metrics: Any) -> list[tuple[str, str, float]]:
    """Return data set, metric and value of each number."""
    if not isinstance(metrics, Mapping):
        return []
    found: list[tuple[str, str, float]] = []
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            found += [(str(key), str(k), v) for k, v in value.items() if _is_number(v)]
        elif _is_number(value):
            found.append(("The authors' test pictures", str(key), value))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _tidy(text: str) -> str:
    """Return a name without space at its ends, which the Hub's client may cut off unasked."""
    return " ".join(text.split()) or "unnamed"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-")
