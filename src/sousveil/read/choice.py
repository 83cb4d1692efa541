"""Which reader reads an artifact, and whether it is text at all."""

from __future__ import annotations

import functools
import re
from importlib import import_module
from types import ModuleType

from sousveil.read.formats import FORMATS

_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|[a-zA-Z])", re.IGNORECASE)

# POSIX charmaps and locales name their settings in angle brackets: `<code_set_name> BIG5`.
_CHARMAP = re.compile(rb"\s*<(?:code_set_name|mb_cur_m(?:ax|in)|comment_char|escape_char)>[ \t]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@functools.cache
def _by_extension() -> dict[str, str]:
    out: dict[str, str] = {}
    for reader, extensions in FORMATS.items():
        for extension in extensions.split():
            out.setdefault(extension, reader)
    return out


def reader_of(path: str, data: bytes) -> ModuleType:
    """Return the reader of an artifact: by the end of its name, else by its first bytes."""
    name = re.split(r"[/\\]|!/", path)[-1].lower()
    table = _by_extension()
    parts = name.split(".")
    ends = ["." + ".".join(parts[i:]) for i in range(1, len(parts))]
    reader = next((table[end] for end in (name, *ends) if end in table), None) or _sniff(data[:4096])
    module = import_module("sousveil.read." + reader)
    if reader == "source.c" and name.endswith(".m"):
        hashed = import_module("sousveil.read.source.hashed")
        return hashed if hashed.matlab(data[: 1 << 16]) else module
    return module


def _sniff(head: bytes) -> str:
    if _CHARMAP.match(head):
        return "document.prose"
    if _MARKUP.match(head):
        return "resource.html" if b"<html" in head.lower() or b"<!doctype html" in head.lower() else "resource.xml"
    first = head.lstrip()[:1]
    if first in (b"{", b"["):
        return "resource.json"
    if head.startswith(b"#!") and b"python" in head[:80]:
        return "source.python"
    if re.match(rb"#![^\n]{0,60}\b(?:ba|z|k|da)?sh\b", head):
        return "source.shell"
    # Without a telling name (standard input, a renamed file) the first lines tell the language, else it is prose.
    return next((reader for reader, pattern in _SHAPES if pattern.search(head)), "document.prose")


_SHAPES = tuple(
    (reader, re.compile(pattern, re.MULTILINE))
    for reader, pattern in (
        ("source.proto", rb"^[ \t]*syntax\s*=\s*[\"']proto[23]"),
        ("source.sql", rb"(?i)^[ \t]*(?:CREATE\s+TABLE|INSERT\s+INTO)\s"),
        (
            "source.java",
            rb"^[ \t]*(?:package [\w.]{1,200};|import java|public (?:final |abstract )?(?:class|enum|interface)\s)",
        ),
        ("source.csharp", rb"^[ \t]*(?:using System|namespace [\w.]{1,200}\s*[{;])"),
        ("source.go", rb"^package \w{1,100}\s*$"),
        (
            "source.c",
            rb"^[ \t]*(?:typedef\s+(?:struct|enum|union)\b|#\s*(?:include|define|ifndef|pragma)\b|"
            rb"(?:struct|enum)\s+\w+\s*\{)",
        ),
        (
            "source.python",
            rb"^(?:import \w+|from [\w.]{1,200} import |(?:async )?def \w+\(|class \w+[^\n]{0,200}:\s*$)",
        ),
        (
            "source.javascript",
            rb"^[ \t]*(?:(?:const|let|var) \w+ = |function \w+\(|export (?:const|default|class|interface) )",
        ),
    )
)


def kind_of(data: bytes | memoryview) -> str:
    """Return ``empty``, ``text`` or ``binary`` for an artifact's content, by its first 64 KiB."""
    sample = bytes(data[: 1 << 16])
    if not sample:
        return "empty"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00\x00\xfe\xff")):
        return "text"
    zeros = sample.count(0)
    if zeros == 0:
        controls = len(_CONTROL.findall(sample))
        return "binary" if controls * 20 > len(sample) else "text"
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    wide = max(even, odd) > len(sample) // 8 and max(even, odd) > 8 * min(even, odd)
    return "text" if wide or zeros * 2000 < len(sample) else "binary"
