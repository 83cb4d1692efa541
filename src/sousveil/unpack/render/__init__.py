"""Renderings: what a file holds in packed or encoded form, as plain bytes that can be matched and read.

A PDF's text, a workbook's cells, a program's compressed debug sections. A rendering is an artifact of its own
(``manual.pdf!/text.md``) that names the file it was made from, and its marks lead back to page, cell or section. The
same file gives the same rendering on every machine, so that a place in it can be checked.

One format, one file beside this one, with ``render(data, display, budget)``; the table below names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from msgspec import Struct

from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget


class Renderer(Struct, frozen=True):
    """When a file is rendered: its first bytes and, where those do not suffice, how its name ends."""

    module: str
    magic: re.Pattern[bytes]
    """Tried at the file's start."""
    ends: tuple[str, ...] = ()
    """In lower case; empty for any name."""
    also: bool = True
    """Whether the file is also matched and read as it is."""


RENDERERS: tuple[Renderer, ...] = (
    # A header may be preceded by other bytes: readers look for it in the first kilobyte.
    Renderer("pdf", re.compile(rb"[\s\S]{0,1024}?%PDF-\d"), also=False),
)
HEAD = 4096
"""Bytes from which a format is told."""
MOST_RENDERED = 256 << 20
"""Bytes of a file that is rendered; a larger one is a limit."""


def renderer_of(head: bytes, display: str) -> Renderer | None:
    """Return how a file with these first bytes (HEAD of them, or all) is rendered, None if it is not."""
    for renderer in RENDERERS:
        if renderer.magic.match(head) and (not renderer.ends or display.lower().endswith(renderer.ends)):
            return renderer
    return None


def render(renderer: Renderer, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the renderings of a file, and what of it could not be rendered."""
    yield from import_module(f"sousveil.unpack.render.{renderer.module}").render(data, display, budget)
