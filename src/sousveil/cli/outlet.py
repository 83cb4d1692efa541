"""Where reports go: standard output, or a file that is whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sousveil.acquire.wording import shown
from sousveil.cli.start import Refused, forget_stdout


def say(text: str) -> None:
    """Tell the user one thing on standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(f"sousveil: {text}", file=sys.stderr, flush=True)


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


def check(path: Path) -> None:
    """Refuse at once what can be seen to fail after a long scan."""
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise Refused(f"--output {shown(str(path))}: there is no folder {shown(str(folder))}")
    if not path.exists() and not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"--output {shown(str(path))}: the folder cannot be written")
    if path.exists() and not os.access(path, os.W_OK):
        raise Refused(f"--output {shown(str(path))}: it cannot be written")


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write ``pieces`` to ``path``: a file that was there stays as it was unless all of the new one is on the disk.

    A device or pipe is written as it is. Raise Refused where it cannot be done.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb", buffering=0) as stream:
                for piece in pieces:
                    _all(stream.fileno(), piece)
            return
        target = path.resolve()  # through a link, not over it
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        part = Path(name)
        try:
            try:
                for piece in pieces:
                    _all(descriptor, piece)
                if hasattr(os, "fchmod"):
                    os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Refused(f"--output {shown(str(path))}: {error.strerror or error}; nothing was written") from None


def _all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
