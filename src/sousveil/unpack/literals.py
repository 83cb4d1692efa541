"""A few byte strings looked for in one pass: many times faster than one search for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

_PREFIX = 4
"""Bytes of each that are looked for; the rest is compared. Longer ones, and zeros in them, cost half as much again."""


class Literals:
    """Byte strings, compiled when first looked for. Not for threads."""

    def __init__(self, literals: Sequence[bytes]) -> None:
        self._literals = tuple(literals)

    @cached_property
    def _database(self) -> Any:
        import hyperscan

        made = hyperscan.Database()
        escaped = ["".join(f"\\x{b:02x}" for b in literal[:_PREFIX]).encode() for literal in self._literals]
        flags = [hyperscan.HS_FLAG_DOTALL] * len(escaped)
        made.compile(expressions=escaped, ids=list(range(len(escaped))), flags=flags)
        return made

    def places(self, data: bytes | memoryview, most: int = 1 << 20) -> list[tuple[int, int]]:
        """Return start and number of each place where one stands, in order; no more than ``most``."""
        import hyperscan

        literals = self._literals
        found: list[tuple[int, int]] = []

        def met(number: int, _: int, end: int, flags: int, context: object = None) -> bool:
            literal = literals[number]
            if len(literal) <= _PREFIX:
                found.append((end - len(literal), number))
            elif data[end : end - _PREFIX + len(literal)] == literal[_PREFIX:]:
                found.append((end - _PREFIX, number))
            return len(found) >= most

        try:
            self._database.scan(data, match_event_handler=met)
        except hyperscan.ScanTerminated:
            pass
        return sorted(found)
