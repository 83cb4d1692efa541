"""Linux kernels that unpack themselves. Layout of bzImage: Linux Documentation/arch/x86/boot.rst.

Of others (zImage and Image of ARM) the packed kernel and its initramfs are found by their own headers.
"""

from __future__ import annotations

from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image import carve
from sousveil.unpack.image.parts import u16, u32
from sousveil.unpack.reading import Item, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Linux kernels",
    ends="vmlinuz bzImage zImage Image",
    reads="The packed kernel inside, and an initramfs in it.",
    limits="Kernels packed with LZO.",
)


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the packed kernel and what lies around it."""
    head = source.read(0, 0x260)
    if head[0x202:0x206] == b"HdrS" and u16(head, 0x206) >= 0x208:
        start = ((head[0x1F1] or 4) + 1) * 512 + u32(head, 0x248)
        length = u32(head, 0x24C)
        if 0 < length <= source.size - start:
            reading.opened = True
            yield from carve.stretches(source, [(start, start + length)], reading)
            return
    yield from carve.read(source, reading, name)
