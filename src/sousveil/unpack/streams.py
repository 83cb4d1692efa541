"""Single compressed streams: gz, bz2, xz, lzma by the standard library (ISA-L for deflate where it is installed),
zst, lz4, lzip, compress by libarchive."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator
from functools import cache
from typing import Any, Protocol

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.archive import expand_raw, read_archive
from sousveil.unpack.names import shown
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.sniff import is_container
from sousveil.unpack.source import CHUNK, Seekable, Source, Stream

ABOUT = About(
    title="Single compressed files",
    ends=".gz .bz2 .xz .lzma .zst .lz4 .lz .Z",
    reads="What is compressed; a tar inside counts with its compression as one container.",
    needs="libarchive for zst, lz4, lz and Z",
)


MOST_DICTIONARY = 640 << 20
"""Bytes that an xz stream's dictionary may take; xz itself uses 64 MB at its highest preset."""

STEP = 1 << 18
"""Bytes fed to a decoder at a time."""

_ENDINGS = {
    "gz": (".gz", ".gzip", ".z"),
    "bz2": (".bz2", ".bz"),
    "xz": (".xz",),
    "lzma": (".lzma",),
    "zst": (".zst", ".zstd"),
    "lz4": (".lz4",),
    "lzip": (".lz",),
    "compress": (".Z",),
}
_MEMBER = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}
"""How a further member of the same stream begins."""


class Decoder(Protocol):
    """What bz2's and lzma's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without further input."""

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most that many bytes."""


class _Zlib:
    """The same face for zlib."""

    def __init__(self, bits: int) -> None:
        self._zlib = zlib.decompressobj(bits)
        self._rest = b""
        self._full = False

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._zlib.decompress(self._rest + data if self._rest else data, max(max_length, 0))
        self._rest = self._zlib.unconsumed_tail
        self._full = len(out) == max_length
        return out

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data


@cache
def fast() -> Any:
    """Return ISA-L's modules (`isal_zlib`, `igzip_lib`), None where they are not installed: zlib takes over."""
    try:
        from isal import igzip_lib, isal_zlib
    except ImportError:
        return None
    return isal_zlib, igzip_lib


def decoder(fmt: str) -> Decoder:
    """Return a new decoder of gz, deflate (without a header), bz2, xz or lzma."""
    if fmt in ("gz", "deflate"):
        modules = fast()
        if modules is None:
            return _Zlib(31 if fmt == "gz" else -15)
        igzip = modules[1]
        flag = igzip.DECOMP_GZIP if fmt == "gz" else igzip.DECOMP_DEFLATE
        made: Decoder = igzip.IgzipDecompressor(flag=flag)
        return made
    if fmt == "bz2":
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    kind = lzma.FORMAT_XZ if fmt == "xz" else lzma.FORMAT_ALONE
    return lzma.LZMADecompressor(kind, memlimit=MOST_DICTIONARY)


@cache
def errors() -> tuple[type[Exception], ...]:
    """Return what decoders raise on damaged input."""
    import lzma

    known: list[type[Exception]] = [zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError]
    modules = fast()
    if modules is not None:
        known.append(modules[0].IsalError)
    return tuple(known)


class Expansion:
    """One compressed stream being expanded: how it ended and what lies behind it."""

    def __init__(self, fmt: str, source: Source, fed: Callable[[int], None]) -> None:
        self._fmt = fmt
        self._source = source
        self._chunks = source.chunks(STEP)
        self._fed = fed
        self.problem: tuple[str, str] | None = None
        """Reason and detail where the stream is damaged."""
        self.made = 0
        """Bytes that came out."""
        self.rest = b""
        """Bytes behind the end, of the last chunk read; `behind` has them all."""

    def parts(self) -> Iterator[bytes]:
        """Yield what comes out, in parts of at most CHUNK bytes, of a damaged stream all before the damage."""
        yield from self._parts()
        if self.problem is not None and self.problem[0] == "broken" and not isinstance(self._source, Stream):
            yield from self._salvaged(self._source)

    def _salvaged(self, source: Seekable) -> Iterator[bytes]:
        """Yield what the decoder held back when it met the damage: it is fed again, more finely each time."""
        safe = 0
        for step in (1 << 12, 1):
            feed = _Feed(source, safe, step)
            again = Expansion(self._fmt, Stream(feed.chunks()), self._fed)
            skip = self.made
            for out in again._parts():
                if step == 1 and len(out) > skip:
                    self.made += len(out) - skip
                    yield out[skip:]
                skip = max(0, skip - len(out))
            safe = feed.before
        self.problem = again.problem or self.problem

    def _parts(self) -> Iterator[bytes]:
        decode = decoder(self._fmt)
        fresh = True
        known = errors()
        for chunk in self._chunks:
            self._fed(len(chunk))
            data = chunk
            while True:
                fresh = fresh and not data
                try:
                    out = decode.decompress(data, CHUNK)
                except known as error:
                    self.problem = _problem(error, self.made)
                    return
                data = b""
                if out:
                    self.made += len(out)
                    yield out
                if decode.eof:
                    self.rest = decode.unused_data
                    if not self._further():
                        return
                    data, self.rest = self.rest, b""
                    decode, fresh = decoder(self._fmt), not data
                    continue
                if decode.needs_input:
                    break
        if not fresh:
            self.problem = ("truncated", f"the stream ends early; {self.made} bytes came out")

    def _further(self) -> bool:
        """Return whether another member follows; read on until that can be said. Zeros between are padding."""
        magic = _MEMBER.get(self._fmt)
        if magic is None:
            return False
        while True:
            rest = self.rest.lstrip(b"\0")
            if len(rest) >= len(magic):
                if rest.startswith(magic):
                    self.rest = rest
                    return True
                return False
            self.rest = rest
            more = next(self._chunks, None)
            if more is None:
                return False
            self.rest += more

    def behind(self) -> Stream | None:
        """Return what lies behind the end of the stream, None if nothing but zeros does."""
        while not (rest := self.rest.lstrip(b"\0")):
            more = next(self._chunks, None)
            if more is None:
                return None
            self.rest = more
        return Stream(_then(rest, self._chunks))


