"""Mutated class files, DEX, .NET, compiled Python, Lua and WebAssembly: no error but Unfinished, in bounded time."""

from __future__ import annotations

import random
import struct
import time
from importlib import import_module
from pathlib import Path

import matrix
import pytest

from sousveil.read.unfinished import Unfinished

SAMPLES = Path(__file__).parents[1] / "samples"

_ENDS = {"javaclass": ".class", "dex": ".dex", "dotnet": ".dll", "pyc": ".pyc", "lua": ".luac", "wasm": ".wasm"}
_TELLING = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def _seeds(name: str, folder: Path) -> list[bytes]:
    maker = matrix.load(SAMPLES / f"made_{name}.py")
    return [s.data for s in maker.samples(folder) if s.name.endswith(_ENDS[name])]


def _mutated(data: bytes, dice: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(out))
        match dice.randrange(5):
            case 0:
                out[at] = dice.randrange(256)
            case 1:
                number = struct.pack(dice.choice("<>") + "I", dice.choice(_TELLING))
                out[at : at + 4] = number[: max(1, len(out) - at)]
            case 2:
                del out[at : at + dice.randint(1, 64)]
            case 3:
                out[at:at] = out[at : at + dice.randint(1, 64)]
            case _:
                out[at : at + 10] = b"\xff" * min(10, len(out) - at)
        if len(out) < 20:
            break
    return bytes(out)


def _read(name: str, data: bytes) -> None:
    module = import_module(f"sousveil.read.binary.{name}")
    try:
        for construct in module.read_bytes(data, None, "x" + _ENDS[name]):
            for place in (construct.passage, *(m.passage for m in construct.members)):
                raw = data[place.offset : place.offset + place.length]
                assert raw.decode(place.encoding, "backslashreplace") == place.text
    except Unfinished:
        pass
    if hasattr(module, "spans"):
        for start, end in module.spans(data):
            assert 0 <= start <= end


@pytest.mark.parametrize("name", sorted(_ENDS))
def test_mutations_cost_at_most_themselves(name: str, tmp_path: Path) -> None:
    dice = random.Random(20201117)
    seeds = _seeds(name, tmp_path)
    for _ in range(250):
        data = _mutated(dice.choice(seeds), dice)
        started = time.process_time()
        _read(name, data)
        assert time.process_time() - started < 5, data[:200]


def test_mutated_android_resources_and_archives_are_told(tmp_path: Path) -> None:
    from sousveil.model import Limit
    from sousveil.unpack import walk
    from sousveil.unpack.limits import Budget
    from sousveil.unpack.render.androidxml import render

    dice = random.Random(20201117)
    android = [s.data for s in matrix.load(SAMPLES / "made_androidxml.py").samples(tmp_path)]
    archives = [s.data for s in matrix.load(SAMPLES / "made_asar.py").samples(tmp_path)]
    for _ in range(250):
        for item in render(_mutated(dice.choice(android), dice), "resources.arsc", Budget()):
            assert isinstance(item, Limit) or item.data is not None
        assert list(walk(_mutated(dice.choice(archives), dice), "app.asar", Budget()))


def test_bombs_of_marshal_are_refused() -> None:
    head = (3413).to_bytes(2, "little") + b"\r\n" + bytes(12)
    deep = head + b"\xa9\x01" * 100_000
    wide = head + b"(" + struct.pack("<I", 0xFFFFFFFF)
    itself = head + b"\xa9\x02r\0\0\0\0r\0\0\0\0"
    long = head + b"l" + struct.pack("<i", -(1 << 31))
    for data in (deep, wide, itself, long, head, head + b"c"):
        with pytest.raises(Unfinished):
            list(import_module("sousveil.read.binary.pyc").read_bytes(data, None, "x.pyc"))


def test_huge_counts_are_refused() -> None:
    huge = b"\xff\xff\xff\xff"
    for name, data in (
        ("javaclass", b"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff"),
        ("wasm", b"\0asm\1\0\0\0\x07\xff\xff\xff\xff\x0f"),
        ("wasm", b"\0asm\1\0\0\0\x07" + b"\xff" * 20),
        ("lua", b"\x1bLua\x51\0\1\4\x08\4\x08\0" + huge * 8),
        ("lua", b"\x1bLJ\2\0" + b"\xff" * 40),
        ("dex", b"dex\n035\0" + bytes(48) + (huge + b"\x70\0\0\0") * 6 + bytes(64)),
    ):
        with pytest.raises(Unfinished):
            list(import_module(f"sousveil.read.binary.{name}").read_bytes(data, None, "x"))
