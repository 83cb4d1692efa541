"""Outlook messages: subject, body, attached files ([MS-OXMSG])."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import Writing, inside
from sousveil.unpack.render.ole import Compound

ABOUT = About(
    title="Outlook messages",
    ends=".msg",
    reads="Subject and body, plain or HTML; attached files and messages in them.",
    limits="Encrypted messages; a body that is there as compressed RTF alone; who wrote to whom.",
)
_ATTACHMENTS = 500
_STREAM = re.compile(r"(?P<place>(?:.*/)?)__substg1\.0_(?P<tag>[0-9A-F]{4})(?P<type>[0-9A-F]{4})\Z", re.IGNORECASE)
_SUBJECT, _BODY, _HTML, _RTF, _DATA, _LONG, _SHORT = "0037", "1000", "1013", "1009", "3701", "3707", "3704"


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the message's text and its attachments."""
    try:
        compound = Compound(data)
    except ValueError as error:
        yield Limit(display, "broken", f"compound file: {error}"[:200])
        return
    try:
        yield from _message(compound, display, budget)
        yield from compound.unread(display)
    finally:
        compound.close()


def _message(compound: Compound, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    # Messages and attachments by the storage they lie in.
    places: dict[str, dict[str, tuple[str, str]]] = {}
    for name in compound.names:
        found = _STREAM.match(name)
        if found is not None:
            kept = places.setdefault(found["place"].rstrip("/"), {})
            kept.setdefault(found["tag"].upper(), (name, found["type"].upper()))
    if len(places) > _ATTACHMENTS:
        yield Limit(display, "cut", f"{len(places)} parts; the first {_ATTACHMENTS} were read")
    for place, streams in sorted(places.items())[:_ATTACHMENTS]:
        attached = place.count("__attach")
        label = f"attachment {place.rpartition('#')[2][:8]}" if attached else "message"
        if _DATA in streams:
            raw = compound.stream(streams[_DATA][0])
            named = streams.get(_LONG) or streams.get(_SHORT)
            name = _words(compound, named) if named else ""
            yield Entry(inside(display, name or label), b"", len(raw), raw, inside=True)
        elif _SUBJECT in streams or _BODY in streams or _HTML in streams:
            yield from _text(compound, streams, display, f"{label}-" if attached else "", budget)


def _text(
    compound: Compound, streams: dict[str, tuple[str, str]], display: str, prefix: str, budget: Budget
) -> Iterator[Entry | Limit]:
    writing = Writing()
    if _SUBJECT in streams:
        writing.heading(1, _words(compound, streams[_SUBJECT])[:400], "subject")
    if _BODY in streams:
        for number, line in enumerate(_words(compound, streams[_BODY]).split("\n"), 1):
            writing.paragraph([(line, f"line {number} of the body")])
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, f"{prefix}text.md"))
    if _HTML in streams and _BODY not in streams:
        raw = compound.stream(streams[_HTML][0])
        yield Entry(inside(display, f"{prefix}body.html"), b"", len(raw), raw)
    elif _RTF in streams and _BODY not in streams:
        yield Limit(display, "not-understood", "the body is there as compressed RTF alone; it was not read")


def _words(compound: Compound, stream: tuple[str, str]) -> str:
    name, kind = stream
    raw = compound.stream(name)
    if kind == "001F":
        return raw.decode("utf-16-le", "replace").rstrip("\0").replace("\r\n", "\n")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec).rstrip("\0").replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace").rstrip("\0").replace("\r\n", "\n")
