"""Programs packed with UPX: they come out as they were; what is hostile costs a limit."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from pathlib import Path

import made_upx as made
import packer
import programs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sousveil
from sousveil.model import Limit
from sousveil.unpack import Budget, walk
from sousveil.unpack.image.parts import Damaged
from sousveil.unpack.image.upxheader import unpack

METHODS = (*range(2, 11), packer.LZMA)
TEXT = b"".join(b"%d: a line of a text, %x\n" % (n, n * n) for n in range(500))


def go(data: bytes, name: str = "a.so") -> tuple[dict[str, bytes], list[Limit]]:
    found = list(walk(data, name, Budget(deadline=time.monotonic() + 60)))
    files = {x.path: b"".join(x.chunks()) for x in found if not isinstance(x, Limit)}
    return files, [x for x in found if isinstance(x, Limit)]


@pytest.mark.parametrize("method", METHODS)
def test_what_is_packed_comes_out_as_it_was(method: int) -> None:
    for data in (TEXT, b"a", bytes(5000) + b"x" + bytes(9), random.Random(1).randbytes(3000)):
        assert unpack(packer.packed(data, method), len(data), method, lambda: None) == data


@given(st.binary(max_size=300), st.integers(0, 5000), st.sampled_from(METHODS))
def test_no_bytes_unpack_to_more_than_is_asked_for(data: bytes, size: int, method: int) -> None:
    try:
        assert len(unpack(data, size, method, lambda: None)) == size
    except Damaged:
        pass


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("segments", [made.PROGRAM, made.LIBRARY])
def test_a_program_of_linux_comes_out_as_it_was(segments: tuple[tuple[int, int, str], ...], method: int) -> None:
    data = programs.elf([(".rodata", bytes(700) + TEXT, False), *made.REST], (), segments)
    files, limits = go(packer.elf(data, method))
    assert not limits
    assert files == {"a.so!/[unpacked].so": data}


def test_a_library_is_told_by_its_end_where_the_mark_stands_far_behind() -> None:
    data = programs.elf([(".rodata", bytes(700) + TEXT, False), *made.REST], (), made.LIBRARY)
    packed = packer.elf(data, packer.NRV2E, start=9000)
    assert packed.find(b"UPX!") > 9000
    assert go(packed)[0] == {"a.so!/[unpacked].so": data}


def test_resources_are_put_back_where_they_were() -> None:
    text, version = "民族".encode("utf-16-le") * 9, b"a version of the program"
    data = programs.pe([(".text", b"\xc3", True), (".rsrc", tree(0x11000, text, version), False)], {2: (0x11000, 400)})
    kept = tree(0x11000, text, version, packer.KEPT + 164)[:160]
    kept += struct.pack("<I", 0x11000 + 160 + len(text)) + version
    holes = [(0x11000, 160), (0x11000 + 160 + len(text), len(version))]
    packed = packer.pe(data, packer.LZMA, kept, holes, {2: (packer.KEPT, len(kept))})
    assert version in packed
    assert text not in packed
    files, limits = go(packed, "a.exe")
    assert not limits
    (program,) = files.values()
    assert program[: len(data)] == data


def tree(base: int, text: bytes, version: bytes, there: int = 0) -> bytes:
    """Return two resources; the second lies at an address ``there``."""
    folder = struct.Struct("<12x2H2I").pack
    deep = 1 << 31
    out = struct.pack("<12x2H4I", 0, 2, 6, deep | 32, 16, deep | 56)
    out += folder(0, 1, 1, deep | 80) + folder(0, 1, 1, deep | 104)
    out += folder(0, 1, 1033, 128) + folder(0, 1, 1033, 144)
    second = there or base + 160 + len(text)
    out += struct.pack("<4I", base + 160, len(text), 0, 0) + struct.pack("<4I", second, len(version), 0, 0)
    return out + text + version


def test_exports_are_put_back_where_they_were() -> None:
    table = exports(0x11000)
    data = programs.pe([(".text", b"\xc3", True), (".edata", table, False)], {0: (0x11000, len(table))})
    kept = exports(packer.KEPT)
    holes = [(0x11000, len(table))]
    files, limits = go(packer.pe(data, packer.NRV2B, kept, holes, {0: (packer.KEPT, len(kept))}), "a.dll")
    assert not limits
    assert next(iter(files.values()))[: len(data)] == data


def exports(base: int) -> bytes:
    """Return a table of one exported function."""
    head = struct.pack("<3I7I", 0, 0, 0, base + 52, 1, 1, 1, base + 40, base + 44, base + 48)
    return head + struct.pack("<2IH2x", 0x1000, base + 60, 0) + b"nj.dll\0\0" + b"NJ_GetNation\0"


def test_what_lies_behind_a_packed_program_is_given_too() -> None:
    data = programs.pe([(".rdata", TEXT, False)])
    files, limits = go(packer.pe(data, packer.LZMA, b"kept") + b"a signature".ljust(900, b"."), "a.exe")
    assert not limits
    assert files["a.exe!/[behind the end]"].startswith(b"a signature")


@pytest.mark.parametrize("damage", ["cut", "turned"])
def test_damage_is_told(damage: str) -> None:
    data = packer.elf(programs.elf([(".rodata", TEXT, False), *made.REST], (), made.PROGRAM), packer.LZMA)
    at = data.find(b"UPX!") + 400
    data = data[: at - 100] + data[at:] if damage == "cut" else data[:at] + bytes(900) + data[at + 900 :]
    files, limits = go(data)
    assert files == {"a.so": data}
    assert [(x.path, x.reason, x.incomplete) for x in limits] == [("a.so", "packed", True)]
    assert "Corrupt input data" in limits[0].detail


@pytest.mark.parametrize("before", [0, 5000])
def test_the_mark_alone_is_no_packed_program(tmp_path: Path, before: int) -> None:
    product = tmp_path / "scanner.so"
    product.write_bytes(programs.elf([(".rodata", bytes(before) + b"no UPX! header\0", False)]))
    report = sousveil.scan(product)
    assert not report.limits
    assert report.complete


def test_a_header_that_states_too_much_is_told() -> None:
    whole = packer.elf(programs.elf([(".rodata", TEXT, False)], (), made.PROGRAM[:1]), packer.LZMA)
    at = whole.find(b"UPX!") + 8
    data = whole[: at + 4] + struct.pack("<I", 1 << 31) + whole[at + 8 :]
    files, limits = go(data)
    assert files == {"a.so": data}
    assert [(x.reason, x.incomplete) for x in limits] == [("packed", True)]
    assert "upx -d" in limits[0].detail


def test_blocks_that_hold_more_than_is_stated_are_not_read_on() -> None:
    small = packer.packed(bytes(60_000), packer.LZMA)
    block = struct.pack("<2I4B", 60_000, len(small), packer.LZMA, 0, 0, 0) + small
    program = bytearray(programs.elf([(".rodata", bytes(60_000), False)], (), made.PROGRAM[:1]))
    struct.pack_into("<Q", program, 64 + 32, 1 << 40)
    packed = packer.elf(bytes(program), packer.LZMA, most=60_000)
    at = packed.find(b"UPX!") + 20
    at += 12 + int.from_bytes(packed[at + 4 : at + 8], "little")
    _, limits = go(packed[:at] + block * 2_000 + packed[at:])
    assert [x.reason for x in limits if x.incomplete] == ["packed"]
    assert "more comes out" in limits[0].detail


def test_a_copy_is_no_longer_than_what_is_asked_for() -> None:
    long = packer._Stream(1)
    long.bit(1)
    long.out.append(65)
    long.bit(0)
    long.number(3)
    long.out.append(0)
    for bit in (0, 0):
        long.bit(bit)
    long.number(1 << 31)
    tracemalloc.start()
    try:
        assert unpack(bytes(long.out), 50, 3, lambda: None) == b"A" * 50
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
