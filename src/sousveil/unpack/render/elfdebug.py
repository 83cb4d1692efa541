"""Compressed debug sections of a program, unpacked: ``lib.so!/debug.elf``.

An ELF file that holds nothing but the debug sections, plain, at the numbers they had (gABI "Section Compression";
GNU's ``.zdebug``). Of a PE or Mach-O file likewise. What is plain in the program is not repeated.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget, Meter
from sousveil.unpack.sections import Image, Section, images

ABOUT = About(
    "Compressed debug sections",
    ".so .o .ko .debug .dwo",
    "Debug sections packed with zlib or zstd (SHF_COMPRESSED) or by GNU's older .zdebug, in ELF, PE and Mach-O files, "
    "as a file of their own that is matched and read.",
    needs="libarchive for zstd",
)
MOST = 1 << 29
"""Bytes of all debug sections of one file, unpacked."""


class Unreadable(Exception):
    """A packed section cannot be unpacked."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def has(data: bytes | memoryview) -> bool:
    """Return whether a program has a compressed debug section."""
    return any(_packed(section) for image in images(data) for section in image.sections)


def packed_debug(data: bytes | memoryview) -> list[tuple[int, int]]:
    """Return where compressed debug sections lie."""
    return [(s.offset, s.offset + s.size) for image in images(data) for s in image.sections if _packed(s)]


def _packed(section: Section) -> bool:
    return section.compressed and section.name.startswith((".debug", ".zdebug")) and section.size > 0