class _Feed:
    """A source's bytes in large parts up to a place and in small ones behind it."""

    def __init__(self, source: Seekable, safe: int, step: int) -> None:
        self._source = source
        self._safe = safe
        self._step = step
        self.before = 0
        """The offset of the part given last."""

    def chunks(self) -> Iterator[bytes]:
        at = 0
        while data := self._source.read(at, min(STEP, self._safe - at) if at < self._safe else self._step):
            self.before = at
            yield data
            at += len(data)


def _then(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _problem(error: Exception, made: int) -> tuple[str, str]:
    text = str(error) or type(error).__name__
    if "emory" in text:
        return "unsupported", f"needs more than {MOST_DICTIONARY >> 20} MB of memory for its dictionary"
    return "broken", f"{text}; {made} bytes came out"


def read_stream(fmt: str, source: Source, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the file in a compressed stream, or the files of the tar or cpio in it. Raise NotOpened if none comes."""
    expansion: Expansion | None = None
    if fmt in ("gz", "bz2", "xz", "lzma"):
        expansion = Expansion(fmt, source, _growing(reading) if source.size is None else reading.fed)
        chunks = expansion.parts()
    else:
        chunks = expand_raw(fmt, source, reading)
    inside = Stream(_metered(chunks, reading))
    head = inside.head()
    if expansion is not None and expansion.problem is not None and not head:
        raise NotOpened(*expansion.problem)
    reading.opened = True
    archive = is_container(head, "", b"")
    if archive in ("tar", "cpio"):
        reading.metered_below = True
        inside.remember(reading.in_memory)
        reading.opened = False
        try:
            yield from read_archive(archive, inside, reading)
        except NotOpened as error:
            reading.note(error.reason, error.detail)
            if inside.rewound():
                yield Item(b"[content]", "[content]", Stream(_counted(inside.chunks(), reading)))
        reading.opened = True
    else:
        raw = _inner_name(fmt, source, name)
        inner = reading.names.decode(raw)
        reading.check_name(raw, inner)
        # Counted against the ratio already, when it came out of the decoder.
        yield Item(raw, inner, Stream(_counted(inside.chunks(), reading)))
    for _ in inside.chunks():  # an archive's end may come before the stream's
        pass
    if expansion is not None:
        if expansion.problem is not None:
            reading.note(*expansion.problem)
        else:
            behind = expansion.behind()
            if behind is not None:
                yield Item(b"", "[behind the end]", Stream(reading.metered(behind.chunks())))
    yield from reading.drain()


def _growing(reading: Reading) -> Callable[[int], None]:
    """Return what counts the input of a stream whose length nobody knew: the ratio's cap grows with it."""

    def fed(count: int) -> None:
        reading.meter.grow(count)
        reading.fed(count)

    return fed


def _metered(chunks: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    for chunk in chunks:
        reading.meter.take(len(chunk))
        yield chunk


def _counted(chunks: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    for chunk in chunks:
        reading.budget.take_bytes(len(chunk))
        yield chunk


def _inner_name(fmt: str, source: Source, name: str) -> bytes:
    """Return the name a gzip header holds, else the container's own without its ending."""
    if fmt == "gz" and not isinstance(source, Stream):
        stored = _gzip_name(source.head())
        if stored:
            return stored
    base = name.rsplit("/", 1)[-1]
    for ending in _ENDINGS[fmt]:
        if len(base) > len(ending) and base.lower().endswith(ending.lower()):
            return shown(base[: -len(ending)]).encode()
    return f"{shown(base)}.content".encode() if base else b"[content]"


def _gzip_name(head: bytes) -> bytes:
    if len(head) < 11 or not head[3] & 8:
        return b""
    at = 10
    if head[3] & 4:
        at += 2 + int.from_bytes(head[10:12], "little")
    end = head.find(b"\0", at, at + 1024)
    return head[at:end] if end > at else b""
