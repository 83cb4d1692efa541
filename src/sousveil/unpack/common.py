"""Debug information that lies in two files: a program's, and the common file that dwz made of several programs'.

The program names it (GNU's ``.gnu_debugaltlink``, DWARF 5's ``.debug_sup``, section 7.3.6) by a path and a build id.
Both are put into one file, ``lib.so!/joined.elf``, whose sections from the common file end in SHARED.
"""

from __future__ import annotations

import posixpath
import struct

from msgspec import Struct

from sousveil.model import Limit
from sousveil.unpack.limits import Budget
from sousveil.unpack.sections import Bytes, Image, Section, images

SHARED = ".shared"
OUTSIDE = "debug information: names and types that lie in the common file {} are not followed"
_WANTED = (".debug_info", ".debug_types", ".debug_abbrev", ".debug_str", ".debug_line", ".debug_line_str",
           ".debug_str_offsets")  # fmt: skip
_OTHERS = (".debug", ".zdebug", ".gdb_index", ".note.gnu.build-id", ".shstrtab")
_MOST = 1 << 10


class Reference(Struct, frozen=True):
    """What a program says of its common file, or what a common file says of itself."""

    name: str
    """A path, relative to the program's folder or absolute; empty of a common file."""
    build: bytes


def reference(data: Bytes, image: Image) -> Reference | None:
    """Return which common file a program refers to, None for none."""
    section = image.find(".gnu_debugaltlink")
    if section is not None and section.size:
        name, _, build = _raw(data, section).partition(b"\0")
        return Reference(name[:200].decode("utf-8", "replace"), build[:64])
    section = image.find(".debug_sup")
    if section is None or not (own := _raw(data, section)).startswith((5).to_bytes(2, image.order) + b"\0"):
        return None
    name, _, build = own[3:].partition(b"\0")
    return Reference(name[:200].decode("utf-8", "replace"), build[1 : 1 + build[0]] if build else b"")


def told(data: Bytes) -> tuple[Reference, bool] | None:
    """Return what a file says of a common one, and whether it is that itself; None for nearly every file."""
    if data[:4] != b"\x7fELF":
        return None
    for image in images(data):
        if (found := reference(data, image)) is not None:
            return found, False
        # dwz writes its debug sections and the build id, and nothing else.
        named = [s for s in image.sections if s.name]
        if image.find(".debug_str") and all(s.name.startswith(_OTHERS) for s in named):
            return Reference("", _build_id(data, image)), True
    return None


def _raw(data: Bytes, section: Section) -> bytes:
    return bytes(data[section.offset : section.offset + min(section.size, _MOST)])


def _build_id(data: Bytes, image: Image) -> bytes:
    if (own := image.find(".debug_sup")) is not None:
        rest = _raw(data, own)[3:].partition(b"\0")[2]
        return rest[1 : 1 + rest[0]] if rest else b""
    note = image.find(".note.gnu.build-id")
    raw = _raw(data, note) if note is not None else b""
    if len(raw) < 16:
        return b""
    name, size, kind = struct.unpack_from((">" if image.order == "big" else "<") + "III", raw)
    return raw[16 : 16 + min(size, 64)] if (name, kind) == (4, 3) else b""


def beside(display: str, name: str) -> str:
    """Return the address that a program's path of its common file leads to, in the same archive or folder."""
    archive, joint, inner = display.rpartition("!/")
    return archive + joint + posixpath.normpath(posixpath.join(posixpath.dirname(inner), name)).lstrip("/")


def joined(program: bytes, common: bytes, display: str, budget: Budget) -> tuple[bytes, list[Limit]]:
    """Return one ELF file with the debug sections of both, and what of them could not be unpacked.

    Raises Stop where a quota is hit. Empty where they do not fit each other.
    """
    from sousveil.unpack.render import elfdebug

    one, other = next(images(program), None), next(images(common), None)
    if one is None or other is None or (one.order, one.wide) != (other.order, other.wide):
        return b"", [Limit(display, "broken", "debug information: the common file is of another byte order or width")]
    out, names, limits = bytearray(64 if one.wide else 52), bytearray(b"\0"), list[Limit]()
    rows: list[tuple[int, ...]] = [(0,) * 10]
    total = 0
    for data, image, end in ((program, one, ""), (common, other, SHARED)):
        for section in image.sections:
            name = section.name.replace(".zdebug", ".debug")
            if name not in _WANTED or not section.size or section.kind == 8:
                continue
            if total + section.size > elfdebug.MOST:
                limits.append(Limit(display, "too-large", f"{section.name}{end}: up to {elfdebug.MOST} bytes are read"))
                continue
            raw = data[section.offset : section.offset + section.size]
            if section.compressed:
                try:
                    raw = elfdebug.unpacked(raw, image, section, elfdebug.MOST - total, budget)
                except elfdebug.Unreadable as error:
                    limits.append(Limit(display, error.reason, f"{section.name}{end}: {error.detail}"))
                    continue
            total += len(raw)
            rows.append((len(names), 1, 0, 0, len(out), len(raw), 0, 0, 1, 0))
            names += (name + end).encode() + b"\0"
            out += raw
    return elfdebug.finished(out, rows, names, one, one.machine), limits
