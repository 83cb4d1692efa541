"""Programs packed with UPX: unpacked by what their headers say, without running them.

Layout: UPX ``src/packhead.cpp`` (the header), ``src/pefile.cpp`` and ``src/p_lx_elf.cpp``. Programs of Windows are in
``upxwindows.py``, those of Linux and Android in ``upxelf.py``.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image import upxelf, upxwindows
from sousveil.unpack.image.parts import Damaged, behind
from sousveil.unpack.image.upxheader import headers
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable

ABOUT = About(
    title="Programs packed with UPX",
    ends=".exe .dll .so (and programs without an ending)",
    reads="The program of Windows, Linux or Android as it was, with its resources.",
    limits="Programs of macOS and DOS, and files whose marks were taken out. Calls in code stay as UPX wrote them.",
)
_SAID = "packed with UPX; unpack a copy with `upx -d`, which does not run it, and scan that too"
_MARKED = 4096
_ALTERED = re.compile(rb"UPX!(?=[\s\S]{0,3}[\0-\x08\x0e-\x1f\x80-\xff])")
"""The mark near the start, where the rest of its header was altered; in a text it is a word of an ordinary program."""


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the program. Raise NotOpened where it is packed in a way that is not read."""
    if source.size > reading.in_memory:
        raise NotOpened("packed", _SAID)
    data = source.read(0, source.size)
    try:
        program, end = (upxwindows if data.startswith(b"MZ") else upxelf).unpacked(data, reading)
    except (Damaged, struct.error) as error:
        if next(headers(data), None) is not None:
            why = error if isinstance(error, Damaged) else "its headers are cut off"
            raise NotOpened("packed", f"{_SAID} ({why})") from None
        raise NotOpened("packed" if _ALTERED.search(data, 0, _MARKED) else "", _SAID) from None
    reading.opened = True
    reading.count(len(program))
    ending = "." + name.rpartition(".")[2] if "." in name[-5:] else ""
    unpacked = f"[unpacked]{ending}"
    yield Item(unpacked.encode("utf-8", "surrogateescape"), unpacked, Memory(program))
    yield from reading.drain()
    yield from behind(source, end, reading)
    yield from reading.drain()
