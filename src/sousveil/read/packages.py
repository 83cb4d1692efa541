"""What a source file declares to be part of: the folder of a file that came without its folders."""

from __future__ import annotations

import re

_HEAD = 64 << 10
_DOTTED = rb"(?m)^[ \t]*package[ \t]+([A-Za-z_][\w.]{0,200})[ \t]*;?[ \t]*\r?$"
_PATTERNS = {
    "java": re.compile(_DOTTED),
    "kotlin": re.compile(_DOTTED),
    "go": re.compile(_DOTTED),
    "proto": re.compile(_DOTTED),
    # A namespace with a body is a scope of what stands in it.
    "csharp": re.compile(rb"(?m)^[ \t]*namespace[ \t]+([A-Za-z_][\w.]{0,200})[ \t]*;"),
    "php": re.compile(rb"(?m)^[ \t]*(?:<\?php[ \t]+)?namespace[ \t]+([A-Za-z_][\w\\]{0,200})[ \t]*;"),
}


def package_of(reader: str, utf8: bytes) -> str:
    """Return the package or namespace that a file read by ``reader`` declares in its first 64 KiB, or nothing."""
    pattern = _PATTERNS.get(reader)
    found = pattern.search(utf8, 0, _HEAD) if pattern is not None else None
    return found[1].decode("utf-8", "replace") if found is not None else ""
