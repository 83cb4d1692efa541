"""Queries, JSON and XML that a program's strings hold, read as such."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from importlib import import_module

from msgspec.structs import replace

from sousveil.match.lexicon import Tag, builtin
from sousveil.model import Construct, Passage
from sousveil.read.unfinished import Unfinished, tell

Where = Callable[[int], str]
_SQL = re.compile(
    r"\s*(?:SELECT\s.{1,600}?\sFROM\s|CREATE\s+(?:TEMP\w*\s+)?(?:TABLE|VIEW|TYPE)\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|"
    r"UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|ALTER\s+TABLE\s)",
    re.IGNORECASE | re.DOTALL,
)


@functools.cache
def tagger() -> Callable[[str], Sequence[Tag]]:
    return builtin().tag


def embedded(
    data: bytes, text: str, start: int, end: int, encoding: str, where: Where, scope: tuple[str, ...] = ()
) -> list[Construct] | None:
    """Return what the reader of SQL, JSON or XML makes of a string in that language, None if it is in none."""
    text = text.lstrip()
    if _SQL.match(text):
        reader = "source.sql"
    elif len(text) >= 24 and text[:1] in "{[" and '"' in text and ":" in text:
        reader = "resource.json"
    elif len(text) >= 24 and re.match(r"<(?:\?xml|!--|[A-Za-z][\w:.-]*[\s>/])", text):
        reader = "resource.xml"
    else:
        return None
    from sousveil.read.text import Text

    inner = Text(data[start:end], encoding)
    whole = inner.utf8.decode("utf-8", "replace")
    hits = [
        len(whole[: tag.start].encode()) for tag in tagger()(whole) if tag.trait is not None and tag.strength != "weak"
    ]
    try:
        found = list(import_module(f"sousveil.read.{reader}").read(inner, hits))
    except Unfinished as late:
        found = list(late.constructs)
        tell(late.reason, f"a string at {start:#x}: {late.detail}")

    def place(passage: Passage) -> Passage:
        at = passage.offset + start
        return replace(passage, offset=at, line=0, column=0, where=where(at))

    def moved(one: Construct) -> Construct:
        members = tuple(replace(m, passage=place(m.passage)) for m in one.members)
        return replace(one, passage=place(one.passage), members=members, scope=(*scope, *one.scope))

    return [moved(one) for one in found] or None
