"""Programs packed with UPX: said, with what to do. Marks: UPX src/conf.h."""

from __future__ import annotations

from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Programs packed with UPX",
    ends=".exe .dll .so",
    reads="That they are packed.",
    limits="What they hold: unpack a copy with `upx -d`, which does not run it, and scan that too.",
)


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Raise NotOpened: the program is read as it is."""
    raise NotOpened("packed", "packed with UPX; unpack a copy with `upx -d`, which does not run it, and scan that too")
