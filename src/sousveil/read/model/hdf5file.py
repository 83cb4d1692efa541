"""The objects of an HDF5 file: superblock, groups, object headers, attributes; bounded, and each object once.

After the HDF5 File Format Specification, version 3.0; lengths and offsets are read as the superblock sizes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from sousveil.read.parts import Word
from sousveil.read.unfinished import tell

MAGIC = b"\x89HDF\r\n\x1a\n"
_MOST_NODES = 20_000
_MOST_MESSAGES = 400_000
_MOST_VALUES = 60_000
_MOST_COLUMNS = 2000
_DEEP = 16
_PROPERTIES = {0: 4, 1: 12, 2: 2, 3: 0, 4: 4, 7: 0}
"""Bytes behind the head of a type of each class whose size is fixed."""
_NIL = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


class Attribute(Struct, frozen=True):
    """An attribute with its strings."""

    name: Word
    values: list[Word]


class Node(Struct):
    """A group or data set."""

    path: str
    title: Word | None = None
    children: list[Word] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    columns: list[Word] = field(default_factory=list)
    values: list[Word] = field(default_factory=list)


class _Type(Struct, frozen=True):
    """Of a datatype message: whether it is a string, how long one element is, a compound's columns."""

    kind: str
    size: int
    columns: list[Word]


class _Bad(ValueError):
    pass


