"""Exact versions taken before: what the registry named, so that a second run needs no network.

A record holds the digests the registry named; the files are hashed against them again. It counts for `RECORD_DAYS`
days, offline for ever, and only where nobody but this user can have written it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec import Struct

from sousveil.acquire.cache import RECORD_DAYS, Cache, Record, RecordedFile, Stored, clean_digests
from sousveil.model import Limit

Key = dict[str, object]


class Fetched(Struct, frozen=True):
    """A package's files, checked."""

    purl: str
    files: tuple[tuple[str, Mapping[str, str], Stored], ...]
    """Name, digests as the registry names them, and the file."""
    notes: tuple[str, ...]
    limits: tuple[Limit, ...] = ()


def again(cache: Cache, key: Key, *, offline: bool, max_bytes: int | None) -> Fetched | None:
    """Return what was taken under this key before, if all of it is still there and whole; else None."""
    record = cache.record(key)
    if record is None:
        return None
    age = time.time() - record.when
    notes = record.notes
    if not 0 <= age < RECORD_DAYS * 86_400:
        if not offline:
            return None
        day = time.strftime("%Y-%m-%d", time.gmtime(record.when))
        notes = (*notes, f"the registry was not asked (offline): this is what it said on {day}")
    files = []
    for file in record.files:
        digests = clean_digests({"sha256": file.sha256, **file.digests})
        stored = cache.find(file.name, digests) if digests else None
        if stored is None or (max_bytes is not None and stored.size > max_bytes):
            return None
        files.append((file.name, file.digests, stored))
    return Fetched(record.purl, tuple(files), notes) if files else None


def keep(cache: Cache, key: Key, fetched: Fetched) -> None:
    """Remember what was taken, unless files are missing or lie in a temporary folder."""
    if cache.temporary or fetched.limits:
        return
    files = tuple(
        RecordedFile(name, dict(digests), stored.sha256, stored.size) for name, digests, stored in fetched.files
    )
    cache.remember(key, Record(time.time(), fetched.purl, files, fetched.notes))
