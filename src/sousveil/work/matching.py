"""Whether and where terms stand in a file's bytes, whatever its format sets beside them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sousveil.match import seams
from sousveil.match.together import Together
from sousveil.read.own_words import speaks
from sousveil.read.signatures import joined, matchable, spaced
from sousveil.unpack import is_plain_name, is_plain_start

if TYPE_CHECKING:
    from sousveil.match.database import Hit, Matcher


@functools.cache
def matcher() -> Matcher:
    """Return the compiled lexicon, one a process; forked workers find their parent's."""
    from sousveil.match.database import Matcher
    from sousveil.match.lexicon import builtin

    return Matcher(builtin())


@functools.cache
def room() -> Together:
    """Return the place where files are read together, one a process: new memory costs as much as reading."""
    return Together(matcher())


def may_be_plain(display: str) -> bool:
    """Return whether a file of this name may be text without a term, about which there is nothing to say."""
    return is_plain_name(display) and not spaced(display) and not speaks(display)


def is_plain(data: bytes | memoryview) -> bool:
    """Return whether a file in which no term and no NUL stands, and which `may_be_plain`, is that."""
    return not seams.may_be(data) and is_plain_start(data)


def holds(display: str, data: bytes | memoryview) -> bool:
    """Return whether any term stands in a file."""
    engine = matcher()
    if joined(display) and engine.near(data) == []:
        return False
    if engine.matches(matchable(display, data), display):
        return True
    view = seams.view(data, display, engine.near)
    return view is not None and engine.matches(view, display)


def places(display: str, data: bytes) -> tuple[list[Hit], bool]:
    """Return every hit in a file, and whether that is all of them."""
    engine = matcher()
    found = engine.match(matchable(display, data), display)
    hits = list(found)
    if view := seams.view(data, display, engine.near):
        hits += engine.match(view, display)
    return hits, not found.truncated


def named(display: str, data: bytes | memoryview, names: Sequence[str]) -> list[int]:
    """Return the offsets at which ``names`` stand in a file as whole identifiers."""
    from sousveil.match.database import find_literals

    if joined(display):
        whole = bytes(data)
        if not any(name.encode() in whole for name in names):
            return []
    return [offset for _, offset in find_literals(matchable(display, data), names)]
