"""Local folders: every file once, in the same order on every machine, no link followed."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

from msgspec import Struct

from sousveil.model import Limit
from sousveil.unpack.names import shown

_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
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


def tree(
    path: str | os.PathLike[str], display: str = "", *, unsized: Callable[[str], bool] | None = None
) -> Iterator[FilePath | Limit]:
    """Yield the regular files below a folder (or the one file that `path` is), sorted by the bytes of their names.

    `display` is put before the addresses. Links are not followed but listed: one that leads out of the folder may
    hide something, one inside does not. What is neither file, folder nor link, and what may not be read, is listed.
    Files of whose name ``unsized`` is true are not looked at: whoever opens one finds out whether it may be read, and
    how large it is.
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
    waiting = [_folder(root, prefix, real, unsized)]  # a list, for a tree may be deeper than Python recurses
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif isinstance(found, tuple):
            waiting.append(_folder(*found, real, unsized))
        else:
            yield found


def any_name(name: str) -> bool:
    """Return True: with it, `tree` looks at no file."""
    return True


def _folder(
    folder: str, prefix: str, root: str, unsized: Callable[[str], bool] | None
) -> Iterator[FilePath | Limit | tuple[str, str]]:
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
        if unsized is not None and unsized(entry.name) and entry.is_file(follow_symlinks=False):
            yield FilePath(entry.path, name if as_it_is else shown(name), -1)
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


class Opener:
    """Opens files that were listed, so that what became a link since then leads nowhere out of the folders."""

    def __init__(self) -> None:
        self._real: tuple[bytes, ...] = ()
        self._given: set[bytes] = set()
        self._folder, self._held = b"", -1

    def trust(self, path: str | os.PathLike[str]) -> None:
        """Take a file as the user named it, be it a link, or a folder: what lies in it may be opened."""
        if Path(path).is_dir():
            real = os.fsencode(os.path.realpath(path)).rstrip(b"/") + b"/"
            if real not in self._real:  # a second search comes by again
                self._real += (real,)
        else:
            self._given.add(os.fsencode(path))

    def open(self, path: bytes) -> int:
        """Return a descriptor for reading. Raises OSError; ELOOP where a link stands in the way now."""
        return self.opened(path)[0]

    def opened(self, path: bytes) -> tuple[int, os.stat_result]:
        """Return a descriptor for reading, and what the system says of the file. Raises as `open`."""
        if path in self._given:
            descriptor = os.open(path, _READING)
            return descriptor, os.fstat(descriptor)
        if os.open not in os.supports_dir_fd:
            return _regular(os.open(path, _READING))
        folder, _, name = path.rpartition(b"/")
        if self._held < 0 or folder != self._folder:
            self.close()
            self._held, self._folder = self._entered(folder), folder
        return _regular(os.open(name, _READING | os.O_NOFOLLOW, dir_fd=self._held))

    def _entered(self, folder: bytes) -> int:
        descriptor = os.open(folder or b"/", _READING | os.O_DIRECTORY)
        try:
            # Elsewhere the system does not tell so where a descriptor leads.
            if sys.platform == "linux" and not self._within(b"/proc/self/fd/%d" % descriptor):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _within(self, place: bytes) -> bool:
        try:
            return (os.readlink(place).rstrip(b"/") + b"/").startswith(self._real)  # noqa: PTH115 - bytes
        except FileNotFoundError:  # no /proc
            return True

    def close(self) -> None:
        """Let go of the folder that the last file lay in."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def _regular(descriptor: int) -> tuple[int, os.stat_result]:
    """Return the descriptor and what it is of; close it and raise OSError where it is no regular file's any more."""
    info = os.fstat(descriptor)
    if stat.S_ISREG(info.st_mode):
        return descriptor, info
    os.close(descriptor)
    raise OSError(errno.EINVAL, f"{_SPECIAL.get(stat.S_IFMT(info.st_mode), 'a folder')} was put in its place")


def not_opened(display: str, error: OSError) -> Limit:
    """Return the limit for a listed file that could not be opened."""
    if error.errno == errno.ELOOP:
        return Limit(display, "link", "a symbolic link was put in its place while the product was read; not followed")
    why = "no permission to read it" if error.errno == errno.EACCES else _why(error)
    return Limit(display, "unreadable", why)
