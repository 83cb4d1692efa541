"""Which reader reads which file that is no text: told by first bytes, and by the name where those do not suffice.

A reader of bytes is a module with ``read_bytes(data, hits, path)`` that yields constructs: ``hits`` are (offset,
encoding) pairs, sorted, or None for everything. Of a construct's passages ``data[offset:offset + length]`` decoded in
``encoding`` is the text, line and column are 0, and ``where`` says section and address. Several readers may read one
file: a program's debug information and its strings.

Where it yields nothing around a term and says nothing, the file's strings are read, unless it leaves text out on
purpose: then ``LEFT_OUT`` says what, as a limit does; empty where nothing need be said. People's rows are no strings.
"""

from __future__ import annotations

import re
from importlib import import_module

from msgspec import Struct


class Signature(Struct, frozen=True):
    """When a file is read as bytes, and by which readers."""

    readers: tuple[str, ...]
    """Modules below ``sousveil.read``, all of which read it."""
    magic: re.Pattern[bytes]
    """Tried at the file's start; bytes within its first 4,096 must decide."""
    ends: tuple[str, ...] = ()
    """How its name ends, in lower case; empty for any name."""


_ANY = re.compile(b"")
SIGNATURES: tuple[Signature, ...] = (
    Signature(("model.hdf5",), re.compile(rb"\x89HDF\r\n\x1a\n")),
    Signature(("model.gguf",), re.compile(rb"GGUF[\x01-\x04]\0\0\0")),
    Signature(("model.tflite",), re.compile(rb".{4}TFL3", re.DOTALL)),
    Signature(("model.safetensors",), re.compile(rb".{5}\0\0\0\s*\{", re.DOTALL), (".safetensors",)),
    Signature(("model.onnx",), re.compile(rb"\x08[\x01-\x20][\x10-\x82]"), (".onnx",)),
    Signature(("model.onnx",), re.compile(rb"\x08[\x01-\x20]\x12.[\w. -]{2,40}\x1a", re.DOTALL)),
    Signature(("model.pickles",), re.compile(rb"\x80[\x02-\x05][\x00-\xff]")),
    Signature(
        ("model.pickles",), re.compile(rb"[(cV\]}\[S]"), (".pkl", ".pickle", ".p", ".joblib", ".sav", ".pt", ".pth")
    ),
    Signature(("model.boosted",), re.compile(rb"tree\nversion=|binf|\{[LlIiU#$]")),
    Signature(
        ("model.boosted",),
        re.compile(rb"[^\x20-\x7e]|.{0,3}[^\t\n\r\x20-\xff]", re.DOTALL),
        ("model.txt", ".model", ".bst", ".xgb", ".ubj"),
    ),
    Signature(("model.netlist",), re.compile(rb"7767517\s")),
    Signature(("model.netlist",), _ANY, (".prototxt", ".pbtxt")),
    Signature(("model.graphs",), re.compile(rb"[\x08\x0a\x12\x1a\x22]"), (".pb", ".mlmodel", ".caffemodel")),
    Signature(("model.mnn",), _ANY, (".mnn",)),
    Signature(
        ("model.strings",),
        _ANY,
        (
            ".ort",
            ".rknn",
            ".om",
            ".engine",
            ".trt",
            ".dlc",
            ".nb",
            ".tmfile",
            ".cbm",
            ".pdmodel",
            ".pdparams",
            ".mge",
            ".bmodel",
            ".cvimodel",
            ".hef",
            ".espdl",
        ),
    ),
    Signature(("database.sqlite",), re.compile(rb"SQLite format 3\0")),
    Signature(("database.parquet",), re.compile(rb"PAR[1E]")),
    Signature(("database.arrow",), re.compile(rb"\xff{4}.{4}", re.DOTALL), (".arrow", ".feather", ".arrows", ".ipc")),
    Signature(("database.arrow",), re.compile(rb"ARROW1\0\0")),
    Signature(("database.npy",), re.compile(rb"\x93NUMPY[\x01-\x03]")),
    Signature(("database.bplist",), re.compile(rb"bplist0")),
    Signature(("database.dbf",), re.compile(rb"[\x02\x03\x30-\x32\x83\x8b\xf5]"), (".dbf",)),
    Signature(("database.descriptor",), re.compile(rb"\x0a"), (".desc", ".protoset", ".fds", ".binpb")),
    Signature(("database.msgpack",), re.compile(rb"[\x80-\x9f\xdc-\xdf]"), (".msgpack", ".mpk", ".msgpk", ".mp")),
    # The major version tells a class file from a fat Mach-O, whose count of architectures stands there.
    Signature(("binary.javaclass",), re.compile(rb"\xca\xfe\xba\xbe..\0[\x2d-\x7f]", re.DOTALL)),
    Signature(("binary.pyc",), re.compile(rb"..\r\n.{12}", re.DOTALL), (".pyc", ".pyo")),
    Signature(("binary.dex",), re.compile(rb"dex\n0\d\d\0")),
    Signature(("binary.wasm",), re.compile(rb"\0asm\x01\0\0\0")),
    Signature(("binary.lua",), re.compile(rb"\x1bLua[\x51-\x54]|\x1bLJ[\1\2]")),
    Signature(("binary.native", "binary.dwarf", "binary.btf"), re.compile(rb"\x7fELF")),
    Signature(("binary.btf",), re.compile(rb"\x9f\xeb\x01|\xeb\x9f\x01")),
    Signature(("binary.pdb",), re.compile(rb"Microsoft C/C\+\+ MSF 7\.00\r\n\x1aDS")),
    Signature(("binary.native", "binary.dotnet", "binary.dwarf"), re.compile(rb"MZ")),
    # Fat ones as well; a Java class begins with the same four bytes, and its version is higher than any count here.
    Signature(
        ("binary.native", "binary.dwarf"),
        re.compile(rb"[\xcf\xce]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba[\xbe\xbf]\0\0\0[\x01-\x20]"),
    ),
    Signature(("binary.qm",), re.compile(rb"\x3c\xb8\x64\x18\xca\xef\x9c\x95\xcd\x21\x1c\xbf\x60\xa1\xbd\xdd")),
    Signature(("binary.mo",), re.compile(rb"(?:\xde\x12\x04\x95|\x95\x04\x12\xde)[\0-\xff]{4}", re.DOTALL)),
    # COFF objects have no magic but their machine: x86, x86-64, ARM, ARM64.
    Signature(("binary.native",), re.compile(rb"(?:\x4c\x01|\x64\x86|\xc4\x01|\x64\xaa)", re.DOTALL), (".obj", ".o")),
)
HEAD = 4096

