"""Where a container's bytes are: in memory, in an open file, or in a stream that is read once."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

CHUNK = 1 << 20
"""Bytes read at a time."""
HEAD = 1 << 16
"""Bytes that formats are told from: an ISO image names itself at 32,769."""


class Memory:
    """Bytes held in memory."""

    __slots__ = ("data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def head(self) -> bytes:
        """Return the first bytes, at most HEAD."""
        return self.data[:HEAD]

    def read(self, offset: int, count: int) -> bytes:
        """Return bytes from an offset, fewer at the end."""
        return self.data[offset : offset + count] if offset >= 0 and count > 0 else b""

    def find(self, needle: bytes, start: int, end: int) -> int:
        """Return the offset of the first occurrence that begins in start..end, -1 if none."""
        return self.data.find(needle, start, end + len(needle) - 1)

    def chunks(self, step: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes in parts of at most `step`."""
        if self.size <= step:
            yield self.data
            return
        for at in range(0, self.size, step):
            yield self.data[at : at + step]

    def window(self, start: int, count: int) -> Memory:
        """Return a part as a source of its own."""
        return Memory(self.data[start : start + count])

    def close(self) -> None:
        """Let go of the bytes."""
        self.data = b""


class Window:
    """A stretch of an open file. Reads never move the file's own position, so windows can share it."""

    __slots__ = ("_file", "_release", "size", "start")

    def __init__(self, file: BinaryIO, start: int, size: int, *, release: Callable[[], None] | None = None) -> None:
        self._file = file
        self._release = release
        self.start = start
        self.size = size

    def head(self) -> bytes:
        """Return the first bytes, at most HEAD."""
        return self.read(0, HEAD)

    def read(self, offset: int, count: int) -> bytes:
        """Return bytes from an offset, fewer at the end and where the file has shrunk."""
        count = min(count, self.size - offset)
        if offset < 0 or count <= 0:
            return b""
        data = self._pread(count, offset)
        if len(data) == count or not data:
            return data
        parts = [data]  # a network file system may answer with less than was asked for
        got = len(data)
        while got < count and (data := self._pread(count - got, offset + got)):
            parts.append(data)
            got += len(data)
        return b"".join(parts)

    def _pread(self, count: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, self.start + offset)
        self._file.seek(self.start + offset)  # Windows
        return self._file.read(count)

    def find(self, needle: bytes, start: int, end: int) -> int:
        """Return the offset of the first occurrence that begins in start..end, -1 if none."""
        lap = len(needle) - 1
        step = 4096  # most of what is looked for lies near
        while start < end:
            part = min(step, end - start)
            at = self.read(start, part + lap).find(needle)
            if at >= 0:
                return start + at
            start += part
            step = min(step * 4, CHUNK)
        return -1

    def chunks(self, step: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes from the first to the last, in parts of at most `step`."""
        offset = 0
        while data := self.read(offset, step):
            yield data
            offset += len(data)

    def window(self, start: int, count: int) -> Window:
        """Return a part as a source of its own, on the same file."""
        return Window(self._file, self.start + start, max(0, min(count, self.size - start)))

    def close(self) -> None:
        """Give the file back if it was taken for this window."""
        if self._release is not None:
            release, self._release = self._release, None
            release()


Seekable = Memory | Window


class Stream:
    """Bytes that come once, from the first to the last. What was read to tell the format is given again."""

    def __init__(self, chunks: Iterator[bytes], size: int | None = None) -> None:
        self._chunks = chunks
        self.size = size
        """As the container declares it; None where it does not."""
        self._head: deque[bytes] = deque()
        self._kept: list[bytes] | None = []
        self._kept_size = 0
        self._keep_most = 0

    def head(self) -> bytes:
        """Return the first bytes, at least HEAD if there are as many. They will be read again."""
        have = sum(map(len, self._head))
        while have < HEAD and (chunk := next(self._chunks, None)) is not None:
            self._head.append(chunk)
            have += len(chunk)
        return b"".join(self._head)[:HEAD]

    def push(self, parts: list[bytes]) -> None:
        """Put bytes before those that are still to come."""
        self._head.extendleft(reversed(parts))

    def remember(self, most: int) -> None:
        """From now on keep what is read, up to `most` bytes but at least HEAD, for `rewound`."""
        self._keep_most = max(most, HEAD)

    def forget(self) -> None:
        """No longer keep what is read: the container opened."""
        self._kept = None

    def rewound(self) -> bool:
        """Put back what was read since `remember`. False where that is no longer held."""
        if self._kept is None:
            return False
        self._head.extendleft(reversed(self._kept))
        self._kept = None
        return True

    def chunks(self, step: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes that are still to come, in the parts in which they come."""
        while True:
            chunk = self._head.popleft() if self._head else next(self._chunks, None)
            if chunk is None:
                return
            if self._keep_most and self._kept is not None:
                self._kept.append(chunk)
                self._kept_size += len(chunk)
                if self._kept_size > self._keep_most:
                    self._kept = None
            yield chunk

    def close(self) -> None:
        """Stop the stream."""
        close: Callable[[], None] | None = getattr(self._chunks, "close", None)
        if close is not None:
            close()


Source = Memory | Window | Stream


def seekable(source: Source, most_in_memory: int) -> Seekable:
    """Return a source that can be read at any place: itself, or a copy in memory or in a file without a name."""
    if not isinstance(source, Stream):
        return source
    held: list[bytes] = []
    size = 0
    chunks = source.chunks()
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > most_in_memory:
            break
    else:
        return Memory(b"".join(held))
    scratch = _scratch or Scratch(tempfile.TemporaryFile(prefix="sousveil-"))  # noqa: SIM115 - closed by the window
    start = scratch.take()
    try:
        for chunk in held:
            scratch.write(chunk)
        held.clear()
        for chunk in chunks:
            scratch.write(chunk)
            size += len(chunk)
    except BaseException:
        scratch.give(start)
        raise
    return Window(scratch.file, start, size, release=lambda: scratch.give(start))


class Scratch:
    """One file that copies are put into one behind the other; when none is in use any more, it is emptied."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._starts: list[int] = []
        self._end = 0

    def take(self) -> int:
        """Return where the next copy begins; it is written before another is taken."""
        self._starts.append(self._end)
        return self._end

    def write(self, data: bytes) -> None:
        """Append to the copy taken last."""
        self.file.seek(self._end)
        view = memoryview(data)
        while len(view):
            view = view[self.file.write(view) :]
        self.file.flush()
        self._end += len(data)

    def give(self, start: int) -> None:
        """Give a copy back."""
        with contextlib.suppress(ValueError):
            self._starts.remove(start)
        if not self._starts:
            self._end = 0
            if self is _scratch:
                self.file.truncate(0)
            else:
                self.file.close()


_scratch: Scratch | None = None


def use(scratch: Scratch) -> None:
    """From now on copy into this file: a locked process can open none."""
    global _scratch
    _scratch = scratch
