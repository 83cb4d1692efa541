"""Run a program of the system so that all it starts ends with it, and with us, however we end (Linux).

The kernel tells this small process that we have ended; what the program started and left behind becomes its child. It
runs as a script of its own: in the place of the program, under the same limits, with nothing of ours loaded.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PARENT_DEATH, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER


def kept(command: Sequence[str]) -> list[str]:
    """Return the command that runs `command` so: it ends as that does, and at a SIGTERM with all that was started."""
    if sys.platform != "linux":
        return list(command)
    source = Path(__file__).read_text("utf-8")
    return [sys.executable, "-I", "-S", "-c", source, str(os.getpid()), *command]


def _main() -> None:
    parent, command, ours = int(sys.argv[1]), sys.argv[2:], os.getpid()
    libc = ctypes.CDLL(None)
    stopped = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    _end_with(libc, parent, signal.SIGTERM)
    status = 0
    try:
        program = os.fork()
        if not program:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _end_with(libc, ours, signal.SIGKILL)
            os.execv(command[0], command)  # noqa: S606 - a program of the system, found by its own name
        ended = 0
        while ended != program:
            ended, status = os.waitpid(-1, 0)
    finally:
        stopped = True
        if os.getpid() == ours:
            _end_children()
        else:  # it could not be started
            os._exit(127)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _end_with(libc: ctypes.CDLL, parent: int, number: int) -> None:
    libc.prctl(_PARENT_DEATH, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _end_children() -> None:
    """End every child; those that they leave become ours, and are ended in turn."""
    place = Path(f"/proc/self/task/{os.getpid()}/children")
    while children := place.read_text().split() if place.exists() else []:
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        for child in children:
            os.waitpid(int(child), 0)


if __name__ == "__main__":
    _main()
