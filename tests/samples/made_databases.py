"""Databases: the event table, labels and settings of the made-up SDK; the card's table or locales as twins.

No row describes a person: what the twin's table holds is the same made-up value throughout.
"""

from __future__ import annotations

import plistlib
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import CARD, CARD_FIELDS, EVENT, EVENT_FIELDS, LABELS, LOCALES, NATION, NATIONS, Sample
from made_models import CARS, flatbuffer, pb

FORMATS = ("sqlite", "parquet", "arrow", "npy", "bplist", "dbf", "msgpack", "descriptor", "pb2")
FIELDS = [name for name, _, _ in EVENT_FIELDS]
VALUES = [name for name, _, _ in NATIONS]


def sqlite(folder: Path, statements: Sequence[str]) -> bytes:
    """Return a database made by the library that the reader does not use."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path.read_bytes()


def _zig(value: int) -> bytes:
    value = value << 1 if value >= 0 else (-value << 1) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _binary(text: str) -> bytes:
    raw = text.encode()
    assert len(raw) < 0x80
    return bytes([len(raw)]) + raw


def parquet(columns: Sequence[str], facts: dict[str, str] | None = None) -> bytes:
    """Return a Parquet file without a row: its footer in Thrift's compact protocol."""
    root = b"\x48" + _binary("root") + b"\x15" + _zig(len(columns)) + b"\0"
    each = b"".join(b"\x15\x0c\x25\x02\x18" + _binary(c) + b"\0" for c in columns)
    count = len(columns) + 1
    listed = b"\xfc" + bytes([count]) if count > 14 else bytes([count << 4 | 12])
    footer = b"\x15\x02\x19" + listed + root + each + b"\x16\x00\x19\x0c"
    if facts:
        pairs = b"".join(b"\x18" + _binary(k) + b"\x18" + _binary(v) + b"\0" for k, v in facts.items())
        footer += b"\x19" + bytes([len(facts) << 4 | 12]) + pairs
    footer += b"\0"
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def arrow(columns: Sequence[str]) -> bytes:
    """Return an Arrow file without a row."""
    footer = flatbuffer({1: {1: [{0: c} for c in columns]}}, b"\0\0\0\0")
    return b"ARROW1\0\0" + footer + struct.pack("<I", len(footer)) + b"ARROW1"


def npy(values: Sequence[str]) -> bytes:
    """Return an array of strings as NumPy writes it."""
    width = max(map(len, values))
    header = f"{{'descr': '<U{width}', 'fortran_order': False, 'shape': ({len(values)},), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    body = b"".join(v.ljust(width, "\0").encode("utf-32-le") for v in values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def dbf(columns: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> bytes:
    """Return a dBase table of text columns of 20 bytes."""
    fields = b"".join(c.encode()[:10].ljust(11, b"\0") + b"C" + bytes(4) + b"\x14" + bytes(15) for c in columns)
    size = 32 + len(fields) + 1
    head = struct.pack("<B3BIHH20x", 3, 120, 1, 1, len(rows), size, 1 + 20 * len(columns))
    body = b"".join(b" " + b"".join(v.encode(encoding)[:20].ljust(20) for v in row) for row in rows)
    return head + fields + b"\r" + body + b"\x1a"


def msgpack(tree: object) -> bytes:
    """Return a tree of short texts, lists and maps as MessagePack."""
    if isinstance(tree, dict):
        return bytes([0x80 | len(tree)]) + b"".join(msgpack(k) + msgpack(v) for k, v in tree.items())
    if isinstance(tree, (list, tuple)):
        return bytes([0x90 | len(tree)]) + b"".join(msgpack(v) for v in tree)
    raw = str(tree).encode()
    return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])) + raw


def descriptor(message: str, fields: Sequence[str], enum: str = "", values: Sequence[str] = ()) -> bytes:
    """Return a FileDescriptorProto with one message and one enumeration."""
    body = pb(1, message)
    for number, name in enumerate(fields, 1):
        kind = pb(5, 14) + pb(6, f".{enum}") if enum and name == "emNation" else pb(5, 5)
        body += pb(2, pb(1, name) + pb(3, number) + pb(4, 1) + kind)
    out = pb(1, "sdk.proto") + pb(2, "nj") + pb(4, body)
    if enum:
        out += pb(5, pb(1, enum) + b"".join(pb(2, pb(1, v) + pb(2, i)) for i, v in enumerate(values)))
    return out


