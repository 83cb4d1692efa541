"""What a program run apart may touch: its private folder, the file, the system's programs; no network (Landlock).

Documentation/userspace-api/landlock.rst. Where the kernel has none, limits on time, memory and size remain.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_READ_EXECUTE, _READ_FILE = 1 | 4 | 8, 4
_READ_WRITE_DEVICE = 2 | 4
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys/devices/system/cpu", "/opt")


def version() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, 1)))


def cage(folder: Path, file: str, programs: tuple[str, ...]) -> Callable[[], None] | None:
    """Return what a child calls before it becomes the program, None where the kernel has no Landlock."""
    offered = version()
    if not offered:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    rights = _ALL[min(offered, 3)]
    network = 3 if offered >= 4 else 0
    form = struct.pack("<QQ", rights, network) if offered >= 4 else struct.pack("<Q", rights)
    rules = [(path, _READ_EXECUTE) for path in (*_SYSTEM, sys.prefix, sys.base_prefix, *programs)]
    rules += [("/dev/null", _READ_WRITE_DEVICE), ("/dev/urandom", _READ_FILE), (str(Path(file).absolute()), _READ_FILE)]
    rules += [("/dev/shm", rights), (str(folder), rights)]  # noqa: S108 - Python's locks between processes lie there

    def enter() -> None:
        ruleset = libc.syscall(_CREATE, form, len(form), 0)
        if ruleset < 0:
            raise OSError(ctypes.get_errno(), "Landlock")
        for path, allowed in rules:
            try:
                place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            beneath = struct.pack("<Qi", allowed if os.path.isdir(path) else allowed & 0b111, place)  # noqa: PTH112
            libc.syscall(_ADD, ruleset, 1, beneath, 0)
            os.close(place)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT, ruleset, 0):
            raise OSError(ctypes.get_errno(), "Landlock")
        os.close(ruleset)

    return enter
