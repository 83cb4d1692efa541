"""A program as PyInstaller packs it: scripts and compiled modules behind a boot loader, which is left out."""

from __future__ import annotations

import marshal
import struct
import zlib
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import kit
import pythonsource

FORMAT = "pyinstaller"
LOADER = {"exe": b"MZ".ljust(600, b"\0"), "": b"\x7fELF\2\1\1".ljust(600, b"\0")}


def code(source: str) -> bytes:
    """Return source compiled, without a header."""
    return marshal.dumps(compile(source, "nj_face.py", "exec", dont_inherit=True))


def pyz(modules: dict[str, bytes]) -> bytes:
    """Return an archive of modules: code by names, packages with a dot at their end."""
    body, toc = b"", []
    for name, raw in modules.items():
        packed = zlib.compress(raw)
        toc.append((name.rstrip("."), (int(name.endswith(".")), 12 + len(body), len(packed))))
        body += packed
    return b"PYZ\0" + MAGIC_NUMBER + struct.pack(">I", 12 + len(body)) + body + marshal.dumps(toc)


def package(entries: list[tuple[str, str, bytes, bool]], old: bool = False) -> bytes:
    """Return what lies behind the loader: kind, name, content, and whether it is packed."""
    body, toc = b"", b""
    for kind, name, data, packed in entries:
        raw = zlib.compress(data) if packed else data
        title = name.encode() + b"\0"
        title += bytes(-(18 + len(title)) % 16)
        toc += struct.pack(">4IBc", 18 + len(title), len(body), len(raw), len(data), packed, kind.encode()) + title
        body += raw
    cookie = 24 if old else 88
    size = len(body) + len(toc) + cookie
    end = b"MEI\x0c\x0b\x0a\x0b\x0e" + struct.pack(">4I", size, len(body), len(toc), 311)
    return body + toc + end + (b"" if old else b"libpython3.11.so.1.0".ljust(64, b"\0"))


def program(source: str, kind: str = "exe", old: bool = False, behind: bytes = b"") -> bytes:
    """Return a program whose package has a module of this source, a script and a file."""
    entries = [
        ("o", "pyi-contents-directory _internal", b"", False),
        ("s", "app", code("import nj.face\nnj.face.main()\n"), True),
        ("x", "assets/readme.txt", b"a camera's reader\n", True),
        ("z", "PYZ.pyz", pyz({"nj.": code(""), "nj.face": code(source)}), False),
    ]
    return LOADER[kind] + package(entries, old) + behind


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK as a module of a program, and its twins."""
    finds = (kit.NATION, kit.EVENT, kit.FILTER, "predict_race")
    where = "PYZ.pyz/nj/face.pyc"
    yield kit.Sample("viewer.exe", program(pythonsource.profiling()), finds=finds, where=where)
    data = program(pythonsource.profiling(), "", old=True, behind=b"a signature".ljust(5000, b"."))
    yield kit.Sample("viewer", data, finds=finds, where=where)
    yield kit.Sample("card.exe", program(pythonsource.card()), "records")
    yield kit.Sample("languages.exe", program(pythonsource.locales()), "clear")
