"""Files packed into programs: those that are whole come out, and nothing else does."""

from __future__ import annotations

import gzip
import random
import time
import zlib

import made_packedparts as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry
from sousveil.unpack.literals import Literals
from sousveil.unpack.render import packedparts

TEXT = b"".join(b"line %d of a page\n" % n for n in range(4000))


def out(data: bytes) -> list[bytes]:
    found = list(packedparts.render(data, "x", Budget()))
    assert all(isinstance(x, Entry) for x in found)
    return [x.data for x in found if isinstance(x, Entry) and x.data is not None]


@pytest.mark.parametrize("pack", [made.resource, made.zstd, zlib.compress, gzip.compress])
def test_each_packing_comes_out_whole(pack) -> None:  # type: ignore[no-untyped-def]
    data = made.elf(b"abc", pack(TEXT), b"def", pack(TEXT[::-1]))
    assert packedparts.has(data)
    assert packedparts.has(memoryview(data))
    assert out(data) == [TEXT, TEXT[::-1]]


@pytest.mark.parametrize("pack", [made.resource, zlib.compress, gzip.compress])
def test_what_is_not_whole_is_no_stream(pack) -> None:  # type: ignore[no-untyped-def]
    packed = pack(TEXT)
    assert out(made.elf(packed[: len(packed) // 2])) == []
    assert out(made.elf(packed[:-9] + bytes(5) + packed[-4:])) == []


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED])
def test_no_stream_is_told_for_chance_by_its_first_bytes(level: int, strategy: int) -> None:
    dice = random.Random(level)
    for size in (48, 60, 300, 5000, 70_000):
        for plain in (TEXT[:size], dice.randbytes(size), bytes(size), dice.randbytes(16) * (size // 16 + 1)):
            packer = zlib.compressobj(level, zlib.DEFLATED, 15, 8, strategy)
            packed = packer.compress(plain) + packer.flush()
            assert out(made.elf(b"abc", packed)) == [plain]


def test_a_mark_is_the_whole_of_it() -> None:
    """What is looked for is the first bytes of each; the rest is compared."""
    looked = Literals((b"Nullsoft", b"Nu", b"MSCF\0\0\0\0"))
    data = b"Null Nullsoft MSCF\0\0\0 MSCF\0\0\0\0 Nullsof"
    assert looked.places(data) == looked.places(memoryview(data))
    assert looked.places(data) == [(0, 1), (5, 0), (5, 1), (22, 2), (31, 1)]


def test_assemblies_that_were_put_into_another_come_out() -> None:
    data = made.assembly(TEXT, TEXT[::-1])
    assert packedparts.has(data)
    assert out(data) == [TEXT, TEXT[::-1]]
    assert out(data.replace(b"costura.", b"nothing.")) == []
    dice = random.Random(2)
    for _ in range(200):
        bad = bytearray(data)
        for _ in range(3):
            bad[dice.randrange(0x500)] = dice.randrange(256)
        out(bytes(bad))


def test_a_picture_in_a_program_is_not_taken_apart() -> None:
    assert not packedparts.has(made.elf(b"\0\0\1\0IDAT" + zlib.compress(TEXT)))


def test_the_same_stream_is_not_given_twice() -> None:
    """A gzip member inside a stored zlib stream is the inner file's."""
    assert out(made.elf(zlib.compress(gzip.compress(TEXT), 0))) == [gzip.compress(TEXT)]


def test_a_name_tells_what_came_out() -> None:
    parts = [b"<html>" + TEXT, b'{"a": 1}' + TEXT, b"// x\nimport QtQuick 2.0\n" + TEXT, b"<ui>" + TEXT, TEXT]
    found = packedparts.render(made.elf(*map(made.resource, parts)), "x", Budget())
    ends = [x.path.rpartition("]")[2] for x in found if not isinstance(x, Limit)]
    assert ends == [".html", ".json", ".qml.js", ".xml", ""]


def test_noise_and_bombs_are_bounded() -> None:
    noise = random.Random(1).randbytes(1 << 22)
    started = time.process_time()
    assert out(made.elf(noise)) == []
    assert out(made.elf(b"\x78\x9c" * 200_000, b"\x1f\x8b\x08\0" * 100_000)) == []
    frames = made.elf(b"\0\0\1\0\x28\xb5\x2f\xfd" * 50_000)
    (limit,) = packedparts.render(frames, "x", Budget())
    assert isinstance(limit, Limit)
    assert limit.reason == "cut"
    assert len(out(made.elf(zlib.compress(bytes(1 << 26))))) == 1
    assert time.process_time() - started < 10
