"""Package files by their digest, and what registries said about exact versions.

Layout under the cache folder (``SOUSVEIL_CACHE``, or the platform's folder for caches):
``files/<algorithm>/<first two digits>/<digest><suffix>`` and ``records/<key>.json``. Files are hashed again on every
use, so a damaged or exchanged one is noticed and fetched anew. Writes go to a part file in the same folder, are synced
and renamed: runs side by side cannot see half a file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from sousveil.acquire import scratch
from sousveil.acquire.wording import AcquireError, shown

STRONG = ("sha256", "sha512", "sha384")
WEAK = ("sha224", "sha1", "md5")
"""A file that matches one of these can have been exchanged by someone who meant to; still better than no check."""
RECORD_DAYS = 7
"""An exact version's files do not change, but files are added and versions are withdrawn: then ask again."""
_PART_AGE = 86_400.0
_CHUNK = 1 << 20
_SUFFIX = re.compile(r"(?:\.tar)?\.(?:whl|zip|egg|tgz|gz|bz2|xz|Z|tar|deb|exe|msi|rpm|dmg)\Z")

Chunks = tuple[int | None, Iterator[bytes]]
"""Length if it is known, and the bytes."""
Source = Callable[[], AbstractContextManager[Chunks]]


class Stored(Struct, frozen=True):
    """A file whose bytes match the digests asked for."""

    path: Path
    sha256: str
    size: int


class RecordedFile(Struct, frozen=True):
    """One file of an exact version."""

    name: str
    digests: dict[str, str]
    """As the registry names them."""
    sha256: str
    size: int


class Record(Struct, frozen=True):
    """What a registry said about an exact version, and what was chosen."""

    when: float
    """Seconds since 1970."""
    purl: str
    files: tuple[RecordedFile, ...]
    notes: tuple[str, ...]


class TooLong(AcquireError):
    """A file is longer than was allowed."""

    def __init__(self, name: str, size: int, most: int) -> None:
        super().__init__(f"{shown(name)}: {size:,} bytes or more, and at most {most:,} are allowed. Raise --max-bytes.")


class _WriteFailed(Exception):
    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.error = error


def default_root() -> Path:
    """Return where this user's cache belongs: ``SOUSVEIL_CACHE``, else the platform's folder for caches."""
    if named := os.environ.get("SOUSVEIL_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / "sousveil" / "Cache" if base else Path.home() / "AppData" / "Local" / "sousveil" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sousveil"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if Path(xdg).is_absolute() else Path.home() / ".cache") / "sousveil"


