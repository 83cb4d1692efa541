"""The second pass: identifiers that the first pass found, looked for as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sousveil.match.engine import Engine, compile_patterns

MOST_PLACES = 20_000


@lru_cache(maxsize=8)
def _literal_engine(literals: tuple[str, ...], encoding: str) -> tuple[Engine | None, list[tuple[int, int, int]]]:
    unit = {"utf-16-le": 2, "utf-16-be": 2}.get(encoding, 1)
    zero = b"\\x00" if unit == 2 else b""
    inside, outside = b"[A-Za-z0-9_]", b"[^A-Za-z0-9_]"
    patterns: list[tuple[bytes, bool]] = []
    about: list[tuple[int, int, int]] = []
    for index, literal in enumerate(literals):
        if not literal:
            continue
        raw = literal.encode(encoding, "replace")
        body = b"".join(b"\\x%02x" % b for b in raw)
        lead = trail = b""
        if re.match(r"[A-Za-z0-9_]", literal):
            if encoding == "utf-16-le":
                lead = b"(?:^|" + outside + zero + b"|[^\\x00])"
            elif encoding == "utf-16-be":
                lead = b"(?:^|" + outside + b"|[^\\x00]" + inside + b")"
            else:
                lead = b"(?:^|" + outside + b")"
        wordlike = re.search(r"[A-Za-z0-9_]\Z", literal) is not None
        if wordlike:
            trail = b"(?:" + zero + outside + b"|\\z)" if encoding == "utf-16-be" else b"(?:" + outside + b"|\\z)"
        patterns.append((lead + body + trail, False))
        about.append((index, len(raw), (2 if encoding == "utf-16-be" else 1) if wordlike else 0))
    return Engine(compile_patterns(patterns)) if patterns else None, about


def find_literals(data: bytes | memoryview, literals: Sequence[str]) -> list[tuple[int, int]]:
    """Return index of the literal and byte offset for each place where one stands as a whole identifier, by offset.

    At most 20,000 places. Text in UTF-16 is recognised by its byte-order mark; every other encoding by its ASCII.
    """
    head = bytes(data[:2])
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(head, "utf-8")
    engine, about = _literal_engine(tuple(literals), encoding)
    out: list[tuple[int, int]] = []
    if engine is None:
        return out
    ends: list[tuple[int, int]] = []

    def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
        ends.append((number, end))
        return len(ends) >= MOST_PLACES

    engine.scan(data, handle)
    for number, end in ends:
        index, length, trail = about[number]
        raw = literals[index].encode(encoding, "replace")
        for cut in (trail, 0):
            start = end - cut - length
            if start >= 0 and bytes(data[start : start + length]) == raw:
                out.append((index, start))
                break
    return sorted(set(out), key=lambda o: (o[1], o[0]))
