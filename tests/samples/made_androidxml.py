"""A layout in Android's binary XML and a table of resources, written here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import kit

FORMAT = "androidxml"


def _chunk(kind: int, head: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<HHI", kind, 8 + len(head), 8 + len(head) + len(body)) + head + body


def _pool(texts: list[str], wide: bool = True) -> bytes:
    offsets, body = [], b""
    for text in texts:
        offsets.append(len(body))
        raw = text.encode("utf-8")
        if wide:
            body += struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0"
        else:
            body += bytes([len(text), len(raw)]) + raw + b"\0"
    body += b"\0" * (-len(body) % 4)
    head = struct.pack("<IIIII", len(texts), 0, 0 if wide else 0x100, 28 + 4 * len(texts), 0)
    return _chunk(1, head, struct.pack(f"<{len(texts)}I", *offsets) + body)


def document(element: str, children: list[tuple[str, dict[str, str]]]) -> bytes:
    """Return one element with children that have attributes."""
    names = sorted({element, *(c for c, _ in children), *(k for _, a in children for k in a)})
    texts = [*names, *dict.fromkeys(v for _, a in children for v in a.values())]
    at = {t: i for i, t in enumerate(texts)}
    none = 0xFFFFFFFF

    def start(name: str, attributes: dict[str, str]) -> bytes:
        body = struct.pack("<IIHHHHHH", none, at[name], 20, 20, len(attributes), 0, 0, 0)
        for key, value in attributes.items():
            body += struct.pack("<IIIHBBI", none, at[key], at[value], 8, 0, 3, at[value])
        return _chunk(0x102, struct.pack("<II", 1, none), body)

    def end(name: str) -> bytes:
        return _chunk(0x103, struct.pack("<II", 1, none), struct.pack("<II", none, at[name]))

    body = _pool(texts) + start(element, {})
    for name, attributes in children:
        body += start(name, attributes) + end(name)
    return _chunk(3, b"", body + end(element))


def table(arrays: dict[str, list[str]], texts: dict[str, str]) -> bytes:
    """Return a table of string arrays and strings of one language."""
    values = [*dict.fromkeys([*(v for a in arrays.values() for v in a), *texts.values()])]
    keys = [*arrays, *texts]
    at = {t: i for i, t in enumerate(values)}

    def entries(number: int, rows: list[bytes]) -> bytes:
        offsets, body = [], b""
        for row in rows:
            offsets.append(len(body))
            body += row
        config = struct.pack("<I", 28) + bytes(24)
        head = struct.pack("<BBHII", number, 0, 0, len(rows), 20 + 28 + 4 * len(rows)) + config
        return _chunk(0x201, head, struct.pack(f"<{len(rows)}I", *offsets) + body)

    listed = [
        struct.pack("<HHIII", 16, 1, keys.index(name), 0, len(items))
        + b"".join(struct.pack("<IHBBI", i, 8, 0, 3, at[v]) for i, v in enumerate(items))
        for name, items in arrays.items()
    ]
    plain = [struct.pack("<HHIHBBI", 8, 0, keys.index(n), 8, 0, 3, at[t]) for n, t in texts.items()]
    kinds, named = _pool(["array", "string"]), _pool(keys, wide=False)
    head = struct.pack("<I", 0x7F) + bytes(256) + struct.pack("<IIIII", 288, 2, 288 + len(kinds), len(keys), 0)
    package = _chunk(0x200, head, kinds + named + entries(1, listed) + entries(2, plain))
    return _chunk(2, struct.pack("<I", 1), _pool(values) + package)


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield a filter's screen and its table, and twins with languages and a card form."""
    groups = [g for _, _, g in kit.NATIONS]
    screen = document(
        "LinearLayout",
        [
            ("TextView", {"text": "人脸检索 Face search"}),
            ("Spinner", {"id": "filter_by_ethnicity", "contentDescription": "人脸民族筛选 Search faces by ethnicity"}),
        ],
    )
    yield kit.Sample("face_search.xml", screen, finds=("ethnicity",), where="<Spinner>")
    names = {"face_search_by_ethnicity": "Search captured faces by ethnicity (人脸民族检索)"}
    found = table({"face_race_labels": list(kit.LABELS), "face_nation_type": groups}, names)
    yield kit.Sample("resources.arsc", found, finds=("face_nation_type", "face_race_labels"), where="array/")
    yield kit.Sample(
        "languages.arsc", table({"languages": [n for _, n in kit.LOCALES]}, {"title": "Language"}), "clear"
    )
    card = document("LinearLayout", [("EditText", {"hint": g, "id": n}) for n, _, g in kit.CARD_FIELDS])
    yield kit.Sample("card.xml", card, "records")
