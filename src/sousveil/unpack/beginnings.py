"""Where packed parts may begin in a program or behind it: looked for once, by whoever asks first."""

from __future__ import annotations

from collections.abc import Callable

from sousveil.beginnings import BYTES, KINDS, MOST
from sousveil.unpack.literals import Literals

Search = Callable[[bytes], list[tuple[int, int]] | None]
"""Returns start and number of each place where the first bytes of one stand, None where it cannot say."""
_LITERALS = Literals(BYTES)
_search: Search | None = None
_last: tuple[bytes, list[tuple[int, str]]] | None = None


def search_by(search: Search | None) -> None:
    """Have a program's bytes searched by who searches them for more; with None by a search for this alone."""
    global _search, _last
    _search, _last = search, None


def beginnings(data: bytes | memoryview) -> list[tuple[int, str]]:
    """Return where something may begin, and what, in order; no more than MOST.

    Of bytes it is remembered until `forget`, or until another file is asked about: a program is asked twice.
    """
    global _last
    if _last is not None and _last[0] is data:
        return _last[1]
    places = _search(data) if _search is not None and isinstance(data, bytes) else None
    places = _LITERALS.places(data, MOST) if places is None else sorted(_LITERALS.whole(data, places))
    found = [(at, KINDS[number]) for at, number in places]
    _last = (data, found) if isinstance(data, bytes) else None
    return found


def forget() -> None:
    """Let go of the file that is remembered."""
    global _last
    _last = None
