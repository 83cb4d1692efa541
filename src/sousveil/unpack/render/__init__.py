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
from sousveil.unpack.render.package import ENDS


class Renderer(Struct, frozen=True):
    """When a file is rendered: its first bytes and, where those do not suffice, how its name ends."""

    module: str
    magic: re.Pattern[bytes]
    """Tried at the file's start."""
    ends: tuple[str, ...] = ()
    """In lower case; empty for any name."""
    also: bool = True
    """Whether the file is also matched and read as it is."""
    asked: bool = False
    """Whether the module's ``has(data)`` says if there is anything to render: first bytes do not tell."""
    apart: bool = False
    """Whether it is rendered in a job of its own, because a native library may die over it."""
    beside: tuple[str, ...] = ()
    """Further modules that render the same files, each asked by itself."""


_OLE = re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_ZIP = re.compile(rb"PK")
RENDERERS: tuple[Renderer, ...] = (
    Renderer("pdf", re.compile(rb"%PDF-\d"), also=False, apart=True),
    # A header may be preceded by other bytes: readers look for it in the first kilobyte.
    Renderer("pdf", re.compile(rb"[\s\S]{0,1024}?%PDF-\d"), (".pdf",), also=False, apart=True),
    # Documents that are zips: the walk through containers tells them and gives them here.
    Renderer("docx", _ZIP, ENDS["docx"], also=False),
    Renderer("pptx", _ZIP, ENDS["pptx"], also=False),
    Renderer("odf", _ZIP, ENDS["odf"], also=False),
    Renderer("sheets", _ZIP, ENDS["sheets"], also=False, apart=True),
    Renderer(
        "elfdebug",
        re.compile(
            rb"\x7fELF|MZ|\xca\xfe\xba[\xbe\xbf]\0\0\0[\x01-\x20]|"
            rb"[\xcf\xce]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]"
        ),
        asked=True,
        beside=("packedparts",),
    ),
    Renderer("packedparts", re.compile(rb"qres\0\0\0[\1-\x0f]"), asked=True),
    Renderer("hermes", re.compile(rb"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"), also=False),
    Renderer("androidxml", re.compile(rb"\x03\0\x08\0"), also=False),
    Renderer("androidxml", re.compile(rb"\x02\0\x0c\0"), (".arsc",), also=False),
    Renderer("pb2", re.compile(b""), ("_pb2.py",)),
    Renderer("notebook", re.compile(rb"\s{0,64}\{"), (".ipynb",), also=False, asked=True),
    # Compound files of other kinds (an installer's database) have other readers: the name decides.
    Renderer("sheets", _OLE, (".xls", ".xlt", ".xla", ".et"), also=False, apart=True),
    Renderer("ppt", _OLE, (".ppt", ".pps", ".pot", ".dps"), also=False),
    Renderer("msg", _OLE, (".msg",), also=False),
    Renderer("doc", _OLE, (".doc", ".dot", ".wps", *ENDS["docx"], *ENDS["pptx"], *ENDS["sheets"]), also=False),
    Renderer("chm", re.compile(rb"ITSF[\2-\4]\0\0\0"), also=False),
    Renderer("rtf", re.compile(rb"\s{0,16}\{\\rtf"), also=False),
    Renderer("mail", re.compile(rb"From [^\n]{5,200}\r?\n[A-Za-z-]{1,60}:"), (".mbox", ".mbx"), also=False),
    Renderer("mail", re.compile(rb"(?:[A-Za-z-]{1,60}:[^\n]*\r?\n|[ \t])"), (".eml", ".mht", ".mhtml"), also=False),
    Renderer("pdbjoined", re.compile(rb"Microsoft C/C\+\+ MSF 7\.00\r\n\x1aDS"), also=False, asked=True),
)
HEAD = 4096
"""Bytes from which a format is told."""
MOST_RENDERED = 256 << 20
"""Bytes of a file that is rendered; a larger one is a limit."""


def scoped(pattern: re.Pattern[bytes]) -> bytes:
    """Return an expression with its flags inside, so that it can stand beside others."""
    flags = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"))
    letters = "".join(letter for flag, letter in flags if pattern.flags & flag).encode()
    return b"(?" + letters + b":" + pattern.pattern + b")"


# Asked of every file: one expression and one look at the name say no for nearly all of them.
_ANY_NAME = re.compile(b"|".join(scoped(r.magic) for r in RENDERERS if not r.ends))
_ENDS = tuple({end for r in RENDERERS for end in r.ends})


def renderer_of(head: bytes, display: str) -> Renderer | None:
    """Return how a file with these first bytes (HEAD of them, or all) is rendered, None if it is not."""
    low = display[-24:].lower()
    if not low.endswith(_ENDS) and not _ANY_NAME.match(head, 0, HEAD):
        return None
    for renderer in RENDERERS:
        if (not renderer.ends or low.endswith(renderer.ends)) and renderer.magic.match(head, 0, HEAD):
            return renderer
    return None


def has(renderer: Renderer, data: bytes | memoryview) -> bool:
    """Return whether there is anything to render in a file of this format."""
    return not renderer.asked or any(_asked(module, data) for module in (renderer.module, *renderer.beside))


def _asked(module: str, data: bytes | memoryview) -> bool:
    return bool(import_module(f"sousveil.unpack.render.{module}").has(data))


def renderer_named(module: str) -> Renderer:
    """Return the renderer that is the module of this name."""
    return next(r for r in RENDERERS if r.module == module)


def render(renderer: Renderer, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the renderings of a file, and what of it could not be rendered."""
    for module in (renderer.module, *renderer.beside):
        yield from import_module(f"sousveil.unpack.render.{module}").render(data, display, budget)
