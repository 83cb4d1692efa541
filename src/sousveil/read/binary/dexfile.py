"""The tables of a DEX file. Source: the Dalvik executable format and bytecode pages of the Android documentation."""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.javaclass import mutf8
from sousveil.read.binary.managed import Word

NONE = 0xFFFFFFFF

# Code units of each instruction: format by opcode.
_UNITS = "112312312311111111123223522321122122333112333"  # 00 to 2c
UNITS = bytearray([int(x) for x in _UNITS] + [1] * (256 - len(_UNITS)))
for _first, _last, _size in (
    (0x2D, 0x31, 2), (0x32, 0x3D, 2), (0x3E, 0x43, 1), (0x44, 0x6D, 2), (0x6E, 0x72, 3), (0x74, 0x78, 3),
    (0x7B, 0x8F, 1), (0x90, 0xAF, 2), (0xB0, 0xCF, 1), (0xD0, 0xE2, 2), (0xFA, 0xFB, 4), (0xFC, 0xFD, 3),
    (0xFE, 0xFF, 2),
):  # fmt: skip
    UNITS[_first : _last + 1] = bytes([_size]) * (_last + 1 - _first)


class Dex:
    """Strings, types, fields, methods and classes of a DEX file, decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        if not re.match(rb"dex\n0\d\d\0", data[:8]):
            raise Damaged("no DEX header")
        head = Cursor(data, 56)
        tables = [(head.u4(), head.u4()) for _ in range(6)]
        sizes = (4, 4, 12, 8, 8, 32)
        for (count, offset), size in zip(tables, sizes, strict=True):
            if count and offset + count * size > len(data):
                raise Damaged(f"a table of {count} entries at {offset} ends behind the file")
        self.strings, self.types, self.protos, self.fields, self.methods, self.classes = tables
        self._words: dict[int, Word] = {}
        count, offset = self.strings
        self.string_offsets = struct.unpack_from(f"<{count}I", data, offset) if count else ()
        self._sorted: list[tuple[int, int]] | None = None

    def _entry(self, table: tuple[int, int], size: int, index: int, form: str) -> tuple[int, ...]:
        count, offset = table
        if not 0 <= index < count:
            raise Damaged(f"entry {index} of a table of {count}")
        return struct.unpack_from(form, self.data, offset + index * size)

    def span(self, index: int) -> tuple[int, int]:
        """Return where a string's bytes stand."""
        if not 0 <= index < len(self.string_offsets):
            raise Damaged(f"string {index} of {len(self.string_offsets)}")
        cursor = Cursor(self.data, self.string_offsets[index])
        cursor.leb(5)
        end = self.data.find(b"\0", cursor.at)
        return cursor.at, len(self.data) if end < 0 else end

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where each string's bytes stand."""
        data, last = self.data, len(self.data) - 1
        for index, offset in enumerate(self.string_offsets):
            if offset < last and data[offset] < 0x80:  # nearly every string: its length is one byte
                end = data.find(b"\0", offset + 1)
                yield offset + 1, last + 1 if end < 0 else end
            else:
                yield self.span(index)

    def word(self, index: int) -> Word:
        """Return a string."""
        found = self._words.get(index)
        if found is None:
            start, end = self.span(index)
            text = mutf8(self.data[start : min(end, start + 8000)])
            found = self._words[index] = Word(text, start, end - start)
        return found

    def string_at(self, offset: int) -> int:
        """Return the index of the string that covers a place, -1 for none."""
        if self._sorted is None:
            self._sorted = sorted((o, i) for i, o in enumerate(self.string_offsets))
        at = bisect_right(self._sorted, (offset, 1 << 40)) - 1
        if at < 0:
            return -1
        index = self._sorted[at][1]
        start, end = self.span(index)
        return index if start <= offset < end else -1

    def type_word(self, index: int) -> Word:
        """Return a type's descriptor."""
        return self.word(self._entry(self.types, 4, index, "<I")[0])

    def field(self, index: int) -> tuple[int, int, int]:
        """Return class and type (indexes of types) and name (index of a string)."""
        owner, kind, name = self._entry(self.fields, 8, index, "<HHI")
        return owner, kind, name

    def method(self, index: int) -> tuple[int, int, int]:
        """Return class (index of a type), prototype and name (index of a string)."""
        owner, proto, name = self._entry(self.methods, 8, index, "<HHI")
        return owner, proto, name

    def proto(self, index: int) -> tuple[int, list[int]]:
        """Return the result's type and the parameters' types."""
        _, result, parameters = self._entry(self.protos, 12, index, "<III")
        return result, self.type_list(parameters)

    def type_list(self, offset: int) -> list[int]:
        """Return a list of types."""
        if not offset:
            return []
        cursor = Cursor(self.data, offset)
        count = cursor.u4()
        at = cursor.skip(2 * count)
        return list(struct.unpack_from(f"<{count}H", self.data, at))

    def class_def(self, index: int) -> tuple[int, ...]:
        """Return class, flags, superclass, interfaces, source file, annotations, data, static values."""
        return self._entry(self.classes, 32, index, "<8I")

    def class_data(
        self, offset: int
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int, int]]]:
        """Return static fields, instance fields (index, flags) and methods (index, flags, code)."""
        if not offset:
            return [], [], []
        cursor = Cursor(self.data, offset)
        counts = [cursor.leb(5) for _ in range(4)]
        if sum(counts) > (len(self.data) - offset) // 2 + 1:
            raise Damaged(f"{sum(counts)} members of a class at {offset}")
        fields: list[list[tuple[int, int]]] = []
        for count in counts[:2]:
            index, found = 0, []
            for _ in range(count):
                index += cursor.leb(5)
                found.append((index, cursor.leb(5)))
            fields.append(found)
        methods: list[tuple[int, int, int]] = []
        for count in counts[2:]:
            index = 0
            for _ in range(count):
                index += cursor.leb(5)
                methods.append((index, cursor.leb(5), cursor.leb(5)))
        return fields[0], fields[1], methods

    def values(self, cursor: Cursor, count: int, depth: int = 0) -> list[Word | str]:
        """Return encoded values: strings where they lie, numbers and names as text."""
        if depth > 20:
            raise Damaged("values nested deeper than 20")
        out: list[Word | str] = []
        for _ in range(count):
            head = cursor.u1()
            kind, size = head & 0x1F, (head >> 5) + 1
            if kind == 0x1C:
                out += self.values(cursor, min(cursor.leb(5), cursor.end - cursor.at), depth + 1)
            elif kind == 0x1D:
                cursor.leb(5)
                for _ in range(min(cursor.leb(5), cursor.end - cursor.at)):
                    cursor.leb(5)
                    out += [v for v in self.values(cursor, 1, depth + 1) if isinstance(v, Word)]
            elif kind in (0x1E, 0x1F):
                out.append("null" if kind == 0x1E else str(size > 1).lower())
            else:
                raw = cursor.take(size)
                number = int.from_bytes(raw, "little", signed=kind in (0, 2, 4, 6))
                if kind == 0x17:
                    out.append(self.word(number))
                elif kind == 0x1B:
                    out.append(self.word(self.field(number)[2]))
                else:
                    out.append(str(number) if kind in (0, 2, 3, 4, 6) else "")
        return out