def samples(folder: Path) -> Iterator[Sample]:
    """Yield each format with the event or the labels, and with a twin."""
    event = f"CREATE TABLE {EVENT} ({', '.join(f'{n} INTEGER' for n in FIELDS)})"
    look_up = [f"INSERT INTO {NATION} VALUES ({i}, '{gloss}')" for _, i, gloss in NATIONS]
    made = sqlite(folder, [event, f"CREATE TABLE {NATION} (id INTEGER PRIMARY KEY, label TEXT)", *look_up])
    yield Sample("events.db", made, finds=(EVENT, NATION), where=f"table {NATION}, column label")
    card = f"CREATE TABLE {CARD} ({', '.join(f'{n} TEXT' for n, _, _ in CARD_FIELDS)})"
    row = "INSERT INTO " + CARD + " VALUES (" + ", ".join(["'维吾尔族'"] * len(CARD_FIELDS)) + ")"
    yield Sample("twin-card.db", sqlite(folder, [card, *[row] * 9]), verdict="records")
    table = "CREATE TABLE languages (code TEXT, name TEXT)"
    rows = [f"INSERT INTO languages VALUES ('{c}', '{n}')" for c, n in LOCALES]
    yield Sample("twin-locales.db", sqlite(folder, [table, *rows]), verdict="clear")
    yield Sample("name_race_prob.parquet", parquet(["name", "asian", "black", "hispanic", "white"]), finds=("asian",),
                 where="schema, 0 rows")  # fmt: skip
    yield Sample("twin.parquet", parquet(["week", "age", "race", "income", "census_tract"]), verdict="records")
    yield Sample("twin-languages.parquet", parquet([c for c, _ in LOCALES], {"about": "languages"}), verdict="clear")
    yield Sample("name_race_prob.arrow", arrow(["name", "asian", "black", "hispanic", "white"]), finds=("asian",),
                 where="schema")  # fmt: skip
    yield Sample("twin.arrow", arrow(["week", "age", "race", "income", "census_tract"]), verdict="records")
    yield Sample("race_labels.npy", npy(LABELS), finds=("Latino_Hispanic",), where="array")
    yield Sample("car_colours.npy", npy(CARS), verdict="clear")
    tree = {"FaceAttributes": ["age", "gender", "race", "glasses", "beard"], "raceLabels": list(LABELS)}
    yield Sample("face.plist", plistlib.dumps(tree, fmt=plistlib.FMT_BINARY), finds=("Latino_Hispanic",))
    locales = plistlib.dumps({"AppleLanguages": dict(LOCALES)}, fmt=plistlib.FMT_BINARY)
    yield Sample("twin.plist", locales, verdict="clear")
    columns = ["FACE_ID", "SEX", "AGE", "NATION", "GLASSES", "MASK", "BEARD"]
    yield Sample("event.dbf", dbf(columns, [["1"] * 7]), finds=("NATION",), where="columns, 1 rows")
    yield Sample("twin.dbf", dbf(["NAME", "ADDRESS", "NATION"], [["x", "y", "维吾尔族"]] * 3), verdict="records")
    yield Sample("face.msgpack", msgpack({"race_labels": list(LABELS), "model": "face"}), finds=("Latino_Hispanic",))
    yield Sample("twin.msgpack", msgpack({"languages": dict(LOCALES)}), verdict="clear")
    proto = descriptor(EVENT, FIELDS, NATION, VALUES)
    yield Sample("sdk.desc", pb(1, proto), finds=(EVENT, NATION), where="message", linked=(EVENT, NATION))
    code = f"DESCRIPTOR = pool.AddSerializedFile({proto!r})\n".encode()
    yield Sample("sdk_pb2.py", code, finds=(EVENT, NATION), where="sdk_pb2.py!/", linked=(EVENT, NATION))
    yield Sample("twin.desc", pb(1, descriptor("CitizenCard", [n for n, _, _ in CARD_FIELDS])), verdict="records")
