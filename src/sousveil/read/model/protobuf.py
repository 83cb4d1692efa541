"""The protobuf wire format, walked without a schema or along one; see protobuf.dev/programming-guides/encoding."""

from __future__ import annotations

from collections.abc import Iterator

from sousveil.read.parts import Word

MOST_FIELDS = 2_000_000


class Broken(ValueError):
    """The bytes are no protobuf from here on."""


class Wire:
    """A message's bytes, with a bound on how many fields are looked at in all."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = MOST_FIELDS
        self.cut = ""
        """Where the bytes ceased to fit, and what was expected there; empty if they did not."""

    def fields(self, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield (number, wire type, start, end) of a message's fields; of a varint ``start`` is its value.

        Ends at the first byte that does not fit, and notes in ``cut`` which that was.
        """
        at = start
        while at < end:
            self.left -= 1
            if self.left < 0:
                self.cut = self.cut or f"offset {at}: more than {MOST_FIELDS:,} fields"
                return
            began = at
            try:
                key, at = self.varint(at, end)
                number, wire = key >> 3, key & 7
                if not number:
                    raise Broken("a field has the number 0")
                if wire == 0:
                    value, at = self.varint(at, end)
                    yield number, 0, value, at
                    continue
                if wire == 2:
                    size, at = self.varint(at, end)
                elif wire in (1, 5):
                    size = 8 if wire == 1 else 4
                else:
                    raise Broken(f"a field is of kind {wire}, which is none")
                if size > end - at:
                    raise Broken(f"a field of {size} bytes, {end - at} are left")
            except Broken as why:
                self.cut = self.cut or f"offset {began}: {why}"
                return
            yield number, wire, at, at + size
            at += size

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """Return a varint and where it ends; raise Broken where it does not within ten bytes."""
        value = shift = 0
        data = self.data
        while at < end and shift < 70:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
        raise Broken("a number does not end")

    def spans(self, span: tuple[int, int], *path: int) -> Iterator[tuple[int, int]]:
        """Yield the spans of the length-delimited fields that ``path`` leads to."""
        if not path:
            yield span
            return
        for number, wire, start, end in self.fields(*span):
            if wire == 2 and number == path[0]:
                yield from self.spans((start, end), *path[1:])

    def word(self, span: tuple[int, int], **more: str) -> Word:
        """Return a span as a word."""
        start, end = span
        return Word(self.data[start : min(end, start + 4000)].decode("utf-8", "replace"), start, end - start, **more)

    def words(self, span: tuple[int, int], *path: int) -> list[Word]:
        """Return the strings that ``path`` leads to."""
        return [self.word(s) for s in self.spans(span, *path)]

    def first(self, span: tuple[int, int], *path: int) -> Word | None:
        """Return the first string that ``path`` leads to."""
        return next((self.word(s) for s in self.spans(span, *path)), None)

    def number(self, span: tuple[int, int], *path: int) -> int | None:
        """Return the first number that ``path`` leads to."""
        for inner in self.spans(span, *path[:-1]):
            for number, wire, value, _ in self.fields(*inner):
                if number == path[-1] and wire == 0:
                    return value
        return None
