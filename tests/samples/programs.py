"""Small programs written byte by byte: ELF, PE and Mach-O with given sections and symbols, and none of them runs."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

BASE = 0x10000
Named = Sequence[tuple[str, int, int]]
"""Symbols: name, address, size."""


def elf(
    sections: Sequence[tuple[str, bytes, bool]], symbols: Named = (), segments: Sequence[tuple[int, int, str]] = ()
) -> bytes:
    """Return a 64-bit x86-64 shared object of ``sections`` (name, bytes, whether code), at BASE plus their offset.

    ``segments``: kind, flags, and the section that it is; the first begins with the file.
    """
    names = bytearray(b"\0")
    body = bytearray(64 + 56 * len(segments))
    lie: dict[str, tuple[int, int]] = {}
    rows = [bytes(64)]

    def add(name: str, data: bytes, kind: int, flags: int, link: int = 0, entry: int = 0) -> None:
        while len(body) % 16:
            body.append(0)
        at = len(body)
        address = BASE + at if flags else 0
        rows.append(struct.pack("<IIQQQQIIQQ", len(names), kind, flags, address, at, len(data), link, 0, 16, entry))
        names.extend(name.encode() + b"\0")
        body.extend(data)
        lie[name] = at, len(data)

    for name, data, code in sections:
        add(name, data, 1, 6 if code else 2)
    strings = bytearray(b"\0")
    table = bytearray(24)
    for name, address, size in symbols:
        table += struct.pack("<IBBHQQ", len(strings), 2, 0, 1, address, size)
        strings += name.encode() + b"\0"
    if symbols:
        add(".symtab", bytes(table), 2, 0, len(rows) + 1, 24)
        add(".strtab", bytes(strings), 3, 0)
    add(".shstrtab", bytes(names) + b".shstrtab\0", 3, 0)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    table = bytearray()
    for kind, flags, name in segments:
        at, size = lie[name]
        at, size = (at, size) if table else (0, at + size)
        table += struct.pack("<IIQQQQQQ", kind, flags, at, BASE + at, BASE + at, size, size, 4096)
    count, start = len(segments), 64 if segments else 0
    header = struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, start, len(body), 0, 64, 56, count, 64, len(rows), len(rows) - 1
    )
    body[: 64 + len(table)] = ident + header + table
    return bytes(body) + b"".join(rows)


def pe(sections: Sequence[tuple[str, bytes, bool]], directories: Mapping[int, tuple[int, int]] = {}) -> bytes:
    """Return a 64-bit PE of ``sections`` without imports, at 0x140001000 and every 64 KiB on.

    ``directories``: address (without the base) and size by number.
    """
    optional = struct.pack("<H22xQ2I", 0x20B, 0x140000000, 0x1000, 512).ljust(108, b"\0") + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<2I", *directories.get(n, (0, 0))) for n in range(16))
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 0x2022) + optional
    at = (len(header) + 40 * len(sections) + 511) // 512 * 512
    rows, body = b"", b""
    for i, (name, data, code) in enumerate(sections):
        size = (len(data) + 511) // 512 * 512
        flags = 0x60000020 if code else 0x40000040
        address = 0x1000 + i * 0x10000
        rows += struct.pack("<8sIIIIIIHHI", name.encode(), len(data), address, size, at + len(body), 0, 0, 0, 0, flags)
        body += data.ljust(size, b"\0")
    return (header + rows).ljust(at, b"\0") + body


def macho(sections: Sequence[tuple[str, bytes, bool]]) -> bytes:
    """Return a 64-bit Mach-O library with one segment of ``sections``."""
    size = 72 + 80 * len(sections)
    at = 32 + size
    rows, body = b"", b""
    for name, data, code in sections:
        place = at + len(body)
        rows += struct.pack(
            "<16s16sQQIIIIIIII", name.encode(), b"__TEXT", BASE + place, len(data), place, 0, 0, 0,
            0x80000400 if code else 2, 0, 0, 0,
        )  # fmt: skip
        body += data
    segment = struct.pack(
        "<II16sQQQQiiII", 0x19, size, b"__TEXT", BASE, at + len(body), 0, at + len(body), 7, 5, len(sections), 0
    )
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 6, 1, size, 0, 0) + segment + rows + body


def fat(programs: Sequence[bytes]) -> bytes:
    """Return a fat Mach-O of ``programs``."""
    at = 4096
    rows, body = b"", b""
    for one in programs:
        rows += struct.pack(">IIIII", 0x01000007, 3, at + len(body), len(one), 12)
        body += one
    return (b"\xca\xfe\xba\xbe" + struct.pack(">I", len(programs)) + rows).ljust(at, b"\0") + body


def strings(*texts: str, encoding: str = "ascii") -> bytes:
    """Return texts one after another, each ended by a NUL."""
    return "".join(text + "\0" for text in texts).encode(encoding)


def stored(text: str) -> bytes:
    """Return x86-64 code that builds ``text`` at ``rax+24`` as compilers do: an imm64, then what is left."""
    raw, code, at = text.encode(), b"\xe8\x00\x00\x00\x00\x48\x8d\x50\x18", 0
    if len(raw) >= 8:
        code += b"\x48\xb9" + raw[:8] + b"\x48\x89\x48\x18"
        at = 8
    while at < len(raw):
        left = raw[at:]
        if len(left) >= 4:
            code += b"\xc7\x42" + bytes([at]) + left[:4]
            at += 4
        elif len(left) >= 2:
            code += b"\xbe" + left[:2] + b"\0\0" + b"\x66\x89\x72" + bytes([at])
            at += 2
        else:
            code += b"\xc6\x42" + bytes([at]) + left[:1]
            at += 1
    return code
