"""A PDB whose streams lie in scattered blocks, put together: ``app.pdb!/joined.pdb``."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack import msf
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget

ABOUT = About(
    "Scattered PDB files",
    ".pdb",
    "A PDB's streams put together where their blocks do not follow one another, so that names are found that lie "
    "across blocks.",
)


def has(data: bytes | memoryview) -> bool:
    """Return whether some stream's blocks do not follow one another."""
    return any(not stream.joined for stream in msf.read(data).streams)


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the joined file. Raises Stop where a quota is hit."""
    file = msf.read(data)
    budget.take_file()
    # Streams may share blocks only in a damaged file; then they would come out larger than the file.
    total = sum(s.size for s in file.streams)
    if total > 2 * len(data):
        yield Limit(display, "broken", f"the streams claim {total} bytes in a file of {len(data)}")
        return
    budget.take_bytes(total)
    out = joined([file.content(data, i) for i in range(len(file.streams))])
    yield Entry(f"{display}!/joined.pdb", b"joined.pdb", len(out), out)


def joined(streams: list[bytes], block: int = 4096) -> bytes:
    """Return an MSF file of these streams, one after another."""
    out = bytearray(3 * block)
    sizes, lists = [], []
    for stream in streams:
        first, count = len(out) // block, -(-len(stream) // block)
        out += stream + b"\0" * (count * block - len(stream))
        sizes.append(len(stream))
        lists.append(range(first, first + count))
    directory = struct.pack(f"<{1 + len(sizes)}I", len(sizes), *sizes)
    directory += b"".join(struct.pack(f"<{len(blocks)}I", *blocks) for blocks in lists)
    first, count = len(out) // block, -(-len(directory) // block)
    out += directory + b"\0" * (count * block - len(directory))
    table = len(out) // block
    pages = struct.pack(f"<{count}I", *range(first, first + count))
    out += pages + b"\0" * (-len(pages) % block)
    out[:56] = msf.MAGIC + struct.pack("<6I", block, 1, len(out) // block, len(directory), 0, table)
    return bytes(out)
