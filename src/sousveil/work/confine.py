"""Lock a process down before it sees a byte of a product: files, system calls, memory. Linux; elsewhere what there is.

Once locked there is no way back: no file of the user's can be opened, nothing can be opened for writing, and there is
no network, no new process and no signal to others. Libraries can still be loaded, because readers import theirs when
their format comes: the folders of Python and of the system's libraries stay readable.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import sys
from pathlib import Path

from msgspec import Struct

from sousveil.work import syscalls

MEMORY = 2 << 30
"""Bytes of memory of its own that one worker may take: less than 2 GB, with what it already holds."""
ADDRESSES = 6 << 30
"""Bytes of addresses, mapped files among them."""
LONGEST_FILE = 128 << 30
"""Bytes that the files of a worker that were opened for it (what matched, scratch) may grow to."""

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/dev/urandom")

# Landlock (Documentation/userspace-api/landlock.rst); the numbers are the same on every machine.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK_FROM, _SCOPES_FROM = 4, 6
_NO_NEW_PRIVILEGES, _GET_SECCOMP, _SET_SECCOMP, _FILTER = 38, 21, 22, 2


class Layer(Struct, frozen=True):
    """One layer of the lock-down on this machine."""

    name: str
    there: bool
    detail: str
    """What it does, or why it is missing."""


def layers() -> tuple[Layer, ...]:
    """Return the layers that a worker would be locked by here; nothing is locked by asking."""
    found = []
    abi = landlock()
    if abi > 0:
        found.append(Layer("landlock", True, f"version {abi}: no file but those handed over and the libraries"))
    else:
        found.append(Layer("landlock", False, "the kernel does not offer it: readers could open files that you may"))
    if _filters():
        found.append(Layer("seccomp", True, "no writing, network, new process or signal"))
    else:
        found.append(Layer("seccomp", False, "no system-call filter here: readers could use the network and programs"))
    if sys.platform == "linux":
        found.append(Layer("rlimits", True, f"{MEMORY >> 20} MB of memory a reader"))
    else:
        found.append(Layer("rlimits", False, "no cap on memory here"))
    return tuple(found)


def missing() -> tuple[str, ...]:
    """Return the names of the layers that this machine lacks."""
    return tuple(layer.name for layer in layers() if not layer.there)


def landlock() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, 1))


def _filters() -> bool:
    if sys.platform != "linux" or platform.machine() not in syscalls.ARCHITECTURES:
        return False
    return bool(_libc().prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def confine() -> tuple[str, ...]:
    """Lock this process for good. Return the names of the layers that could not be put on."""
    lacking: list[str] = []
    if not cap():
        lacking.append("rlimits")
    if sys.platform != "linux":
        return ("landlock", "seccomp", *lacking)
    sys.dont_write_bytecode = True
    _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if not _close_files(readable()):
        lacking.append("landlock")
    if not _filter():
        lacking.append("seccomp")
        _no_processes()
    return tuple(sorted(lacking))


@functools.cache
def readable() -> tuple[str, ...]:
    """Return what stays readable: Python's library, installed packages, the system's libraries, this package."""
    found = [str(Path(os.__file__).parent), str(Path(sys.base_prefix) / "lib")]
    # Only what is called so: a folder of the user's may be on the path too.
    found += [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages", "lib-dynload")]
    found += [str(Path(__file__).resolve().parents[1]), *_SYSTEM]
    own = os.environ.get("LIBARCHIVE", "")
    if own.startswith("/"):
        found.append(own)
    return tuple(sorted(set(found)))


def _close_files(allowed: tuple[str, ...]) -> bool:
    abi = landlock()
    if abi < 1:
        return False
    rights = _RIGHTS[max(version for version in _RIGHTS if version <= abi)]
    fields = [rights]
    if abi >= _NETWORK_FROM:
        fields.append(3)  # bind and connect by TCP
    if abi >= _SCOPES_FROM:
        fields.append(3)  # abstract sockets and signals of others
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = _syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for path in allowed:
            try:
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                access = _READ_FILE | (_READ_DIR if Path(path).is_dir() else 0)
                rule = access.to_bytes(8, "little") + descriptor.to_bytes(4, "little")
                if _syscall(_ADD_RULE, ruleset, 1, ctypes.c_char_p(rule), 0) < 0:
                    return False
            finally:
                os.close(descriptor)
        return _syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _filter() -> bool:
    code = syscalls.program(platform.machine(), os.getpid())
    if code is None:
        return False
    return bool(_libc().prctl(_SET_SECCOMP, _FILTER, ctypes.byref(_Program(len(code) // 8, code)), 0, 0) == 0)


def cap() -> bool:
    """Put the caps on memory and on what is written on this process; return whether they are on."""
    if sys.platform != "linux":
        return False
    import resource

    try:
        for what, most in (
            (resource.RLIMIT_DATA, MEMORY),
            (resource.RLIMIT_AS, ADDRESSES),
            (resource.RLIMIT_FSIZE, LONGEST_FILE),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
        ):
            hard = resource.getrlimit(what)[1]
            if hard != resource.RLIM_INFINITY:
                most = min(most, hard)
            resource.setrlimit(what, (most, most))
    except (ValueError, OSError):
        return False
    return True


def _no_processes() -> None:
    """Without a filter at least no new process, where the user is not root."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    call = _libc().syscall
    call.restype = ctypes.c_long
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(call(ctypes.c_long(number), *wide))
