"""A few byte strings looked for in one pass: many times faster than one search for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from sousveil.beginnings import PREFIX


class Literals:
    """Byte strings, compiled when first looked for. Not for threads."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        self._literals = tuple(literals)

    @cached_property
    def _database(self) -> Any:
        import hyperscan

        made = hyperscan.Database()
        escaped = ["".join(f"\\x{b:02x}" for b in literal[:PREFIX]).encode() for literal in self._literals]
        flags = [hyperscan.HS_FLAG_DOTALL] * len(escaped)
        made.compile(expressions=escaped, ids=list(range(len(escaped))), flags=flags)
        return made

    def places(self, data: bytes | memoryview, most: int = 1 << 20) -> list[tuple[int, int]]:
        """Return start and number of each place where one stands, in order; no more than ``most``."""
        import hyperscan

        sizes = [min(PREFIX, len(literal)) for literal in self._literals]
        found: list[tuple[int, int]] = []

        def met(number: int, _: int, end: int, flags: int, context: object = None) -> bool:
            found.append((end - sizes[number], number))
            return len(found) >= most

        try:
            self._database.scan(data, match_event_handler=met)
        except hyperscan.ScanTerminated:
            pass
        return sorted(self.whole(data, found))

    def whole(self, data: bytes | memoryview, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield those of ``places`` of their first bytes at which the whole of one stands."""
        for at, number in places:
            literal = self._literals[number]
            if len(literal) <= PREFIX or data[at + PREFIX : at + len(literal)] == literal[PREFIX:]:
                yield at, number