_JOINED = {".pyc": "pyc", ".pyo": "pyc", ".class": "javaclass", ".dex": "dex", ".luac": "lua"}
"""Formats in which a string's length or the next one's kind stands beside its letters, as a letter may."""


_MARKED = ("pyc", "javaclass", "dex")
"""Those of them in which only certain letters can stand there."""


def spaced(path: str) -> bool:
    """Return whether of such a file other bytes are searched than it holds: see `matchable`."""
    return _joined(path) is not None


def joined(path: str) -> bool:
    """Return whether a search that allows for a format's own letters finds every term of such a file."""
    return _joined(path) in _MARKED


def _joined(path: str) -> str | None:
    return _JOINED.get(path[path.rfind(".") :].lower()) if "." in path[-8:] else None


def matchable(path: str, data: bytes | memoryview) -> bytes | memoryview:
    """Return the bytes in which terms are searched: of some formats the strings alone, at their places, zeros between.

    In ``emNationt\\x06nGlass`` of a compiled Python file the ``t`` says what follows: no word ends there for a search
    of plain bytes.
    """
    found = _joined(path)
    if found is None:
        return data
    whole = bytes(data)
    kept = bytearray(len(whole))
    for start, end in import_module(f"sousveil.read.binary.{found}").spans(whole):
        kept[start:end] = whole[start:end]
    return bytes(kept)


def byte_readers(path: str, data: bytes) -> tuple[str, ...]:
    """Return the readers of the first signature that fits, none if it is to be read as text."""
    head = bytes(data[:HEAD])
    for signature in SIGNATURES:
        if signature.magic.match(head) and (not signature.ends or path.lower().endswith(signature.ends)):
            return signature.readers
    return ()
