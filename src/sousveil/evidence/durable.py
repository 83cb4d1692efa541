"""Writing that survives a kill: a file is there whole or not at all, and what was cut off is seen on the next start."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sousveil.evidence.wrong import CaseError

_PART = re.compile(r"\.(.+)\.([0-9]{1,10})-[0-9a-f]{8}\.part")


def part_of(path: Path) -> Path:
    """Return a free name beside ``path`` for what will become it; it says which process writes it."""
    return path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")


def parts(folder: str, names: list[str]) -> list[str]:
    """Return those of the names that something unfinished has, to ``copytree``, which leaves them out."""
    return [name for name in names if _PART.fullmatch(name)]


def sweep(folder: Path, name: str = "") -> list[str]:
    """Remove the parts that killed runs left in ``folder``, of ``name`` alone where given; return their names to be."""
    try:
        there = sorted(folder.iterdir())
    except OSError:  # not there, or not ours to look into
        return []
    swept = []
    for path in there:
        found = _PART.fullmatch(path.name)
        if found is None or (name and found[1] != name) or alive(found[2]):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        swept.append(found[1])
    return swept


def alive(pid: str) -> bool:
    """Return whether a process of this number may still be writing."""
    if sys.platform == "win32":  # where asking would end it
        return True
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except OSError:
        return True
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` last; where a file system cannot, it is left to it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def write(path: Path, data: bytes, *, mode: int = 0o644, replace: bool = True) -> None:
    """Write ``data`` to ``path``, whole or not at all. Raises FileExistsError where it must not ``replace`` one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    # Never through a link or into a file that somebody else put there.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            _enter(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _enter(part: Path, path: Path) -> None:
    """Give ``part`` its name, which must be free."""
    if sys.platform == "win32":
        part.rename(path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)
        return
    part.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: one writer at a time. The lock goes with the process, however it ends."""
    path = folder / ".lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CaseError(f"{folder}: the case cannot be written: {error.strerror}") from error
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
