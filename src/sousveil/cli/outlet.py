"""Where reports go: standard output, or a file that is whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from sousveil.acquire.wording import shown
from sousveil.cli.start import Refused, forget_stdout

_SLASHES = tuple(s for s in (os.sep, os.altsep) if s)


def print_bytes(data: bytes) -> None:
    """Write to standard output. Whoever read it and went away is no error; a disk that is full is: Refused."""
    try:
        sys.stdout.flush()
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:  # replaced by something that takes text only
            sys.stdout.write(data.decode("utf-8", "backslashreplace"))
        else:
            buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()
    except OSError as error:
        forget_stdout()
        raise Refused(f"standard output: {error.strerror}") from None


def target(context: object, parameter: object, value: str | None) -> Path | None:
    """Return where ``--output`` leads; None, which is standard output, without it and for ``-``. Raise Refused."""
    if value is None or value == "-":
        return None
    if not value:
        raise Refused("--output: the name is empty; name a file or a folder")
    if value.endswith(_SLASHES) and not Path(value).is_dir():
        raise Refused(f"--output {shown(value)}: there is no such folder; make it first")
    return Path(value)


def check(path: Path, products: Iterable[str] = ()) -> None:
    """Refuse at once what can be seen to fail after a long scan, and what would overwrite one of ``products``."""
    try:
        folder = path if path.is_dir() else path.parent
        there = path.exists()
        if not there:
            path.lstat()  # which says that a name is too long, or a link leads to itself
    except FileNotFoundError:
        pass
    except (OSError, RuntimeError) as error:
        raise Refused(f"--output {shown(str(path))}: {getattr(error, 'strerror', '') or error}") from None
    if not folder.is_dir():
        raise Refused(f"--output {shown(str(path))}: there is no folder {shown(str(folder))}")
    if not there and not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"--output {shown(str(path))}: the folder cannot be written")
    if there and not os.access(path, os.W_OK):
        raise Refused(f"--output {shown(str(path))}: it cannot be written")
    for product in products:
        with contextlib.suppress(OSError):
            if path.is_file() and path.samefile(product):
                raise Refused(f"--output {shown(str(path))}: that is the product; name another file")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of ``path`` when the block has ended well.

    What was there stays as it was unless all of the new is on the disk. A device or pipe is written as it is. Raise
    Refused where it cannot be done.
    """
    told = "nothing was written"
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            told = "not all was written"
            with path.open("wb") as stream:
                yield stream
            return
        place = path.resolve()  # through a link, not over it
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", suffix=".part", dir=place.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                if hasattr(os, "fchmod"):
                    os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            part.replace(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", "") or error
        raise Refused(f"--output {shown(str(path))}: {why}; {told}") from None


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` to ``path`` as `whole` does."""
    with whole(path) as out:
        for piece in pieces:
            out.write(piece)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
