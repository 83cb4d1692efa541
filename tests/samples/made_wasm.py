"""A WebAssembly module with exports, names and a data segment, written here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import kit
from dexwriter import leb

FORMAT = "wasm"


def _name(text: str) -> bytes:
    raw = text.encode()
    return leb(len(raw)) + raw


def module(exports: tuple[str, ...], functions: tuple[str, ...], data: bytes) -> bytes:
    """Return a module with these names and one data segment."""

    def section(kind: int, body: bytes) -> bytes:
        return bytes([kind]) + leb(len(body)) + body

    exported = leb(len(exports)) + b"".join(_name(n) + b"\0\0" for n in exports)
    named = leb(len(functions)) + b"".join(leb(i) + _name(n) for i, n in enumerate(functions))
    segment = leb(1) + b"\0\x41\x10\x0b" + leb(len(data)) + data
    names = _name("name") + b"\1" + leb(len(named)) + named
    return b"\0asm\1\0\0\0" + section(7, exported) + section(11, segment) + section(0, names)


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK's classifier as a module, and a twin with languages."""
    labels = b"\0".join(x.encode() for x in kit.LABELS) + b"\0"
    found = module(("predict_race_from_face",), ("FaceClassifier_predict_race",), b"face\0model\0" + labels)
    finds = ("predict_race_from_face",)
    yield kit.Sample("face.wasm", found, finds=finds, where="export predict_race_from_face at 0x")
    locales = b"\0".join(n.encode() for _, n in kit.LOCALES) + b"\0"
    yield kit.Sample("locale.wasm", module(("locale_name",), ("locale_name",), locales), "clear")
