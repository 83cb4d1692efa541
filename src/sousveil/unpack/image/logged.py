"""File systems that are a log: nodes of versions, from which the last state is put together (JFFS2, UBIFS)."""

from __future__ import annotations

import stat
from collections.abc import Callable, Generator, Iterator

from sousveil.model import Limit
from sousveil.unpack.image.parts import MOST_NAME, Damaged, give, linked, special
from sousveil.unpack.reading import Item, NotOpened, Reading

MOST_NODES = 8_000_000
_MOST_FILE = 1 << 32
Piece = tuple[int, int, int, int, int, int]
"""Version, offset in the file, bytes there, place in the image, bytes there, compression."""


class Log:
    """What the nodes said. Later versions win, whatever their order."""

    def __init__(self, reading: Reading, root: int, expand: Callable[[int, int, int, int], bytes]) -> None:
        self._reading = reading
        self._root = root
        self._expand = expand
        """Given place, size, compression and most, what a piece unpacks to."""
        self._names: dict[tuple[int, bytes], tuple[int, int]] = {}
        self._inodes: dict[int, tuple[int, int, int, bytes]] = {}
        self._pieces: dict[int, dict[int, Piece]] = {}
        self._count = 0

    def _counted(self) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise NotOpened("cut", f"more than {MOST_NODES} nodes")

    def entry(self, parent: int, name: bytes, number: int, version: int) -> None:
        """Take note of a name in a folder; number 0: it was removed."""
        self._counted()
        if version >= self._names.get((parent, name), (-1, 0))[0]:
            self._names[parent, name] = (version, number)

    def inode(self, number: int, version: int, mode: int, size: int, target: bytes = b"") -> None:
        """Take note of a file's mode and size."""
        self._counted()
        if version >= self._inodes.get(number, (-1, 0, 0, b""))[0]:
            self._inodes[number] = (version, mode, size, target)

    def piece(self, number: int, piece: Piece) -> None:
        """Take note of a part of a file's content. Of two that begin at one place the later stays if it is as long."""
        self._counted()
        held = self._pieces.setdefault(number, {})
        old = held.get(piece[1])
        if old is None or piece[0] >= old[0]:
            held[piece[1]] = piece

    def files(self) -> Generator[Item | Limit]:
        """Yield the files by their folders, then those that no folder names."""
        folders: dict[int, list[tuple[bytes, int]]] = {}
        for (parent, name), (_, number) in self._names.items():
            if number:
                folders.setdefault(parent, []).append((name, number))
        seen: dict[int, bytes] = {self._root: b"."}
        stack = [(b"", self._root)]
        while stack:
            folder, parent = stack.pop()
            below: list[tuple[bytes, int]] = []
            for name, number in sorted(folders.get(parent, ())):
                self._reading.budget.tick()
                path = folder + name
                first = seen.setdefault(number, path)
                if first is not path:
                    linked(self._reading, path, first)
                elif number in folders or stat.S_ISDIR(self._inodes.get(number, (0, 0, 0, b""))[1]):
                    if len(path) < MOST_NAME:
                        below.append((path + b"/", number))
                    else:
                        self._reading.note("depth", "folders lie deeper than is followed", self._shown(path))
                else:
                    yield from self._file(path, number)
                yield from self._reading.drain()
            stack.extend(reversed(below))
        for number in sorted(self._inodes):
            if number not in seen and stat.S_ISREG(self._inodes[number][1]):
                yield from self._file(f"[inode {number}]".encode(), number)
        yield from self._reading.drain()

    def _shown(self, path: bytes) -> str:
        return self._reading.names.decode(path)

    def _file(self, path: bytes, number: int) -> Generator[Item | Limit]:
        found = self._inodes.get(number)
        if found is None:
            self._reading.note("broken", "a name whose file is not there", self._shown(path))
            return
        _, mode, size, target = found
        pieces = sorted(self._pieces.get(number, {}).values(), key=lambda p: p[1])
        if stat.S_ISLNK(mode) and not target and pieces:
            target = next(self._joined(pieces[:1], pieces[0][2]), b"")
        if special(self._reading, path, mode or stat.S_IFREG, target):
            return
        if size > _MOST_FILE:
            self._reading.note("broken", f"a file of {size} bytes", self._shown(path))
            return
        packed = sum(p[4] for p in pieces)
        yield from give(self._reading, path, size, self._joined(pieces, size), packed)

    def _joined(self, pieces: list[Piece], size: int) -> Iterator[bytes]:
        """Yield the pieces in the order of their offsets; where two overlap the later version's bytes."""
        at = 0
        n = 0
        while n < len(pieces) and at < size:
            group = [pieces[n]]
            end = pieces[n][1] + pieces[n][2]
            n += 1
            while n < len(pieces) and pieces[n][1] < end and len(group) < 256:
                group.append(pieces[n])
                end = max(end, pieces[n][1] + pieces[n][2])
                n += 1
            start = group[0][1]
            while at < start and at < size:
                hole = min(start - at, size - at, 1 << 20)
                yield bytes(hole)
                at += hole
            if len(group) == 1:
                data = self._data(group[0])
            else:
                whole = bytearray(end - start)
                for piece in sorted(group):
                    whole[piece[1] - start : piece[1] - start + piece[2]] = self._data(piece)
                data = bytes(whole)
            if at > start:
                data = data[at - start :]
            if data:
                yield data[: size - at]
                at += len(data)
        while at < size:
            hole = min(size - at, 1 << 20)
            yield bytes(hole)
            at += hole

    def _data(self, piece: Piece) -> bytes:
        _, _, most, place, packed, compression = piece
        data = self._expand(place, packed, compression, most)
        if len(data) < most:
            raise Damaged(f"a node at {place} gives {len(data)} bytes in the place of {most}")
        return data[:most]
