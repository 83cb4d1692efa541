"""The match stage alone: a fast search of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from sousveil.match.checks import Hits
from sousveil.match.database import Matcher
from sousveil.model import Limit

_WHOLE = 64 << 20
"""A longer file is read in pieces."""
_PIECE = 4 << 20
_BATCH = 256

Report = Callable[[Limit], None]


def search_tree(
    path: str | Path, jobs: int = 1, matcher: Matcher | None = None, report: Report | None = None
) -> Iterator[tuple[str, Hits]]:
    """Yield the path and hits of every file under ``path`` (or ``path`` itself) that holds a term.

    Links are not followed; packed files are not opened. With one job files come in the order of their names, with
    more as they are done. What could not be read is handed to ``report`` and otherwise raised as OSError.
    """
    from sousveil.match.lexicon import load

    engine = matcher or Matcher(load())

    def trouble(name: str, reason: str, detail: str) -> None:
        if report is None:
            raise OSError(f"{name}: {detail}")
        report(Limit(name, reason, detail))

    def one(name: str) -> tuple[str, Hits]:
        try:
            return name, _search_file(name, engine)
        except OSError as error:
            trouble(name, "unreadable", error.strerror or str(error))
            return name, Hits()

    names = _files(str(path), trouble)
    if jobs <= 1:
        for name in names:
            found = one(name)
            if found[1]:
                yield found
        return
    with ThreadPoolExecutor(jobs) as pool:
        running: set[Future[list[tuple[str, Hits]]]] = set()

        def many(batch: list[str]) -> list[tuple[str, Hits]]:
            return [found for found in map(one, batch) if found[1]]

        try:
            batch: list[str] = []
            for name in names:
                batch.append(name)
                if len(batch) < _BATCH:
                    continue
                running.add(pool.submit(many, batch))
                batch = []
                if len(running) > 2 * jobs:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield from future.result()
            running.add(pool.submit(many, batch))
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _files(top: str, trouble: Callable[[str, str, str], None]) -> Iterator[str]:
    """Yield regular files, folders in the order of their names."""
    if not Path(top).is_dir():
        yield top
        return
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda e: e.name)
        except OSError as error:
            trouble(folder, "unreadable", error.strerror or str(error))
            continue
        inner: list[str] = []
        for entry in entries:
            try:
                if entry.is_symlink():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    inner.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry.path
            except OSError as error:
                trouble(entry.path, "unreadable", error.strerror or str(error))
        waiting.extend(reversed(inner))


def _search_file(name: str, matcher: Matcher) -> Hits:
    # O_NONBLOCK: a FIFO named by the user must not hang the search.
    descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(f"{name}: neither a file nor a folder")
        if info.st_size > _WHOLE:
            return matcher.scan_chunks(iter(lambda: os.read(descriptor, _PIECE), b""), name)
        pieces: list[bytes] = []
        while piece := os.read(descriptor, info.st_size + 1):
            pieces.append(piece)
            if sum(map(len, pieces)) > 2 * _WHOLE:
                raise OSError(f"{name}: the file grew while it was read")
        return matcher.match(pieces[0] if len(pieces) == 1 else b"".join(pieces), name)
    finally:
        os.close(descriptor)
