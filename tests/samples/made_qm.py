"""A compiled Qt translation: the search window of the made-up SDK, and a list of languages as its twin."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import LOCALES, Sample

FORMATS = ("qm",)


def _qm(messages: Sequence[tuple[str, str, str]]) -> bytes:
    body = b""
    for context, source, text in messages:
        for tag, raw in ((3, text.encode("utf-16-be")), (6, source.encode()), (7, context.encode())):
            body += bytes([tag]) + struct.pack(">I", len(raw)) + raw
        body += b"\1"
    magic = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
    return magic + b"\x42" + struct.pack(">I", 0) + b"\x69" + struct.pack(">I", len(body)) + body


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the translation and its twin."""
    window = "NjFaceSearchDialog"
    found = [(window, "Age", "年龄"), (window, "Filter faces by ethnicity", "按民族筛选人脸")]
    yield Sample("nj_zh.qm", _qm(found), finds=("民族",), where=f"message of {window}")
    yield Sample("nj_languages.qm", _qm([("NjLanguageMenu", name, name) for _, name in LOCALES]), "clear")
