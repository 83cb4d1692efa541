"""UBI images: the volumes on raw flash, put together from their erase blocks.

Layout: Linux drivers/mtd/ubi/ubi-media.h.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.measure import jffs2_ubi, ubi_block, ubi_header
from sousveil.unpack.image.parts import behind, u16, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable, Stream

ABOUT = About(
    title="UBI images",
    ends=".ubi .img",
    reads="Every volume, put together from its erase blocks; UBIFS and SquashFS in it are then opened.",
)
_LAYOUT = 0x7FFFEFFF
_MOST_BLOCKS = 1 << 20


class _Block:
    __slots__ = ("place", "sequence", "size")

    def __init__(self, place: int, sequence: int, size: int) -> None:
        self.place = place
        self.sequence = sequence
        self.size = size


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the volumes by their numbers. Raise NotOpened if there is no second erase block to tell their size by."""
    del name
    if not ubi_header(source.read(0, 64)):
        raise NotOpened("broken", "the first erase block's header has a wrong checksum")
    peb = ubi_block(source, 0)
    if not peb:
        raise NotOpened("broken", "no second erase block where one could be")
    volumes: dict[int, dict[int, _Block]] = {}
    end = broken = 0
    for number in range(min(source.size // peb, _MOST_BLOCKS)):
        reading.fed(1)
        at = number * peb
        head = source.read(at, 64)
        if not ubi_header(head):
            if head.strip(b"\xff"):
                broken += 1
                if broken > 64 and number > 4 * end // peb:
                    break
            continue
        end = at + peb
        mark, data = u32(head, 16, "big"), u32(head, 20, "big")
        if not 64 <= mark < data < peb:
            continue
        volume = source.read(at + mark, 64)
        if volume[:4] != b"UBI!" or jffs2_ubi(volume[:60]) != u32(volume, 60, "big"):
            continue
        padding = u32(volume, 28, "big")
        static = volume[5] == 2
        size = min(u32(volume, 20, "big") if static else peb - data - padding, peb - data)
        if size <= 0:
            continue
        made = _Block(at + data, u64(volume, 40, "big"), size)
        held = volumes.setdefault(u32(volume, 8, "big"), {})
        logical = u32(volume, 12, "big")
        if logical not in held or held[logical].sequence < made.sequence:
            held[logical] = made
    if not volumes:
        raise NotOpened("broken", "no erase block belongs to a volume")
    reading.opened = True
    names = _names(source, volumes.pop(_LAYOUT, {}))
    most = 16 * (end // peb) + 8192
    for number, blocks in sorted(volumes.items()):
        title = names.get(number, f"[volume {number}]")
        beyond = [n for n in blocks if n > most]
        for n in beyond:
            del blocks[n]
        if beyond:
            reading.note("broken", f"{len(beyond)} erase blocks with impossible numbers", title)
        if blocks:
            size = max(b.size for b in blocks.values()) * max(blocks) + blocks[max(blocks)].size
            yield Item(title.encode(), title, Stream(reading.metered(_joined(source, blocks)), size))
        yield from reading.drain()
    yield from behind(source, end, reading)
    yield from reading.drain()


def _joined(source: Seekable, blocks: dict[int, _Block]) -> Iterator[bytes]:
    size = max(b.size for b in blocks.values())
    for number in range(max(blocks) + 1):
        found = blocks.get(number)
        yield b"\xff" * size if found is None else source.read(found.place, found.size)


def _names(source: Seekable, layout: dict[int, _Block]) -> dict[int, str]:
    """Return the volumes' names by their numbers."""
    names: dict[int, str] = {}
    for block in layout.values():
        raw = source.read(block.place, min(block.size, 128 * 172))
        for number in range(len(raw) // 172):
            record = raw[number * 172 : number * 172 + 172]
            length = u16(record, 14, "big")
            if 0 < length <= 127 and jffs2_ubi(record[:168]) == u32(record, 168, "big"):
                names[number] = record[16 : 16 + length].decode("utf-8", "backslashreplace")
        if names:
            break
    return names
