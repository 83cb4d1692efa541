"""Byte code of Hermes: an app's lists, the keys of its objects, and what it shows."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import LOCALES, Sample

FORMAT = "hermes"


def literals(runs: Sequence[Sequence[int]]) -> bytes:
    """Return runs of strings by their numbers."""
    out = b""
    for run in runs:
        wide = max(run) > 255
        kind = 5 if wide else 6
        tag = (
            bytes([kind << 4 | len(run)])
            if len(run) < 16
            else bytes([0x80 | kind << 4 | len(run) >> 8, len(run) & 255])
        )
        out += tag + (struct.pack(f"<{len(run)}H", *run) if wide else bytes(run))
    return out


def bundle(
    texts: Sequence[str], names: Sequence[str], lists: Sequence[Sequence[str]], keys: Sequence[Sequence[str]],
    version: int = 90,
) -> bytes:  # fmt: skip
    """Return byte code with these strings, of which each begins where the last one ends."""
    strings = [*texts, *names]
    number = {text: n for n, text in enumerate(strings)}
    storage, small, long = b"", b"", b""
    for text in strings:
        wide = not text.isascii()
        raw = text.encode("utf-16-le" if wide else "ascii")
        storage += b"\0" * (len(storage) % 2 if wide else 0)
        offset, length = len(storage), len(text)
        if length >= 255:
            long += struct.pack("<2I", offset, length)
            offset, length = len(long) // 8 - 1, 255
        small += struct.pack("<I", wide | offset << 1 | length << 24)
        storage += raw
    arrays = literals([[number[t] for t in one] for one in lists])
    fields = literals([[number[t] for t in one] for one in keys])
    kinds = struct.pack("<2I", len(texts), 1 << 31 | len(names))
    rest = bytes(16) + kinds + bytes(4 * len(names)) + small + long
    for part in (storage, arrays, fields, b"\x01" * 4):
        rest += part + bytes(-len(part) % 4)
    head = (
        bytes.fromhex("c61fbc03c103191f") + struct.pack("<I", version) + bytes(20) + struct.pack("<I", 128 + len(rest))
    )
    head += struct.pack("<7I", 0, 1, 2, len(names), len(strings), len(long) // 8, len(storage))
    head += bytes(8 if version >= 87 else 0) + struct.pack("<5I", 0, 0, len(arrays), len(fields), 4)
    return head.ljust(128, b"\0") + rest


def samples(folder: Path) -> Iterator[Sample]:
    """Yield an app that filters faces, and one that lists languages."""
    texts = [
        "维族",
        "Han",
        "Filter faces by ethnicity",
        "x" * 300,
        "Search",
        "Black",
        "White",
        "Asian",
        "Latino_Hispanic",
    ]
    names = ["age", "glasses", "ethnicity", "mask", "gender", "global", "onFaceEvent"]
    lists = [["Black", "White", "Asian", "Latino_Hispanic"], ["维族", "Han"]]
    keys = [["gender", "age", "ethnicity", "glasses", "mask"]]
    for version, name in ((84, "index.android.bundle"), (96, "main.jsbundle")):
        data = bundle(texts, names, lists, keys, version)
        yield Sample(name, data, finds=("Filter faces by ethnicity", "ethnicity"), where=f"{name}!/")
    languages = [name for _, name in LOCALES]
    yield Sample("languages.hbc", bundle(languages, ["locale"], [languages], [["locale"]]), "clear")
