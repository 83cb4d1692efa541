"""File systems whose folders name inodes by number: each inode once, its other names as links."""

from __future__ import annotations

import stat
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol, TypeVar

from sousveil.model import Limit
from sousveil.unpack.image.parts import MOST_NAME, Damaged, behind, linked
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable


class Inode(Protocol):
    """A file, a folder or a link."""

    mode: int


Node = TypeVar("Node", bound=Inode)


class Volume(Protocol[Node]):
    """A file system."""

    root: int
    """The inode of the outermost folder."""

    @property
    def end(self) -> int:
        """Return how many bytes it says it takes."""
        ...

    def inode(self, number: int) -> Node:
        """Return an inode. Raise Damaged."""
        ...

    def entries(self, inode: Node) -> Iterator[tuple[bytes, int]]:
        """Yield name and inode of what is in a folder. Raise Damaged."""
        ...


def files(
    opened: Callable[[], Volume[Node]],
    source: Seekable,
    reading: Reading,
    one: Callable[[Any, bytes, Node], Generator[Item | Limit]],
    run: int = 1,
) -> Generator[Item | Limit]:
    """Yield what ``one`` gives for each inode that is no folder, in the order of the folders.

    ``opened`` opens the file system, which ``one`` is given too; ``run`` is that of ``Reading.spread``. Raise NotOpened
    if there is no root folder.
    """
    try:
        image = opened()
        root = image.inode(image.root)
        if not stat.S_ISDIR(root.mode):
            raise Damaged("the root is no folder")
    except Damaged as error:
        raise NotOpened("broken", str(error)) from None
    reading.opened = True
    reading.spread(run)
    if image.end > source.size:
        reading.note("truncated", f"{source.size} of {image.end} bytes are there")
    seen: dict[int, bytes] = {image.root: b"."}
    stack = [(b"", root)]
    while stack:
        folder, inode = stack.pop()
        below: list[tuple[bytes, Node]] = []
        try:
            for short, number in image.entries(inode):
                reading.budget.tick()
                path = folder + short
                first = seen.setdefault(number, path)
                if first is not path:
                    linked(reading, path, first)
                elif (found := _inode(image, number, path, reading)) is None:
                    pass
                elif not stat.S_ISDIR(found.mode):
                    yield from one(image, path, found)
                elif len(path) > MOST_NAME:
                    reading.note("depth", "folders lie deeper than is followed", reading.names.decode(path))
                else:
                    below.append((path + b"/", found))
                yield from reading.drain()
        except (Damaged, NotOpened) as error:
            reading.note(getattr(error, "reason", "broken"), str(error), reading.names.decode(folder or b"/"))
        yield from reading.drain()
        stack.extend(reversed(below))
    yield from behind(source, image.end, reading)
    yield from reading.drain()


def _inode(image: Volume[Node], number: int, path: bytes, reading: Reading) -> Node | None:
    try:
        return image.inode(number)
    except Damaged as error:
        reading.note("broken", str(error), reading.names.decode(path))
        return None
