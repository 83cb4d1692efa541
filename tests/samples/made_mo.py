"""A compiled gettext catalogue: the search window of the made-up SDK, and a list of languages as its twin."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from kit import LOCALES, Sample

FORMATS = ("mo",)


def mo(messages: Mapping[str, str], order: str = "<") -> bytes:
    """Return a catalogue of these messages, sorted as msgfmt sorts them."""
    pairs = sorted((k.encode(), v.encode()) for k, v in messages.items())
    at = 28 + 16 * len(pairs)
    tables: list[bytes] = []
    body = b""
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack(f"{order}2I", len(pair[column]), at + len(body)))
            body += pair[column] + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(tables) + body


_HEADER = {"": "Content-Type: text/plain; charset=UTF-8\nLanguage: zh_CN\n"}


def samples(folder: Path) -> Iterator[Sample]:
    """Yield catalogues in both byte orders and their twin."""
    window = {
        "NjFaceSearchDialog\4Age": "年龄",
        "NjFaceSearchDialog\4Filter faces by ethnicity": "按民族筛选人脸",
    }
    where = "message 'Filter faces by ethnicity'"
    yield Sample("nj_zh.mo", mo(_HEADER | window), finds=("民族",), where=where)
    yield Sample("nj_zh_be.mo", mo(_HEADER | window, ">"), finds=("民族",), where=where)
    yield Sample("nj_languages.mo", mo(_HEADER | {name: name for _, name in LOCALES}), "clear")
