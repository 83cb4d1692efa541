"""AppImages of type 2: a program with a SquashFS image behind its last section (AppImage specification, draft)."""

from __future__ import annotations

import struct
from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import part
from sousveil.unpack.image.squashfs import MAGICS
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(title="AppImages", ends=".AppImage", reads="The program and every file of the image behind it.")


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the program and the image. Raise NotOpened where none stands behind the program."""
    del name
    end = _end(source.read(0, 64))
    if source.read(end, 4) not in MAGICS:
        raise NotOpened("unsupported", "no SquashFS image stands behind the program")
    reading.opened = True
    reading.spread()
    yield part(source, 0, end, reading, "[program]")
    yield part(source, end, source.size, reading, "[image]")


def _end(head: bytes) -> int:
    """Return where a program's section headers end: the last thing of a linked file."""
    order = "<" if head[5:6] == b"\1" else ">"
    try:
        if head[4:5] == b"\2":
            start, size, count = struct.unpack_from(order + "Q", head, 40) + struct.unpack_from(order + "2H", head, 58)
        else:
            start, size, count = struct.unpack_from(order + "I", head, 32) + struct.unpack_from(order + "2H", head, 46)
    except struct.error:
        return 0
    return int(start + size * count)