class Cache:
    """The cache of one run. Where it cannot be written, files go to a temporary folder and `notes` says so."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or default_root()).absolute()
        self.notes: list[str] = []
        self.temporary: list[Path] = []

    def find(self, name: str, digests: Mapping[str, str]) -> Stored | None:
        """Return the file with all of these digests (at least one) if the cache holds it whole; else None."""
        for algorithm, digest in digests.items():
            path = self.root / _address(algorithm, digest, name)
            try:
                found, size = _hash_file(path, digests)
            except OSError:
                continue
            if all(found[a] == d for a, d in digests.items()):
                return Stored(path, found["sha256"], size)
        return None

    def add(self, name: str, digests: Mapping[str, str], source: Source, max_bytes: int | None) -> Stored:
        """Write a source's bytes to the cache and return the file.

        Raise AcquireError for a wrong digest, more than `max_bytes`, or no room anywhere. No part of a file is left
        behind, whatever ends the call.
        """
        try:
            return self._write(self.root, name, digests, source, max_bytes)
        except _WriteFailed as failed:
            if not self.temporary:
                try:
                    self.temporary.append(scratch.make())
                except OSError as error:
                    raise AcquireError(
                        f"{shown(name)}: the cache {shown(str(self.root))} cannot be written "
                        f"({failed.error.strerror}), and no temporary folder can be made "
                        f"({error.strerror}). Set SOUSVEIL_CACHE or TMPDIR."
                    ) from None
                self.notes.append(
                    f"the cache {shown(str(self.root))} cannot be written ({failed.error.strerror}): "
                    "downloads were kept in a temporary folder for this run only"
                )
        try:
            return self._write(self.temporary[0], name, digests, source, max_bytes)
        except _WriteFailed as failed:
            raise AcquireError(
                f"{shown(name)}: there is no place to keep it: neither {shown(str(self.root))} nor "
                f"{shown(str(self.temporary[0]))} can be written ({failed.error.strerror}). "
                "Make room, or set SOUSVEIL_CACHE to a folder with room."
            ) from None

    def record(self, key: Mapping[str, object]) -> Record | None:
        """Return what is remembered under a key, if this user alone can have written it and it is well formed."""
        path = self._record_path(key)
        try:
            if not _own(path.parent) or not _own(path):
                return None
            return msgspec.json.decode(path.read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def remember(self, key: Mapping[str, object], record: Record) -> None:
        """Keep a record; where that is impossible the next run asks the registry again."""
        path = self._record_path(key)
        try:
            _make_folder(path.parent)
            part = _part_of(path)
            try:
                with part.open("xb") as file:
                    file.write(msgspec.json.encode(record))
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except OSError:
            return

    def names(self, kind: str) -> list[str]:
        """Return the names of the packages of a kind (``pypi``, ``npm``) that were taken before; at most 10,000."""
        from packageurl import PackageURL

        found = set()
        try:
            for path in islice((self.root / "records").glob("*.json"), 10_000):
                purl = PackageURL.from_string(msgspec.json.decode(path.read_bytes(), type=Record).purl)
                if purl.type == kind:
                    found.add("/".join(p for p in (purl.namespace, purl.name) if p))
        except (OSError, ValueError):  # a convenience: what cannot be read names nothing
            pass
        return sorted(found)

    def _record_path(self, key: Mapping[str, object]) -> Path:
        text = msgspec.json.encode(key, order="sorted")
        return self.root / "records" / (hashlib.sha256(text).hexdigest() + ".json")

    def _write(
        self, root: Path, name: str, digests: Mapping[str, str], source: Source, max_bytes: int | None
    ) -> Stored:
        algorithm = next((a for a in (*STRONG, *WEAK) if a in digests), "")
        folder = root / _address(algorithm, digests[algorithm], name).parent if algorithm else root / "files"
        try:
            _make_folder(folder)
            _drop_old_parts(folder)
            part = _part_of(folder / "download")
            file = part.open("xb")
        except OSError as error:
            raise _WriteFailed(error) from None
        try:
            with file, source() as (total, chunks):
                if max_bytes is not None and total is not None and total > max_bytes:
                    raise TooLong(name, total, max_bytes)
                hashes = {a: hashlib.new(a, usedforsecurity=False) for a in {*digests, "sha256"}}
                size = 0
                for chunk in chunks:
                    size += len(chunk)
                    if max_bytes is not None and size > max_bytes:
                        raise TooLong(name, size, max_bytes)
                    for h in hashes.values():
                        h.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            found = {a: h.hexdigest() for a, h in hashes.items()}
            for a, digest in digests.items():
                if found[a] != digest:
                    raise AcquireError(
                        f"{shown(name)}: wrong digest. The registry names {a} {shown(digest, 140)}, the {size:,} bytes "
                        f"received have {found[a]}. They were thrown away. Try again; if it stays so, the file was "
                        "altered on its way or at the registry: tell whoever runs it."
                    )
            a = algorithm or "sha256"
            path = root / _address(a, found[a], name)
            _make_folder(path.parent)
            part.replace(path)
            _sync_folder(path.parent)
            return Stored(path, found["sha256"], size)
        except OSError as error:  # also from closing, which writes what is buffered; sources raise AcquireError
            raise _WriteFailed(error) from None
        finally:
            part.unlink(missing_ok=True)


def _address(algorithm: str, digest: str, name: str) -> Path:
    # The suffix is from a fixed list and the digest is hexadecimal: no text of a registry becomes a path.
    match = _SUFFIX.search(name)
    suffix = match[0] if match else ""
    return Path("files", algorithm, digest[:2], digest + suffix)


def clean_digests(named: Mapping[str, str]) -> dict[str, str]:
    """Return those of a registry's digests that can be checked, strong ones first; only those if there are any."""
    good = {a: d.lower() for a, d in named.items() if _is_digest(a, d)}
    strong = {a: good[a] for a in STRONG if a in good}
    return strong or {a: good[a] for a in WEAK if a in good}


def _is_digest(algorithm: str, digest: object) -> bool:
    if algorithm not in (*STRONG, *WEAK) or not isinstance(digest, str):
        return False
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    return re.fullmatch(rf"[0-9a-fA-F]{{{2 * size}}}", digest, re.ASCII) is not None


def _hash_file(path: Path, digests: Mapping[str, str]) -> tuple[dict[str, str], int]:
    hashes = {a: hashlib.new(a, usedforsecurity=False) for a in {*digests, "sha256"}}
    size = 0
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            for h in hashes.values():
                h.update(chunk)
    return {a: h.hexdigest() for a, h in hashes.items()}, size


def _make_folder(folder: Path) -> None:
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        if folder.parent == folder:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(6)}.part")


def _drop_old_parts(folder: Path) -> None:
    """Remove part files of runs that were killed a day ago or earlier."""
    before = time.time() - _PART_AGE
    for part in folder.glob("*.part"):
        try:
            if part.lstat().st_mtime < before:
                part.unlink()
        except OSError:
            continue


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _own(path: Path) -> bool:
    """Whether nobody but this user and root can have put something there."""
    if sys.platform == "win32":
        return True
    info = path.lstat()
    return info.st_uid in (0, os.geteuid()) and not info.st_mode & 0o022
