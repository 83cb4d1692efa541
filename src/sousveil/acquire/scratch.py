"""Private temporary folders that do not outlive the run.

A folder goes when its product is closed, at exit at the latest. Where even that did not happen (the process was
killed), the next run finds the folder without its lock and removes it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "sousveil-"
_LOCK = ".lock"
_held: dict[Path, int] = {}
"""Folders of this process and the open descriptor of each one's lock (-1 where the system has none)."""


def make() -> Path:
    """Return a new folder that only this user can enter. Raise OSError where none can be made."""
    if not _held:
        _sweep()
        atexit.register(_remove_all, os.getpid())
    for _ in range(5):  # between making a folder and locking it, another run's sweep may take it for abandoned
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        _held[folder] = -1
        try:
            _held[folder] = _lock(folder / _LOCK, os.O_CREAT | os.O_RDWR)
        except OSError:
            remove(folder)
            continue
        if (folder / _LOCK).exists() or _held[folder] < 0:
            return folder
        remove(folder)
    raise OSError(0, "no temporary folder could be kept")


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a new folder as `make` does, and remove it in the end."""
    folder = make()
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder made by `make`; nothing happens if it is gone."""
    for wait in (0.0, 0.1, 0.4):
        time.sleep(wait)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():  # a browser that was ended may write for a moment still
            break
    lock = _held.pop(folder, -1)  # not before: where this is interrupted, the folder goes at exit
    if lock >= 0:
        os.close(lock)


def _remove_all(owner: int) -> None:
    if os.getpid() == owner:  # a forked worker that exits must not take its parent's files
        for folder in list(_held):
            remove(folder)


def _lock(path: Path, flags: int) -> int:
    try:
        import fcntl
    except ImportError:  # Windows: no such locks, so nothing is swept there
        return -1
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _sweep() -> None:
    """Remove this user's folders whose maker is dead: nobody holds their lock."""
    if not hasattr(os, "getuid"):
        return
    try:
        folders = [
            Path(entry.path)
            for entry in os.scandir(tempfile.gettempdir())
            if entry.name.startswith(_PREFIX)
            and entry.is_dir(follow_symlinks=False)
            and entry.stat(follow_symlinks=False).st_uid == os.getuid()
        ]
    except OSError:
        return
    for folder in folders:
        try:
            lock = _lock(folder / _LOCK, os.O_RDWR)
        except OSError:  # in use, or not one of ours
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
