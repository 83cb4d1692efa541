"""A single-file program of .NET: a host that is left out, and the made-up SDK's assembly behind it."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import dotnet_prebuilt
import kit

FORMAT = "dotnetbundle"
MARK = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")


def _name(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw


def bundle(files: Mapping[str, bytes], version: int = 6, packed: bool = False, start: bytes = b"MZ") -> bytes:
    """Return a host of a few hundred bytes with these files behind it."""
    host = start.ljust(512, b"\0")
    body, rows = b"", b""
    at = len(host) + 40 + 200
    for name, data in files.items():
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        raw = deflate.compress(data) + deflate.flush() if packed else data
        rows += struct.pack("<2Q", at + len(body), len(data))
        rows += struct.pack("<Q", len(raw) if packed else 0) if version >= 6 else b""
        rows += b"\1" + _name(name)
        body += raw
    head = struct.pack("<3I", version, 0, len(files)) + _name("Xy12aB") + (bytes(40) if version >= 2 else b"")
    return host + struct.pack("<Q", at + len(body)) + MARK + b"\x90" * 200 + body + head + rows


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK in each version of the list, and its twins."""
    built = {name: zlib.decompress(base64.b64decode(x)) for name, x in dotnet_prebuilt.PREBUILT.items()}
    files = {"Viewer.dll": built["sdk"], "Viewer.runtimeconfig.json": b'{"runtimeOptions": {}}'}
    finds = (kit.NATION, "NJ_NATION_UYGUR", kit.EVENT, kit.FILTER)
    for version, packed in ((1, False), (2, False), (6, False), (6, True)):
        name = f"viewer{version}{'z' * packed}.exe"
        data = bundle(files, version, packed)
        yield kit.Sample(name, data, finds=finds, where=f"{name}!/Viewer.dll", linked=(kit.EVENT, kit.NATION))
    yield kit.Sample("card", bundle({"Card.dll": built["card"]}, 6, True, b"\x7fELF\2\1\1"), "records")
    yield kit.Sample("locale.exe", bundle({"Locale.dll": built["locales"]}), "clear")
