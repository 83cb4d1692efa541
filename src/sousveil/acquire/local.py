"""Products that are already here: files, folders, standard input."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sousveil.acquire import scratch
from sousveil.acquire.acquired import Acquired, Input
from sousveil.acquire.products import unknown_prefix
from sousveil.acquire.wording import AcquireError, near, shown

Progress = Callable[[str, int, int | None], None]
_CHUNK = 1 << 20
_UNREADABLE = (errno.EBADF, errno.EISDIR, errno.EIO)
"""What reading says where nothing can be read; writing says other things."""

_SPECIAL = {
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}


def from_path(product: str) -> Acquired:
    """Return the file or folder as it lies. Raise AcquireError where it is missing, unreadable or neither."""
    if not product:
        raise AcquireError("The product's name is empty. Name a file, a folder or a package.")
    path = Path(product)
    try:
        mode = path.stat().st_mode
    except ValueError:
        raise AcquireError(f"{shown(product)}: a path cannot hold a NUL character.") from None
    except FileNotFoundError:
        raise AcquireError(_missing(product, path)) from None
    except OSError as error:
        raise AcquireError(f"{shown(product)}: cannot be looked at: {error.strerror}.") from None
    kind = stat.S_IFMT(mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):
        what = _SPECIAL.get(kind, "neither a file nor a folder")
        raise AcquireError(
            f"{shown(product)}: is {what}. Copy its content to a file, or give it on standard input as -."
        )
    try:
        if kind == stat.S_IFDIR:
            with os.scandir(path):
                pass
        else:
            with path.open("rb"):
                pass
    except OSError as error:
        what = "folder" if kind == stat.S_IFDIR else "file"
        raise AcquireError(f"{shown(product)}: this {what} cannot be read: {error.strerror}.") from None
    # A name that is not UTF-8 is shown as the names inside a folder are; the path keeps its bytes.
    name = os.fsencode(product).decode("utf-8", "backslashreplace")
    return Acquired(name=name, purl="", inputs=(Input(path=path, display=name),))


def from_stdin(stream: BinaryIO, max_bytes: int | None, progress: Progress | None) -> Acquired:
    """Spool a stream to a private temporary file; the product's `close` removes it.

    Raise AcquireError past `max_bytes`, on a read error, and where no temporary file can be written.
    """
    size = 0
    try:
        folder = scratch.make()
    except OSError as error:
        raise AcquireError(f"standard input: no temporary folder can be made: {error.strerror}. Set TMPDIR.") from None
    try:
        path = folder / "stdin"
        with path.open("xb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise AcquireError(f"standard input: more than {max_bytes:,} bytes. Raise --max-bytes to read it.")
                file.write(chunk)
                if progress:
                    progress("standard input", size, None)
        if not size:  # a download that failed before the pipe is no product that is clear
            raise AcquireError("standard input: nothing came. Did the command before the | fail?")
    except OSError as error:
        scratch.remove(folder)
        if error.errno in _UNREADABLE:
            raise AcquireError(
                f"standard input: cannot be read: {error.strerror}. Give it the product with < or |, or name its path."
            ) from None
        raise AcquireError(
            f"standard input: could not be kept in {shown(str(folder))}: {error.strerror}. "
            "Set TMPDIR to a folder with room, or name the product's path."
        ) from None
    except BaseException:
        scratch.remove(folder)
        raise
    return Acquired(name="-", purl="", inputs=(Input(path=path, display="-"),), temporary=(folder,))


def _missing(product: str, path: Path) -> str:
    if path.is_symlink():
        return f"{shown(product)}: this link leads to {shown(str(path.readlink()))}, which is not there."
    message = f"{shown(product)}: there is no such file or folder."
    if hint := unknown_prefix(product):
        return message + hint
    try:
        beside = sorted(p.name for p in path.parent.iterdir())
    except OSError:
        return f"{message} The folder {shown(str(path.parent))} is not there either or cannot be read."
    if similar := near(path.name, beside[:10_000]):
        return f"{message} Like it are: {', '.join(shown(str(path.parent / n)) for n in similar)}."
    return f"{message} Check the path; a package is named pypi:NAME, npm:NAME or deb:NAME."
