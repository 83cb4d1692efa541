"""Columns of HDF5's tables, whatever their types: the layouts are those of the format's specification, IV.A.2.d."""

from __future__ import annotations

import struct

import pytest

from sousveil.read.model import hdf5file
from sousveil.read.unfinished import told

NUMBER = bytes([0x10, 8, 0, 0]) + struct.pack("<I", 4) + bytes(4)
TEXT = bytes([0x13, 0, 0, 0]) + struct.pack("<I", 8)
TAGGED = bytes([0x15, 8, 0, 0]) + struct.pack("<I", 8) + b"opaque\0\0"
LISTED = bytes([0x39, 1, 0, 0]) + struct.pack("<I", 16) + bytes([0x10, 8, 0, 0]) + struct.pack("<I", 1) + bytes(4)


def _padded(name: bytes) -> bytes:
    return name + bytes(8 - len(name) % 8)


def _array(base: bytes, *sizes: int, version: int) -> bytes:
    head = bytes([version << 4 | 10, 0, 0, 0]) + struct.pack("<I", 64) + bytes([len(sizes)])
    dimensions = struct.pack(f"<{len(sizes)}I", *sizes)
    return head + (dimensions if version >= 3 else bytes(3) + dimensions + bytes(4 * len(sizes))) + base


def _named(version: int) -> bytes:
    names = [b"UYGUR\0", b"HAN\0"] if version >= 3 else [_padded(b"UYGUR"), _padded(b"HAN")]
    head = bytes([version << 4 | 8, 2, 0, 0]) + struct.pack("<I", 4)
    return head + NUMBER + b"".join(names) + struct.pack("<2I", 0, 1)


def _compound(version: int, members: list[tuple[bytes, bytes]]) -> bytes:
    out = bytes([version << 4 | 6]) + struct.pack("<H", len(members)) + b"\0" + struct.pack("<I", 200)
    for number, (name, kind) in enumerate(members):
        if version >= 3:
            out += name + b"\0" + bytes([number]) + kind
        else:
            # In the first version there is room for four dimensions behind the offset.
            out += _padded(name) + struct.pack("<I", number) + (bytes(28) if version == 1 else b"") + kind
    return out


@pytest.mark.parametrize("version", [1, 2, 3])
def test_columns_behind_every_type_are_found(version: int) -> None:
    inner = _compound(version, [(b"x", NUMBER), (b"y", TEXT)])
    kinds = [NUMBER, TEXT, TAGGED, LISTED, _named(version), _array(NUMBER, 2, 3, version=max(2, version)), inner, TEXT]
    members = [(f"column{i}".encode(), kind) for i, kind in enumerate(kinds)]
    data = _compound(version, members)
    found = hdf5file.File(data)._datatype(0, len(data)).columns
    assert [(word.text, data[word.offset : word.offset + word.length]) for word in found] == [
        (name.decode(), name) for name, _ in members
    ]


def test_types_in_types_without_end_are_broken() -> None:
    data = _compound(3, [(b"x", NUMBER)])
    for _ in range(40):
        data = _compound(3, [(b"x", data)])
    with pytest.raises(hdf5file._Bad, match="types without end"):
        hdf5file.File(data)._datatype(0, len(data))


def test_more_columns_than_are_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    monkeypatch.setattr(hdf5file, "_MOST_COLUMNS", 2)
    data = _compound(3, [(f"c{i}".encode(), NUMBER) for i in range(5)])
    assert len(hdf5file.File(data)._datatype(0, len(data)).columns) == 2
    assert told() == [("cut", "more than 2 columns of one table: the first were read")]
