"""Old PowerPoint presentations: the text atoms in the order of the stream ([MS-PPT])."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import Flow, Writing, inside
from sousveil.unpack.render.ole import Compound

ABOUT = About(
    title="PowerPoint 97 to 2003",
    ends=".ppt .pps .pot",
    reads="The text of slides and notes with the slide's number.",
    limits="Encrypted presentations; tables come as lines; pictures.",
)
_ATOMS = 400_000
_DEEP = 40


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the presentation's text as Markdown."""
    try:
        compound = Compound(data)
    except ValueError as error:
        yield Limit(display, "broken", f"compound file: {error}"[:200])
        return
    raw = compound.stream("PowerPoint Document")
    encrypted = compound.kind == "encrypted" or b"\xdf\xc4\xd1\xf3" in compound.stream("Current User")[:24]
    compound.close()
    yield from compound.unread(display)
    if encrypted:
        yield Limit(display, "encrypted", "the presentation is encrypted")
        return
    writing = Writing()
    flow = Flow(writing)
    slide = count = 0
    deep = False
    ends = [len(raw)]
    at = 0
    while at + 8 <= len(raw) and count < _ATOMS:
        while len(ends) > 1 and at >= ends[-1]:
            ends.pop()
        count += 1
        version, kind, size = struct.unpack_from("<HHI", raw, at)
        start, stop = at + 8, min(at + 8 + size, len(raw))
        if kind in (0x03EE, 0x03F3):
            # A slide's container, or its mark in the list of the slides' text.
            slide += 1
        if kind == 0x0FA0:
            flow.line(raw[start:stop].decode("utf-16-le", "replace").replace("\x0b", "\n"), f"slide {slide}")
        elif kind == 0x0FA8:
            flow.line(raw[start:stop].decode("latin-1").replace("\x0b", "\n"), f"slide {slide}")
        if version & 0xF == 0xF and len(ends) < _DEEP:
            ends.append(stop)
            at = start
        else:
            deep = deep or version & 0xF == 0xF
            at = stop
    flow.flush()
    if count >= _ATOMS:
        yield Limit(display, "cut", f"more than {_ATOMS} records; the rest was not read")
    if deep:
        yield Limit(display, "depth", f"records nested deeper than {_DEEP} were not read")
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, "text.md"))
