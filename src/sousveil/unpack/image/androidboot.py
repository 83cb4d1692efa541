"""Android boot images, versions 0 to 4. Layout: AOSP system/tools/mkbootimg/include/bootimg/bootimg.h."""

from __future__ import annotations

from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, piece, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Android boot images",
    ends=".img",
    reads="Kernel, ramdisk, second stage, device trees: each is then opened.",
)


def layout(head: bytes) -> list[tuple[str, int, int]]:
    """Return name, start and end of the parts, nothing where these bytes begin no boot image."""
    if len(head) < 2048 or not head.startswith(b"ANDROID!"):
        return []
    version = u32(head, 40)
    if version in (3, 4):
        page = 4096
        sizes = [("kernel", u32(head, 8)), ("ramdisk", u32(head, 12))]
    else:
        page = u32(head, 36)
        sizes = [("kernel", u32(head, 8)), ("ramdisk", u32(head, 16)), ("second", u32(head, 24))]
        if version in (1, 2):
            sizes.append(("recovery-dtbo", u32(head, 1632)))
        if version == 2:
            sizes.append(("dtb", u32(head, 1648)))
    if page not in (2048, 4096, 8192, 16384):
        return []
    found: list[tuple[str, int, int]] = []
    at = page
    for name, size in sizes:
        if size:
            found.append((name, at, at + size))
            at += -(-size // page) * page
    return found


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the parts. Raise NotOpened where there are none."""
    del name
    found = layout(source.read(0, 4096))
    if not found or found[0][2] > source.size:
        raise NotOpened("broken", "the header cannot be one")
    reading.opened = True
    for title, start, end in found:
        if end > source.size:
            reading.note("truncated", "ends beyond the file", title)
        if start < source.size:
            yield from piece(source, start, end, reading, title)
    yield from behind(source, found[-1][2], reading)
    yield from reading.drain()
