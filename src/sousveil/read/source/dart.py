"""Dart: data classes, enumerations, functions, read with Java's grammar; what it does not know is blanked out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct
from sousveil.read.source.engine import read as read_with
from sousveil.read.source.java import Java
from sousveil.read.text import Text

EXTENSIONS = (".dart",)

# ``Future<int?> f() async {``: Java has no such word there, and no such mark behind a type.
_ASYNC = re.compile(rb"\b(?:async|sync)\*?(?=\s*(?:\{|=>))|(?<=\w)\?(?=[>,]|\s+\w)")


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


class Dart(Java):
    """Classes, enumerations and functions of Dart."""

    language = "dart"

    def grammar(self) -> str:
        return "java"

    def mask(self, target: bytearray, ranges: Sequence[tuple[int, int]]) -> None:
        for start, end in ranges:
            target[start:end] = _ASYNC.sub(_blank, bytes(target[start:end]))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Dart, text, hits)
