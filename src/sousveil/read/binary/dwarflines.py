"""The names of files in DWARF's line table, for where a declaration stands (DWARF 2 to 5, section 6.2.4)."""

from __future__ import annotations

from sousveil.read.binary import dwarfforms as d
from sousveil.read.binary.dwarfforms import Broken, Format
from sousveil.read.binary.dwarfunits import Debug, Unit

_MOST = 1 << 16


def files_of(debug: Debug, unit: Unit) -> list[str]:
    """Return the files by number; empty where there is no line table or it is damaged."""
    if unit.files is None:
        unit.files = []
        if 0 <= unit.statements < len(_lines(debug, unit)):
            try:
                unit.files = _files(debug, unit)
            except (Broken, IndexError):
                unit.files = []
    return unit.files


def _lines(debug: Debug, unit: Unit) -> bytes:
    return debug.common_lines if unit.common else debug.lines


def _files(debug: Debug, unit: Unit) -> list[str]:
    data, at = _lines(debug, unit), unit.statements

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at], debug.order)

    width = 4
    if number(4) == 0xFFFFFFFF:
        width = 8
        number(8)
    version = number(2)
    address = unit.format.address
    if version >= 5:
        address = number(1)
        number(1)
    number(width)
    number(5 if version >= 4 else 4)
    opcodes = number(1)
    at += max(0, opcodes - 1)
    if version >= 5:
        form = Format(address, width, version)
        folders, at = _table(debug, unit, at, form, [])
        return _table(debug, unit, at, form, folders)[0]
    folders = [""]
    while at < len(data) and data[at] and len(folders) < _MOST:
        text, at = _string(data, at)
        folders.append(text)
    at += 1
    files = [""]
    while at < len(data) and data[at] and len(files) < _MOST:
        text, at = _string(data, at)
        folder, at = d.uleb(data, at)
        _, at = d.uleb(data, at)
        _, at = d.uleb(data, at)
        files.append(_join(folders, folder, text))
    return files


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise Broken("a file's name does not end")
    return data[at : min(end, at + 1024)].decode("utf-8", "replace"), end + 1


def _join(folders: list[str], folder: int, name: str) -> str:
    if not 0 < folder < len(folders) or name.startswith("/") or not folders[folder]:
        return name
    return f"{folders[folder]}/{name}"


def _table(debug: Debug, unit: Unit, at: int, form: Format, folders: list[str]) -> tuple[list[str], int]:
    data = _lines(debug, unit)
    columns = []
    count = data[at]
    at += 1
    for _ in range(count):
        what, at = d.uleb(data, at)
        kind, at = d.uleb(data, at)
        columns.append((what, kind, 0))
    rows, at = d.uleb(data, at)
    if not columns and rows:
        raise Broken("a table without columns")
    shape = d.Shape(0, 0, False, tuple(columns), form)
    shape.wide = 0
    out: list[str] = []
    for _ in range(min(rows, _MOST)):
        found, at = d.values(data, at, len(data), shape, debug.order)
        text = ""
        if 1 in found:
            kind, value, _ = found[1]
            if kind == 0x08:
                text = _string(data, value)[0]
            else:
                text = debug.string(unit, found[1]).decode("utf-8", "replace")
        folder = found[2][1] if 2 in found else 0
        out.append(_join(folders, folder, text))
    return out, at
