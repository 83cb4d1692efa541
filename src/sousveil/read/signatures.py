"""Which reader reads which file that is no text: told by first bytes, and by the name where those do not suffice.

A reader of bytes is a module with ``read_bytes(data, hits, path)`` that yields constructs: ``hits`` are (offset,
encoding) pairs, sorted, or None for everything. Of a construct's passages ``data[offset:offset + length]`` decoded in
``encoding`` is the text, line and column are 0, and ``where`` says section and address. Several readers may read one
file: a program's debug information and its strings.
"""

from __future__ import annotations

import re
from importlib import import_module

from msgspec import Struct


class Signature(Struct, frozen=True):
    """When a file is read as bytes, and by which readers."""

    readers: tuple[str, ...]
    """Modules below ``sousveil.read``, all of which read it."""
    magic: re.Pattern[bytes]
    """Tried at the file's start; bytes within its first 4,096 must decide."""
    ends: tuple[str, ...] = ()
    """How its name ends, in lower case; empty for any name."""


SIGNATURES: tuple[Signature, ...] = (
    # The major version tells a class file from a fat Mach-O, whose count of architectures stands there.
    Signature(("binary.javaclass",), re.compile(rb"\xca\xfe\xba\xbe..\0[\x2d-\x7f]", re.DOTALL)),
    Signature(("binary.pyc",), re.compile(rb"..\r\n.{12}", re.DOTALL), (".pyc", ".pyo")),
    Signature(("binary.dwarf",), re.compile(rb"\x7fELF")),
    Signature(("binary.dwarf",), re.compile(rb"MZ")),
    # Fat ones as well; a Java class begins with the same four bytes, and its version is higher than any count here.
    Signature(
        ("binary.dwarf",),
        re.compile(rb"[\xcf\xce]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba[\xbe\xbf]\0\0\0[\x01-\x20]"),
    ),
)
HEAD = 4096

_JOINED = {".pyc": "pyc", ".pyo": "pyc", ".class": "javaclass"}
"""Formats in which a string's length or the next one's kind stands beside its letters, as a letter may."""


def matchable(path: str, data: bytes | memoryview) -> bytes | memoryview:
    """Return the bytes in which terms are searched: of some formats the strings alone, at their places, zeros between.

    In ``emNationt\\x06nGlass`` of a compiled Python file the ``t`` says what follows: no word ends there for a search
    of plain bytes.
    """
    found = _JOINED.get(path[path.rfind(".") :].lower()) if "." in path[-8:] else None
    if found is None:
        return data
    whole = bytes(data)
    kept = bytearray(len(whole))
    for start, end in import_module(f"sousveil.read.binary.{found}").spans(whole):
        kept[start:end] = whole[start:end]
    return bytes(kept)


def byte_readers(path: str, data: bytes) -> tuple[str, ...]:
    """Return the readers of the first signature that fits, none if it is to be read as text."""
    head = bytes(data[:HEAD])
    for signature in SIGNATURES:
        if signature.magic.match(head) and (not signature.ends or path.lower().endswith(signature.ends)):
            return signature.readers
    return ()
