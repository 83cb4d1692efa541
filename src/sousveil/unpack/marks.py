"""What may begin in a program or behind it, looked for in one pass: archives, installers and packed streams."""

from __future__ import annotations

from sousveil.unpack.literals import Literals

BUNDLE = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
"""What stands in a single-file host of .NET before its list of files."""
BEHIND = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"MSCF\0\0\0\0": "cab",
    BUNDLE: "dotnetbundle",
    b"\xef\xbe\xad\xdeNullsoftInst": "nsis",
    b"Inno Setup Setup Data (": "inno",
    b"ISSetupStream\0": "installshield",
}
"""Archives and installers."""
ZLIB, GZIP, ZSTD = "zlib", "gzip", "zstd"
STREAMS = {
    **dict.fromkeys((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), ZLIB),
    b"\x1f\x8b\x08": GZIP,
    b"\x28\xb5\x2f\xfd": ZSTD,
}
"""Zlib headers for a window of 32 KB, a gzip header, a Zstandard frame."""
MOST = 500_000
"""Marks in one file."""
_KINDS = (*BEHIND.values(), *STREAMS.values())
_LITERALS = Literals((*BEHIND, *STREAMS))
_last: tuple[bytes, list[tuple[int, str]]] | None = None


def marks(data: bytes | memoryview) -> list[tuple[int, str]]:
    """Return where something may begin, and what, in order; no more than MOST.

    Of bytes it is remembered until `forget`, or until another file is asked about: a program is asked twice.
    """
    global _last
    if _last is not None and _last[0] is data:
        return _last[1]
    found = [(at, _KINDS[number]) for at, number in _LITERALS.places(data, MOST)]
    _last = (data, found) if isinstance(data, bytes) else None
    return found


def forget() -> None:
    """Let go of the file that is remembered."""
    global _last
    _last = None
