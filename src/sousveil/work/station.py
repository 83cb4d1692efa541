"""What a worker is given before it is locked: a place for what matched, one for scratch, a board to say what it does.

All three are made by the main process. Files have no name where the system can do that (Linux), so nothing is left
behind however a run ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from sousveil.unpack.source import Scratch

PASSING = sys.platform == "linux"
"""Whether descriptors are handed to workers; elsewhere workers open paths."""
_BOARD = 4096
_PUNCH_HOLE = 0x01 | 0x02  # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE


class Station:
    """One worker's place; it outlives a worker that dies and is taken over by the next."""

    def __init__(self, number: int, folder: Path | None) -> None:
        self.number = number
        """From 1; in messages it says in whose spool something lies."""
        self.files: list[int] = []
        """In the worker: descriptors that came with the job at hand, which it has to close."""
        self._folder = folder
        self._spool: BinaryIO | None = None
        self._scratch: BinaryIO | None = None
        self._end = 0
        self._board: mmap.mmap | None = None
        if PASSING:
            # TemporaryFile has no name in any folder there.
            self._spool = tempfile.TemporaryFile(prefix="sousveil-", buffering=0)  # noqa: SIM115
            self._scratch = tempfile.TemporaryFile(prefix="sousveil-", buffering=0)  # noqa: SIM115
            self._board = mmap.mmap(-1, _BOARD)

    def __getstate__(self) -> dict[str, Any]:
        """Where processes are spawned the spool is opened again by its path."""
        return {"number": self.number, "folder": self._folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["number"], state["folder"])  # type: ignore[misc]

    @property
    def path(self) -> Path | None:
        """Return where the spool lies if it has a name."""
        return None if PASSING or self._folder is None else self._folder / str(self.number)

    # In the worker.

    def enter(self) -> None:
        """Take the place over: go on behind what lies in the spool, with empty scratch."""
        from sousveil.unpack import source

        path = self.path
        if path is not None:
            self._spool = path.open("a+b", buffering=0)
        if self._spool is not None:
            self._end = os.fstat(self._spool.fileno()).st_size
        if self._scratch is not None:
            self._scratch.truncate(0)
            source.use(Scratch(self._scratch))

    def descriptors(self) -> list[int]:
        """Return what of this a forked worker must keep open."""
        return [file.fileno() for file in (self._spool, self._scratch) if file is not None]

    def at(self, display: str, opening: bool = False) -> None:
        """Write on the board what is looked at, or opened, for the main process to see if this one dies."""
        if self._board is not None:
            raw = display.encode("utf-8", "surrogatepass")[: _BOARD - 3]
            self._board[: len(raw) + 3] = len(raw).to_bytes(2, "little") + (b"+" if opening else b" ") + raw

    def keep(self) -> Keeping:
        """Return a writer to the end of the spool."""
        if self._spool is None:
            raise OSError("this worker has no place for what matched")
        return Keeping(self, self._spool)

    def clear(self) -> None:
        """Close the descriptors of a job that ended before it came to them."""
        for descriptor in self.files:
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self.files = []

    # In the main process.

    def last(self) -> tuple[str, bool]:
        """Return what the worker was at last (empty if it did not say), and whether it was opening that."""
        if self._board is None:
            return "", False
        size = min(int.from_bytes(self._board[:2], "little"), _BOARD - 3)
        return self._board[3 : 3 + size].decode("utf-8", "backslashreplace"), self._board[2:3] == b"+"

    def wipe(self) -> None:
        """Forget what the worker was opening."""
        if self._board is not None:
            self._board[:2] = b"\0\0"

    def lend(self) -> int:
        """Return a new descriptor of the spool, for reading only."""
        if self._spool is None:
            raise OSError("this spool is opened by its path")
        try:
            return os.open(f"/proc/self/fd/{self._spool.fileno()}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # no /proc
            return os.dup(self._spool.fileno())

    def release(self, offset: int, size: int) -> None:
        """Give the room of something in the spool back to the disk."""
        if self._spool is not None and PASSING and size >= mmap.PAGESIZE:
            ctypes.CDLL(None).fallocate(self._spool.fileno(), _PUNCH_HOLE, ctypes.c_int64(offset), ctypes.c_int64(size))

    def empty(self) -> None:
        """Give everything in the spool back to the disk; the worker goes on at the offset where it is."""
        if self._spool is not None and os.fstat(self._spool.fileno()).st_size:
            self._spool.truncate(0)

    def close(self) -> None:
        """Let go of everything."""
        for file in (self._spool, self._scratch):
            if file is not None:
                file.close()
        if self._board is not None:
            self._board.close()


class Keeping:
    """Something on its way into the spool."""

    def __init__(self, station: Station, file: BinaryIO) -> None:
        self._station, self._descriptor = station, file.fileno()
        self.offset = station._end
        self._at = self.offset

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        view = memoryview(data)
        while len(view):
            if hasattr(os, "pwrite"):
                done = os.pwrite(self._descriptor, view, self._at)
            else:
                os.lseek(self._descriptor, self._at, os.SEEK_SET)
                done = os.write(self._descriptor, view)
            self._at += done
            view = view[done:]

    def done(self) -> None:
        """Keep what was written; without this the next overwrites it."""
        self._station._end = self._at

    def undo(self) -> None:
        """Drop what was written."""
        if self._at > self.offset and hasattr(os, "ftruncate"):
            os.ftruncate(self._descriptor, self.offset)
