"""The page's own markup: the frame of the result, rows of pictures to choose, the line below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

DIVIDER = 15
"""Percent of the photograph that the frame shows beside its painted self."""

_CORNERS = (
    '<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
    'stroke-width="2" aria-hidden="true"><path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4"/></svg>'
)


def address(path: str) -> str:
    """Return the address of a file of ours, relative to the page."""
    return "gradio_api/file=" + quote(path)


def comparison(before: str, after: str, size: tuple[int, int], title: str) -> str:
    """Return a photograph and its painted self, with a divider between them to move.

    Args:
        before: path of the photograph.
        after: path of the picture, of the same size.
        size: width and height in pixels.
        title: what the picture is, for those who can't see it.
    """
    width, height = size
    return (
        f'<figure class="sm-compare" style="--ratio:{width / height:.5f};--at:{DIVIDER}%">'
        f'<img class="sm-after" src="{address(after)}" alt="{escape(title)}">'
        f'<img class="sm-before" src="{address(before)}" alt="The photograph">'
        '<span class="sm-divider" aria-hidden="true"></span>'
        f'<input type="range" min="0" max="100" value="{DIVIDER}" '
        'aria-label="Share of the photograph that is shown">'
        '<button type="button" class="sm-full" aria-label="Full screen" title="Full screen">'
        f"{_CORNERS}</button></figure>"
    )


def still(path: str, size: tuple[int, int], title: str) -> str:
    """Return a picture alone.

    Args:
        path: of the picture.
        size: width and height in pixels.
        title: what the picture is, for those who can't see it.
    """
    return (
        f'<figure class="sm-compare" style="--ratio:{size[0] / size[1]:.5f}">'
        f'<img class="sm-after" src="{address(path)}" alt="{escape(title)}"></figure>'
    )


def player(path: str, poster: str, size: tuple[int, int], title: str) -> str:
    """Return a video with the browser's own controls.

    Args:
        path: of the video.
        poster: path of the picture that is shown before it plays.
        size: width and height in pixels.
        title: what the video is.
    """
    return (
        f'<figure class="sm-compare" style="--ratio:{size[0] / size[1]:.5f}">'
        f'<video controls playsinline preload="metadata" poster="{address(poster)}" '
        f'src="{address(path)}" aria-label="{escape(title)}"></video></figure>'
    )


def sheet(pictures: Sequence[tuple[str, str]]) -> str:
    """Return several pictures side by side, each a button that takes it.

    Args:
        pictures: paths of the pictures, and what to write below each.
    """
    cells = "".join(
        f'<button type="button" data-index="{number}"><img src="{address(path)}" alt="">'
        f"<span>{escape(title)}</span></button>"
        for number, (path, title) in enumerate(pictures)
    )
    columns = 2 if len(pictures) == 4 else len(pictures)
    return f'<div class="sm-sheet" style="--columns:{columns}">{cells}</div>'


def strip(pictures: Iterable[tuple[str, str, str]], label: str) -> str:
    """Return a row of small pictures to choose from: one stop of the tabulator key, then arrows.

    Args:
        pictures: path, title, and path of a second picture in the corner or "".
        label: what the row offers.
    """
    buttons = []
    for number, (path, title, corner) in enumerate(pictures):
        second = f'<img class="sm-corner" src="{address(corner)}" alt="">' if corner else ""
        buttons.append(
            f'<button type="button" data-index="{number}" tabindex="{0 if number == 0 else -1}" '
            f'aria-label="{escape(title)}" title="{escape(title)}">'
            f'<img src="{address(path)}" alt="" loading="lazy">{second}</button>'
        )
    if not buttons:
        return ""
    return (
        f'<div class="sm-strip" role="group" aria-label="{escape(label)}">{"".join(buttons)}</div>'
    )


def said(text: str) -> str:
    """Return a line on what was done or is to do."""
    return f'<p class="sm-said" role="status">{escape(text)}</p>'


def refused(text: str) -> str:
    """Return a line on what went wrong."""
    return f'<p class="sm-refused" role="alert">{escape(text)}</p>'


def working(text: str, share: float | None) -> str:
    """Return a line on what is done at the moment, and a bar.

    Args:
        text: the line.
        share: of the work that is done, from 0 to 1; None where that isn't known.
    """
    width = "" if share is None else f' style="width:{100 * share:.0f}%"'
    kind = "sm-bar sm-moving" if share is None else "sm-bar"
    # Only the words are announced, and not at every tick.
    return f'<p class="sm-said">{escape(text)}</p><div class="{kind}"><i{width}></i></div>'
