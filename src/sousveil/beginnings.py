"""How packed parts of a file begin: unpack asks where, and match looks for it in the pass that searches for terms."""

from __future__ import annotations

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
"""Archives and installers behind a program."""
ZLIB, GZIP, ZSTD = "zlib", "gzip", "zstd"
STREAMS = {
    **dict.fromkeys((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), ZLIB),
    b"\x1f\x8b\x08": GZIP,
    b"\x28\xb5\x2f\xfd": ZSTD,
}
"""In a program: zlib headers for a window of 32 KB, a gzip header, a Zstandard frame."""
BYTES = (*BEHIND, *STREAMS)
KINDS = (*BEHIND.values(), *STREAMS.values())
PREFIX = 4
"""Bytes of each that are looked for; the rest is compared. Longer ones, and zeros in them, cost half as much again."""
FIRST = tuple(one[:PREFIX] for one in BYTES)
MOST = 500_000
"""Places in one file."""
