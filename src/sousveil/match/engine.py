"""Hyperscan databases: compiled once, kept on disk, safe in threads and after a fork."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sousveil.match import store

Handler = Callable[[int, int, int, int, Any], object]
"""Called with pattern number, 0, end of the match, flags, context; a true value ends the scan."""


class Engine:
    """One compiled set of patterns."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._local = threading.local()

    def scan(self, data: bytes | memoryview, handler: Handler) -> bool:
        """Call ``handler`` for every match in ``data``, in order of their ends; return False if it ended the scan."""
        import hyperscan

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        try:
            self._database.scan(data, match_event_handler=handler, scratch=scratch)
        except hyperscan.ScanTerminated:
            return False
        return True


def compile_patterns(patterns: Sequence[tuple[bytes, bool]]) -> Any:
    """Return a database of ``patterns`` (regex, caseless), numbered in their order."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if caseless else 0) for _, caseless in patterns]
    failed: list[Exception] = []

    def compile_all() -> None:
        try:
            database.compile(
                expressions=[regex for regex, _ in patterns],
                ids=list(range(len(patterns))),
                elements=len(patterns),
                flags=flags,
            )
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)

    # It takes seconds, in which no signal is heeded where it runs.
    compiling = threading.Thread(target=compile_all, daemon=True)
    compiling.start()
    compiling.join()
    if failed:
        raise failed[0]
    return database


def open_engine(key: str, make: Callable[[], Iterable[tuple[bytes, bool]]], root: Path | None) -> Engine:
    """Return the engine of the patterns that ``make`` gives and ``key`` names: from the cache under ``root`` if it is
    there, whole and fit for this machine, else compiled and kept."""
    import platform

    import hyperscan

    version = hashlib.sha256(f"{getattr(hyperscan, '__version__', None)} {platform.machine()}".encode()).hexdigest()[
        :12
    ]
    name = f"database-{key}-{version}"
    if (kept := store.get(root, name)) is not None:
        try:
            return Engine(hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK))
        except hyperscan.HyperscanError:
            pass
    database = compile_patterns(list(make()))
    store.put(root, name, hyperscan.dumpb(database))
    return Engine(database)