def _debug(section: Section) -> bool:
    return section.name.startswith((".debug", ".zdebug", ".rela.debug", ".rel.debug", ".rela.zdebug", ".rel.zdebug"))


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield one ELF file for each image with compressed debug sections. Raises Stop where a quota is hit."""
    found = [i for i in images(data) if any(_packed(s) for s in i.sections)]
    for number, image in enumerate(found):
        budget.take_file()
        name = "debug.elf" if len(found) == 1 else f"debug-{number + 1}.elf"
        limits: list[Limit] = []
        out = _rebuilt(data, image, display, budget, limits)
        yield from limits
        yield Entry(f"{display}!/{name}", name.encode(), len(out), out)


def _rebuilt(data: bytes, image: Image, display: str, budget: Budget, limits: list[Limit]) -> bytes:
    out = bytearray(64 if image.wide else 52)
    names = bytearray(b"\0")
    sections = image.sections
    # Other formats' sections have no null section in front.
    elf = data[:4] == b"\x7fELF"
    rows: list[tuple[int, ...]] = [] if elf else [(0,) * 10]
    total = 0
    for section in sections:
        kept = _debug(section) or (image.relocatable and section.kind in (2, 3))
        name = section.name.replace(".zdebug", ".debug")
        raw, kind, flags, align = b"", section.kind if kept or section.kind == 0 else 8, section.flags & ~0x800, 1
        if kept and section.kind != 8:
            raw, align = data[section.offset : section.offset + section.size], max(1, min(section.align, 64))
            if _packed(section):
                try:
                    raw = unpacked(raw, image, section, MOST - total, budget)
                except Unreadable as error:
                    limits.append(Limit(display, error.reason, f"{section.name}: {error.detail}"))
                    raw = b""
            total += len(raw)
            kind = kind or 1
        out += b"\0" * (-len(out) % align)
        rows.append((len(names), kind, flags, 0, len(out), len(raw), section.link, section.info, align, 0))
        if section.kind in (2, 4, 9) and kept:
            sizes = {2: (16, 24), 4: (12, 24), 9: (8, 16)}
            rows[-1] = (*rows[-1][:9], sizes[section.kind][image.wide])
        names += name.encode("utf-8", "replace") + b"\0"
        out += raw
    return finished(out, rows, names, image, image.machine if elf else 0)


def finished(out: bytearray, rows: list[tuple[int, ...]], names: bytearray, image: Image, machine: int) -> bytes:
    """Return an ELF file: ``out`` (room for the header, and what the sections hold), its section headers and names."""
    e = ">" if image.order == "big" else "<"
    width = 64 if image.wide else 52
    rows.append((len(names), 3, 0, 0, len(out), len(names) + 10, 0, 0, 1, 0))
    out += names + b".shstrtab\0"
    out += b"\0" * (-len(out) % 8)
    table = len(out)
    shape = e + ("IIQQQQIIQQ" if image.wide else "IIIIIIIIII")
    for row in rows:
        out += struct.pack(shape, *row)
    ident = b"\x7fELF" + bytes([2 if image.wide else 1, 2 if image.order == "big" else 1, 1]) + b"\0" * 9
    count, last = len(rows), len(rows) - 1
    if count >= 0xFF00:
        struct.pack_into(shape, out, table, *(*rows[0][:5], count, last, *rows[0][7:]))
        count, last = 0, 0xFFFF
    head = struct.pack(
        e + ("HHIQQQIHHHHHH" if image.wide else "HHIIIIIHHHHHH"),
        1 if image.relocatable else 3, machine, 1, 0, 0, table,
        0, width, 0, 0, struct.calcsize(shape), count, last,
    )  # fmt: skip
    out[: len(ident) + len(head)] = ident + head
    return bytes(out)


def unpacked(raw: bytes, image: Image, section: Section, most: int, budget: Budget) -> bytes:
    """Return a section's bytes. Raises Unreadable, and Stop where a quota is hit."""
    e = ">" if image.order == "big" else "<"
    if section.flags & 0x800 and raw[:4] != b"ZLIB":
        head = struct.calcsize(e + ("IIQQ" if image.wide else "III"))
        if len(raw) < head:
            raise Unreadable("broken", "the compression header is cut")
        kind, size = struct.unpack_from(e + ("I4xQ" if image.wide else "II"), raw)
    elif raw[:4] == b"ZLIB" and len(raw) >= 12:
        head, kind, size = 12, 1, int.from_bytes(raw[4:12], "big")
    else:
        raise Unreadable("broken", "not the compression that its name says")
    if size > most:
        raise Unreadable("too-large", f"{size} bytes unpacked; up to {most} are read")
    if kind not in (1, 2):
        raise Unreadable("not-understood", f"compression {kind} is not known")
    meter = Meter(budget, len(raw))
    parts = _zlib(raw[head:]) if kind == 1 else zstd(raw[head:])
    out = bytearray()
    for part in parts:
        budget.take_bytes(len(part))
        meter.take(len(part))
        out += part
        if len(out) > size:
            raise Unreadable("broken", "more bytes come out than the header says")
    if len(out) < size:
        raise Unreadable("broken", f"{len(out)} of {size} bytes came out")
    return bytes(out)


def _zlib(raw: bytes) -> Iterator[bytes]:
    decoder = zlib.decompressobj()
    try:
        while not decoder.eof:
            part = decoder.decompress(raw, 1 << 20)
            raw = decoder.unconsumed_tail
            if not part:
                return
            yield part
    except zlib.error as error:
        raise Unreadable("broken", str(error)) from error


def zstd(raw: bytes) -> Iterator[bytes]:
    """Yield what a Zstandard frame unpacks to. Raises Unreadable."""
    from sousveil.unpack.native import OK, WARN, Archive, Unavailable
    from sousveil.unpack.source import Memory

    try:
        archive = Archive(Memory(raw), "raw", "zst")
    except Unavailable as error:
        raise Unreadable("not-understood", f"zstd: {error}") from error
    try:
        if archive.status != OK or archive.next_header() not in (OK, WARN):
            raise Unreadable("broken", f"zstd: {archive.error()}")
        while True:
            status, part, _ = archive.block()
            if not part:
                if status not in (OK, WARN, 1):
                    raise Unreadable("broken", f"zstd: {archive.error()}")
                return
            yield part
    finally:
        archive.close()