class File:
    """Walks the file from its root; ``nodes`` is what was found, ``why`` what stopped it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.nodes: list[Node] = []
        self.why = ""
        self._o = self._l = 8
        self._base = 0
        self._left = _MOST_MESSAGES
        self._seen: set[int] = set()
        self._values = _MOST_VALUES

    def walk(self) -> None:
        """Find every object that can be reached."""
        try:
            waiting: list[tuple[int, str, Word | None]] = [(self._root(), "/", None)]
        except _Bad as error:
            self.why = str(error)
            return
        while waiting:
            address, path, title = waiting.pop()
            if address in self._seen:
                continue
            self._seen.add(address)
            if len(self.nodes) >= _MOST_NODES:
                self.why = f"more than {_MOST_NODES} objects"
                return
            node = Node(path, title)
            self.nodes.append(node)
            try:
                for name, target in self._object(address, node):
                    node.children.append(name)
                    if target is not None:
                        waiting.append((target, f"{path.rstrip('/')}/{name.text}"[:500], name))
            except _Bad as error:
                self.why = self.why or f"{path}: {error}"

    def _n(self, at: int, size: int) -> int:
        if at < 0 or at + size > len(self.data):
            raise _Bad(f"offset {at} lies behind the end")
        return int.from_bytes(self.data[at : at + size], "little")

    def _text(self, at: int, most: int = 4096) -> Word:
        if not 0 <= at < len(self.data):
            raise _Bad(f"offset {at} lies behind the end")
        end = self.data.find(b"\0", at, at + most)
        end = min(at + most, len(self.data)) if end < 0 else end
        return Word(self.data[at:end].decode("utf-8", "replace"), at, end - at)

    def _root(self) -> int:
        version = self._n(8, 1)
        if version < 2:
            self._o, self._l = self._n(13, 1), self._n(14, 1)
            self._check()
            at = 24 + (4 if version == 1 else 0)
            self._base = self._n(at, self._o)
            return self._n(at + 5 * self._o, self._o) + self._base
        if version > 3:
            raise _Bad(f"superblock version {version}")
        self._o, self._l = self._n(9, 1), self._n(10, 1)
        self._check()
        self._base = self._n(12, self._o)
        return self._n(12 + 3 * self._o, self._o) + self._base

    def _check(self) -> None:
        if self._o not in (2, 4, 8) or self._l not in (2, 4, 8):
            raise _Bad("sizes of offsets and lengths")

    # Object headers.

    def _object(self, address: int, node: Node) -> list[tuple[Word, int | None]]:
        links: list[tuple[Word, int | None]] = []
        kind = _Type("", 0, [])
        layout = (0, 0)
        for message, start, end in self._messages(address):
            if message == 0x11:
                links += self._symbols(self._n(start, self._o), self._n(start + self._o, self._o))
            elif message == 0x06:
                link = self._link(start, end)
                if link:
                    links.append(link)
            elif message == 0x0C:
                attribute = self._attribute(start, end)
                if attribute:
                    node.attributes.append(attribute)
            elif message == 0x03:
                kind = self._datatype(start, end)
            elif message == 0x08:
                layout = self._layout(start)
        node.columns = kind.columns
        if kind.kind in ("fixed", "vlen") and layout[1] and kind.size:
            node.values = self._strings(kind, layout[0], layout[1] // kind.size)
        return links

    def _messages(self, address: int) -> list[tuple[int, int, int]]:
        out: list[tuple[int, int, int]] = []
        second = self.data[address : address + 4] == b"OHDR"
        blocks: list[tuple[int, int]] = []
        if second:
            flags = self._n(address + 5, 1)
            at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            width = 1 << (flags & 3)
            size = self._n(at, width)
            blocks.append((at + width, at + width + size))
            head = 6 if flags & 4 else 4
        else:
            if self._n(address, 1) != 1:
                raise _Bad(f"offset {address}: no object header")
            size = self._n(address + 8, 4)
            blocks.append((address + 16, address + 16 + size))
            head = 8
        seen = {blocks[0][0]}
        while blocks:
            at, end = blocks.pop(0)
            end = min(end, len(self.data))
            while at + head <= end:
                self._left -= 1
                if self._left < 0:
                    raise _Bad("more messages than are walked")
                kind, size, flags = self._n(at, 1 if second else 2), self._n(at + (1 if second else 2), 2), 0
                flags = self._n(at + (3 if second else 4), 1)
                at += head
                if at + size > end:
                    break
                if kind == 0x10:
                    start, length = self._n(at, self._o) + self._base, self._n(at + self._o, self._l)
                    if start not in seen:
                        seen.add(start)
                        # In version 2 a continuation has a signature and a checksum.
                        blocks.append((start + 4, start + length - 4) if second else (start, start + length))
                elif not flags & 2:
                    out.append((kind, at, at + size))
                at += size
        return out

    def _symbols(self, tree: int, heap: int) -> list[tuple[Word, int | None]]:
        """Return a group's links by its B-tree (version 1) and local heap."""
        heap += self._base
        if self.data[heap : heap + 4] != b"HEAP":
            raise _Bad(f"offset {heap}: no local heap")
        names = self._n(heap + 8 + 2 * self._l, self._o) + self._base
        out: list[tuple[Word, int | None]] = []
        waiting, seen = [tree + self._base], set()
        while waiting:
            at = waiting.pop()
            self._left -= 1
            if at in seen or self._left < 0:
                continue
            seen.add(at)
            if self.data[at : at + 4] == b"TREE":
                step = self._l + self._o
                start = at + 8 + 2 * self._o + self._l
                count = min(self._n(at + 6, 2), self._left)
                self._left -= count
                waiting += [self._n(start + i * step, self._o) + self._base for i in range(count)]
            elif self.data[at : at + 4] == b"SNOD":
                for i in range(min(self._n(at + 6, 2), self._left)):
                    self._left -= 1
                    entry = at + 8 + i * (2 * self._o + 24)
                    name = self._text(names + self._n(entry, self._o))
                    target = self._n(entry + self._o, self._o)
                    out.append((name, None if target in _NIL else target + self._base))
        return out

    def _link(self, start: int, end: int) -> tuple[Word, int | None] | None:
        flags = self._n(start + 1, 1)
        at = start + 2
        kind = 0
        if flags & 8:
            kind, at = self._n(at, 1), at + 1
        at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        size = self._n(at, width)
        at += width
        if at + size > end:
            return None
        name = Word(self.data[at : at + size].decode("utf-8", "replace"), at, size)
        return name, self._n(at + size, self._o) + self._base if kind == 0 else None

    # Types and values.

    def _datatype(self, start: int, end: int) -> _Type:
        head = self._n(start, 1)
        version, kind = head >> 4, head & 15
        size = self._n(start + 4, 4)
        if kind == 3:
            return _Type("fixed", size, [])
        if kind == 9:
            return _Type("vlen" if self._n(start + 1, 1) & 15 == 1 else "", size, [])
        if kind == 6:
            return _Type("", size, self._compound(start, end, version))
        return _Type("", size, [])

    def _compound(self, start: int, end: int, version: int) -> list[Word]:
        """Return a table's column names."""
        return [name for name, _ in self._columns(start, end, version, 0)]

    def _columns(self, start: int, end: int, version: int, depth: int) -> Iterator[tuple[Word, int]]:
        """Yield a compound type's names, each with the place behind its type (IV.A.2.d, class 6)."""
        at = start + 8
        total = self._n(start + 4, 4)
        width = max(1, (total.bit_length() + 7) // 8)
        for number in range(self._n(start + 1, 2)):
            if at >= end:
                return
            if number >= _MOST_COLUMNS:
                tell("cut", f"more than {_MOST_COLUMNS:,} columns of one table: the first were read")
                return
            name = self._text(at, end - at)
            length = name.length + 1
            at += length if version >= 3 else (length + 7) // 8 * 8
            # An offset; in the first version room for four dimensions, too.
            at += width if version >= 3 else 32 if version == 1 else 4
            at = self._behind(at, end, depth + 1)
            yield name, at

    def _behind(self, start: int, end: int, depth: int) -> int:
        """Return where a type ends."""
        if depth > _DEEP or start >= end:
            raise _Bad(f"offset {start}: a type in types without end")
        version, kind = self._n(start, 1) >> 4, self._n(start, 1) & 15
        at = start + 8
        if kind == 5:
            return at + self._n(start + 1, 1)
        if kind == 6:
            return max((behind for _, behind in self._columns(start, end, version, depth)), default=at)
        if kind == 8:
            base = at
            at = self._behind(at, end, depth + 1)
            count = self._n(start + 1, 2)
            for _ in range(count):
                length = self._text(at, max(1, end - at)).length + 1
                at += length if version >= 3 else (length + 7) // 8 * 8
            return at + count * self._n(base + 4, 4)
        if kind == 9:
            return self._behind(at, end, depth + 1)
        if kind == 10:
            rank = self._n(at, 1)
            return self._behind(at + (1 + 4 * rank if version >= 3 else 4 + 8 * rank), end, depth + 1)
        if kind not in _PROPERTIES:
            raise _Bad(f"offset {start}: a type of unknown class {kind}")
        return at + _PROPERTIES[kind]

    def _attribute(self, start: int, end: int) -> Attribute | None:
        version = self._n(start, 1)
        name_size, type_size, space_size = (self._n(start + i, 2) for i in (2, 4, 6))
        at = start + (9 if version == 3 else 8)

        def padded(size: int) -> int:
            return (size + 7) // 8 * 8 if version == 1 else size

        if at + name_size > end:
            return None
        name = self._text(at, max(1, name_size))
        at += padded(name_size)
        kind = self._datatype(at, end)
        at += padded(type_size)
        count = self._extent(at) if space_size else 1
        at += padded(space_size)
        values: list[Word] = []
        if kind.kind and kind.size:
            values = self._strings(kind, at, min(count, max(0, end - at) // kind.size))
        return Attribute(name, values)

    def _extent(self, at: int) -> int:
        version, rank = self._n(at, 1), self._n(at + 1, 1)
        start = at + (8 if version == 1 else 4)
        count = 1
        for i in range(min(rank, 32)):
            count *= self._n(start + i * self._l, self._l)
        return count

    def _strings(self, kind: _Type, at: int, count: int) -> list[Word]:
        out: list[Word] = []
        for i in range(min(count, self._values)):
            start = at + i * kind.size
            if kind.kind == "fixed":
                if start + kind.size > len(self.data):
                    break
                out.append(self._text(start, kind.size))
            elif word := self._global(start):
                out.append(word)
        self._values -= len(out)
        return out

    def _global(self, at: int) -> Word | None:
        """Return a string of variable length from the global heap it lies in."""
        size, heap, index = self._n(at, 4), self._n(at + 4, self._o), self._n(at + 4 + self._o, 4)
        if heap in _NIL or not size:
            return None
        heap += self._base
        if self.data[heap : heap + 4] != b"GCOL":
            raise _Bad(f"offset {heap}: no global heap")
        end = min(heap + self._n(heap + 8, self._l), len(self.data))
        entry = heap + 8 + self._l
        while entry + 8 + self._l <= end:
            self._left -= 1
            number, length = self._n(entry, 2), self._n(entry + 8, self._l)
            if not number or self._left < 0:
                break
            start = entry + 8 + self._l
            if number == index:
                length = min(length, size, end - start)
                return Word(self.data[start : start + min(length, 4000)].decode("utf-8", "replace"), start, length)
            entry = start + (length + 7) // 8 * 8
        return None

    def _layout(self, start: int) -> tuple[int, int]:
        """Return address and size of data that lies in one piece, (0, 0) of chunks."""
        version = self._n(start, 1)
        if version in (3, 4):
            kind = self._n(start + 1, 1)
            if kind == 0:
                return start + 4, self._n(start + 2, 2)
            if kind == 1:
                address = self._n(start + 2, self._o)
                if address not in _NIL:
                    return address + self._base, self._n(start + 2 + self._o, self._l)
        return 0, 0
