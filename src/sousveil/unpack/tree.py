"""Local folders: every file once, in the same order on every machine, no link followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from sousveil.model import Limit
from sousveil.unpack.names import shown

_SPECIAL = {
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFSOCK: "a socket",
}


class FilePath(Struct, frozen=True):
    """A regular file of a local folder."""

    path: str
    """As the operating system takes it; undecodable bytes as lone surrogates (`os.fsencode` gives them back)."""
    display: str
    """Relative to the folder, with `/`, escaped for show."""
    size: int
    """Bytes, when it was looked at; -1 where that was not asked for."""

    @property
    def raw(self) -> bytes:
        """The name's bytes, for identity."""
        return os.fsencode(self.path)


def tree(path: str | os.PathLike[str], display: str = "", *, sizes: bool = True) -> Iterator[FilePath | Limit]:
    """Yield the regular files below a folder (or the one file that `path` is), sorted by the bytes of their names.

    `display` is put before the addresses. Links are not followed but listed: one that leads out of the folder may
    hide something, one inside does not. What is neither file, folder nor link, and what may not be read, is listed.
    Without `sizes` files are not looked at: whoever opens one finds out whether it may be read.
    """
    root = os.fspath(path)
    try:
        info = Path(root).stat()
    except (OSError, ValueError) as error:
        yield Limit(shown(display or root), "unreadable", _why(error))
        return
    if not stat.S_ISDIR(info.st_mode):
        shown_root = shown(display or Path(root).name)
        if stat.S_ISREG(info.st_mode):
            yield FilePath(root, shown_root, info.st_size)
        else:
            yield Limit(shown_root, "device", _SPECIAL.get(stat.S_IFMT(info.st_mode), "not a file"))
        return
    real = os.path.realpath(root)
    prefix = f"{display}/" if display else ""
    waiting = [_folder(root, prefix, real, sizes)]  # a list, for a tree may be deeper than Python recurses
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif isinstance(found, tuple):
            waiting.append(_folder(*found, real, sizes))
        else:
            yield found


def _folder(folder: str, prefix: str, root: str, sizes: bool) -> Iterator[FilePath | Limit | tuple[str, str]]:
    """Yield one folder's files and limits, and its folders as path and display prefix."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        yield Limit(shown(prefix.rstrip("/")) or ".", "unreadable", f"folder: {_why(error)}")
        return
    # Code points are in the order of their bytes, but for those that stand for bytes that are no text.
    names = "".join([e.name for e in entries])
    entries.sort(key=attrgetter("name") if names.isascii() else lambda e: os.fsencode(e.name))
    as_it_is = names.isprintable() and prefix.isprintable()
    for entry in entries:
        name = prefix + entry.name
        if not sizes and entry.is_file(follow_symlinks=False):
            yield FilePath(entry.path, shown(name), -1)
            continue
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            yield Limit(shown(name), "unreadable", _why(error))
            continue
        mode = info.st_mode
        kind = stat.S_IFMT(mode)
        if kind == stat.S_IFREG:
            # All may read it: the common case, and no system call.
            if mode & 0o444 == 0o444 or os.access(entry.path, os.R_OK):
                yield FilePath(entry.path, name if as_it_is else shown(name), info.st_size)
            else:
                yield Limit(shown(name), "unreadable", "no permission to read it")
        elif kind == stat.S_IFDIR:
            yield entry.path, name + "/"
        elif kind == stat.S_IFLNK:
            yield _link(entry.path, name, root)
        else:
            yield Limit(shown(name), "device", _SPECIAL.get(kind, "not a file"), incomplete=False)


def _link(path: str, name: str, root: str) -> Limit:
    """Return the limit that lists a symbolic link."""
    try:
        target = str(Path(path).readlink())
    except OSError as error:
        return Limit(shown(name), "link", _why(error), incomplete=False)
    detail = f"symbolic link to {shown(target)}"
    real = os.path.realpath(path)
    try:
        exists = Path(real).exists()
    except OSError:
        exists = False
    if not exists:
        return Limit(shown(name), "link", f"{detail}, which leads nowhere", incomplete=False)
    if real == root or real.startswith(root.rstrip(os.sep) + os.sep):
        loop = Path(real) in Path(os.path.realpath(Path(path).parent), "x").parents
        return Limit(shown(name), "link", detail + (", a loop" if loop else ""), incomplete=False)
    return Limit(shown(name), "link", f"{detail}, outside of the product; not followed")


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
