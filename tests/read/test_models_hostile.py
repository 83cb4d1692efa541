"""Models and databases as an attacker would write them: bounded, and what was cut is said."""

from __future__ import annotations

import importlib
import pickle
import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import made_databases
import made_models
import pytest

from sousveil.model import Construct
from sousveil.read.parts import of_people
from sousveil.read.signatures import byte_readers
from sousveil.read.unfinished import Unfinished


def _read(module: ModuleType, data: bytes, path: str) -> tuple[list[Construct], str]:
    out: list[Construct] = []
    try:
        for construct in module.read_bytes(data, None, path):
            out.append(construct)
            if len(out) > 5000:
                break
    except Unfinished as late:
        return [*out, *late.constructs], late.reason
    for construct in out:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            raw = data[passage.offset : passage.offset + passage.length]
            assert raw.decode(passage.encoding, "backslashreplace") == passage.text
    return out, ""


def _seeds(folder: Path) -> Iterator[tuple[str, bytes, ModuleType]]:
    for maker in (made_models, made_databases):
        for sample in maker.samples(folder):
            for name in byte_readers(sample.name, sample.data):
                yield sample.name, sample.data, importlib.import_module(f"sousveil.read.{name}")


def _mutated(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out))
        match chance.randrange(5):
            case 0:
                out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 1:
                out[at : at + 8] = chance.choice((b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\0" * 8))
            case 2:
                del out[at : at + chance.randint(1, 40)]
            case 3:
                out[at:at] = out[max(0, at - 50) : at]
            case _:
                del out[at:]
        if not out:
            return b"\0"
    return bytes(out)


def test_mutations_neither_crash_nor_hang(tmp_path: Path) -> None:
    chance = random.Random(5)
    for name, data, module in _seeds(tmp_path):
        for _ in range(25):
            changed = _mutated(data, chance)
            started = time.process_time()
            _read(module, changed, name)
            assert time.process_time() - started < 3, (name, changed)


def _nested(depth: int) -> bytes:
    out = b""
    for _ in range(depth):
        out = made_models.pb(4, made_models.pb(1, "M") + made_models.pb(3, out))
    return made_models.pb(1, "a.proto") + out


def _sqlite_loop() -> bytes:
    page = bytearray(4096)
    page[:100] = b"SQLite format 3\0" + struct.pack(">H", 512) + bytes(82)
    page[100:112] = struct.pack(">BHHHBI", 5, 0, 40, 0, 0, 1)
    for i in range(40):
        struct.pack_into(">H", page, 112 + 2 * i, 200)
    page[200:204] = struct.pack(">I", 1)
    return bytes(page)


def _hdf5_loop() -> bytes:
    header = (
        b"OHDR\x02\x02" + struct.pack("<I", 20) + struct.pack("<BHB", 0x10, 16, 0) + struct.pack("<QQ", 48, 1 << 62)
    )
    top = b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + struct.pack("<QQQQI", 0, 0, 0, 48, 0)
    return top + header + bytes(64)


def _plist_laughs() -> bytes:
    objects = [bytes([0xA2, i + 1, i + 1]) for i in range(60)] + [b"\x53abc"]
    body, offsets = b"bplist00", []
    for one in objects:
        offsets.append(len(body))
        body += one
    table = b"".join(struct.pack(">H", o) for o in offsets)
    return body + table + struct.pack(">6xBBQQQ", 2, 1, len(objects), 0, len(body))


BOMBS = {
    "protobuf depth": ("database.descriptor", "a.desc", _nested(2000)),
    "huge varint": ("model.onnx", "a.onnx", b"\x08\x08\x3a" + b"\xff" * 9 + b"\x01"),
    "endless varint": ("model.onnx", "a.onnx", b"\x08" + b"\xff" * 100_000),
    "empty fields": ("model.onnx", "a.onnx", b"\x08\x08\x3a\x80\x80\x40" + b"\x0a\0" * (1 << 19)),
    "flatbuffer loop": ("model.tflite", "a.tflite", struct.pack("<I4s", 8, b"TFL3") + b"\x04\0\0\0" * 2000),
    "vector of 2^32": ("model.mnn", "a.mnn", struct.pack("<IIHHHHi", 16, 0, 12, 8, 0, 0, 8) + b"\xff" * 64),
    "marks": ("model.pickles", "a.pkl", b"\x80\x02" + b"(" * 300_000 + b"t" * 300_000 + b"."),
    "lists in lists": ("model.pickles", "a.pkl", b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."),
    "memo": ("model.pickles", "a.pkl", b"\x80\x02]q\x00" + b"h\x00h\x00\x86q\x00" * 5000 + b"."),
    "text of 2^31": ("model.pickles", "a.pkl", b"\x80\x02X\xff\xff\xff\x7fabc."),
    "doubling": ("model.pickles", "a.pkl", b"\x80\x04" + b"]" + b"(2" * 0 + b"2\x86" * 4000 + b"."),
    "joblib array": (
        "model.pickles", "a.joblib",
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shapeJ\xff\xff\xff\x7f\x85ub.",
    ),
    "sqlite page loop": ("database.sqlite", "a.db", _sqlite_loop()),
    "hdf5 loop": ("model.hdf5", "a.h5", _hdf5_loop()),
    "plist laughs": ("database.bplist", "a.plist", _plist_laughs()),
    "msgpack depth": ("database.msgpack", "a.msgpack", b"\x91" * 100_000),
    "msgpack 2^32": ("database.msgpack", "a.msgpack", b"\xdd\xff\xff\xff\xff" + b"\xc0" * 1000),
    "ubjson depth": ("model.boosted", "a.ubj", b"{L" + bytes(8) + b"[" * 100_000),
    "ubjson count": ("model.boosted", "a.ubj", b"{L" + bytes(8) + b"[#L" + b"\x7f" + b"\xff" * 7 + b"Z" * 10),
    "gguf count": ("model.gguf", "a.gguf", b"GGUF\x03\0\0\0" + b"\xff" * 16 + bytes(100)),
    "safetensors header": ("model.safetensors", "a.safetensors", b"\xff" * 8 + b"{}"),
    "thrift depth": ("database.parquet", "a.parquet", b"PAR1" + b"\x9c\x1c" * 2000 + struct.pack("<I", 4000) + b"PAR1"),
    "thrift list": ("database.parquet", "a.parquet", b"PAR1\x99\xf1\xff\xff\xff\x7f" + struct.pack("<I", 6) + b"PAR1"),
    "npy header": ("database.npy", "a.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff"),
    "dbf rows": ("database.dbf", "a.dbf", b"\x03aaa\xff\xff\xff\xff\x61\0\x00\x00" + bytes(90)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name: str) -> None:
    reader, path, data = BOMBS[name]
    started = time.process_time()
    found, _ = _read(importlib.import_module(f"sousveil.read.{reader}"), data, path)
    assert time.process_time() - started < 6
    assert len(found) <= 5001


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (Path.write_text, (Path(tmp_path / "ran"), "x"))  # type: ignore[return-value]

    from sousveil.read.model import pickles

    for protocol in (0, 2, 4):
        _read(pickles, pickle.dumps([Trap(), "race"], protocol), "a.pkl")
    assert not (tmp_path / "ran").exists()


def test_what_a_pickle_holds_is_found_with_its_names() -> None:
    from sousveil.read.model import pickles

    model = {"classes_": ["asian", "black"], "encoder": {"vocabulary": {"x": 1}}}
    for protocol in range(6):
        found, why = _read(pickles, pickle.dumps(model, protocol), "a.pkl")
        assert not why
        assert ("classes_", ["asian", "black"]) in [(c.name, [m.name for m in c.members]) for c in found]


def test_rows_of_people_are_never_quoted(tmp_path: Path) -> None:
    from sousveil.read.database import sqlite

    rows = ["INSERT INTO staff VALUES ('Made Up', '1', 'Tibetan')"] * 3
    data = made_databases.sqlite(tmp_path, ["CREATE TABLE staff (full_name TEXT, phone TEXT, ethnicity TEXT)", *rows])
    found, _ = _read(sqlite, data, "a.db")
    said = repr(found)
    assert "staff" in said
    assert "3 rows" in said
    assert "Made Up" not in said
    assert "Tibetan" not in said


def test_which_columns_describe_people() -> None:
    assert of_people(["id", "firstName", "email", "x"])
    assert of_people(["姓名", "民族", "住址"])
    assert not of_people(["id", "label", "note"])


def test_the_quick_steps_of_a_pickle_are_those_of_pickletools(monkeypatch: pytest.MonkeyPatch) -> None:
    from sousveil.read.model.picklemachine import Machine

    things = [["asian", "x" * 300, {"a": 1, "b": (1, 2, -5, 70_000, 1 << 41)}], [("é", "b")] * 30, {1: {2: "q" * 5}}]
    seeds = [pickle.dumps(thing, protocol) for thing in things for protocol in range(5)]
    rolled = random.Random(7)
    hostile: list[bytes] = list(seeds)
    for _ in range(600):
        data = bytearray(rolled.choice(seeds))
        at = rolled.randrange(len(data))
        if rolled.random() < 0.6:
            data[at] = rolled.choice(b"Xqr\x8c\x94KMJhj(\x86}us.\xff")
        else:
            del data[at : at + rolled.randrange(1, 5)]
        hostile.append(bytes(data))

    def outcome(data: bytes) -> tuple[str, int, str]:
        machine = Machine(data)
        machine.run()
        return machine.why, machine.steps, _plain(machine.roots)

    quick = [outcome(data) for data in hostile]
    monkeypatch.setattr(Machine, "_quickly", lambda self, stream: True)
    assert [outcome(data) for data in hostile] == quick


def _plain(thing: object, seen: dict[int, int] | None = None) -> str:
    """Return what a machine built as text; what it holds a second time is a number."""
    seen = {} if seen is None else seen
    state = getattr(thing, "state", None)
    if not isinstance(thing, (list, dict)) and state is None:
        return "MARK" if type(thing).__name__ == "_Mark" else repr(thing)
    if id(thing) in seen:
        return f"#{seen[id(thing)]}"
    seen[id(thing)] = len(seen)
    if isinstance(thing, list):
        return "[" + ",".join(_plain(one, seen) for one in thing) + "]"
    if isinstance(thing, dict):
        return "{" + ",".join(f"{_plain(k, seen)}:{_plain(v, seen)}" for k, v in thing.items()) + "}"
    return type(thing).__name__ + _plain(state, seen)
