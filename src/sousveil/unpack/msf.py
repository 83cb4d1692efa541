"""MSF, the container of a PDB: its streams and the blocks they lie in (LLVM, "The MSF File Format")."""

from __future__ import annotations

import struct

from msgspec import Struct

MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
MOST_STREAMS = 1 << 16


class Stream(Struct):
    """One stream: its size and the blocks that hold it."""

    size: int
    blocks: tuple[int, ...]

    @property
    def joined(self) -> bool:
        """Whether its blocks follow one another in the file."""
        first = self.blocks[0] if self.blocks else 0
        return self.blocks == tuple(range(first, first + len(self.blocks)))


class Msf(Struct):
    """The streams of a file."""

    block: int
    streams: tuple[Stream, ...]
    broken: str = ""
    """What of the directory could not be followed."""

    def content(self, data: bytes, number: int) -> bytes:
        """Return a stream's bytes; empty where there is none."""
        if not 0 <= number < len(self.streams):
            return b""
        stream = self.streams[number]
        size = self.block
        if stream.joined and stream.blocks:
            return bytes(data[stream.blocks[0] * size : stream.blocks[0] * size + stream.size])
        return b"".join(bytes(data[b * size : (b + 1) * size]) for b in stream.blocks)[: stream.size]

    def start(self, number: int) -> int:
        """Return where in the file a stream begins whose blocks follow one another."""
        stream = self.streams[number]
        return stream.blocks[0] * self.block if stream.blocks else 0


def read(data: bytes | memoryview) -> Msf:
    """Return the streams. Nothing is raised: what is damaged is said."""
    try:
        size, _, _, length, _, table = struct.unpack_from("<6I", data, 32)
        if size not in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536) or length > len(data):
            return Msf(4096, (), "the header is damaged")
        needed = -(-length // size)
        blocks = struct.unpack_from(f"<{needed}I", data, table * size)
        directory = b"".join(bytes(data[b * size : (b + 1) * size]) for b in blocks)[:length]
        (streams,) = struct.unpack_from("<I", directory)
        if streams > MOST_STREAMS:
            return Msf(size, (), f"{streams} streams")
        sizes = struct.unpack_from(f"<{streams}I", directory, 4)
        at = 4 + 4 * streams
        out = []
        for length in sizes:
            length = 0 if length == 0xFFFFFFFF else length
            needed = -(-length // size)
            own = struct.unpack_from(f"<{needed}I", directory, at)
            at += 4 * needed
            out.append(Stream(length, own))
        return Msf(size, tuple(out))
    except struct.error:
        return Msf(4096, (), "the directory is cut")
