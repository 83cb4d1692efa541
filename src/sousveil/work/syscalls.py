"""The system-call filter of a locked worker, as a program for the kernel's packet filter (seccomp, mode 2).

Numbers are those of the kernel's tables (``arch/x86/entry/syscalls/syscall_64.tbl`` and
``include/uapi/asm-generic/unistd.h``, which aarch64 uses). What is not listed is refused with EPERM: a library that
asks for it fails softly and only the file at hand is lost.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

X86, ARM = 0, 1
ARCHITECTURES = {"x86_64": (X86, 0xC000003E), "aarch64": (ARM, 0xC00000B7)}
"""Column of the tables below and the kernel's own mark (``AUDIT_ARCH_…``), by machine."""

_NONE = -1
# name: (x86-64, aarch64)
_FREE = {
    # bytes of what is open already
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "close_range": (436, 436), "lseek": (8, 62),
    "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66), "preadv": (295, 69),
    "pwritev": (296, 70), "preadv2": (327, 286), "ftruncate": (77, 46), "fallocate": (285, 47),
    "fadvise64": (221, 223), "dup": (32, 23), "dup2": (33, _NONE), "dup3": (292, 24), "pipe2": (293, 59),
    "poll": (7, _NONE), "ppoll": (271, 73), "select": (23, _NONE), "pselect6": (270, 72), "recvmsg": (47, 212),
    "recvfrom": (45, 207), "sendmsg": (46, 211), "sendto": (44, 206), "getdents64": (217, 61),
    # what can be asked about names
    "stat": (4, _NONE), "lstat": (6, _NONE), "fstat": (5, 80), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, _NONE), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, _NONE),
    "readlinkat": (267, 78), "getcwd": (79, 17), "statfs": (137, 43), "fstatfs": (138, 44),
    # memory
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216),
    "msync": (26, 227), "mincore": (27, 232), "madvise": (28, 233),
    # itself
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getpgrp": (111, _NONE), "getrusage": (98, 165),
    "getrlimit": (97, 163), "times": (100, 153), "uname": (63, 160), "sysinfo": (99, 179), "getcpu": (309, 168),
    "exit": (60, 93), "exit_group": (231, 94), "futex": (202, 98), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "set_robust_list": (273, 99), "set_tid_address": (218, 96), "rseq": (334, 293),
    "membarrier": (324, 283), "restart_syscall": (219, 128), "arch_prctl": (158, _NONE),
    # time and chance
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, _NONE), "getrandom": (318, 278),
}  # fmt: skip

_OPEN, _OPENAT = (2, _NONE), (257, 56)
_CLONE, _CLONE3 = (56, 220), (435, 435)
_TGKILL, _PRLIMIT, _IOCTL, _PRCTL, _FCNTL = (234, 131), (302, 261), (16, 29), (157, 167), (72, 25)

# O_ACCMODE, O_CREAT, O_TRUNC, O_APPEND and __O_TMPFILE: whoever opens with one of them means to write.
_WRITING = 0x3 | 0x40 | 0x200 | 0x400 | 0x400000
_CLONE_THREAD = 0x10000
_IOCTLS = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_PRCTLS = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
_OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a way to signal other processes

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_X32 = 0x40000000

Code = list[tuple[int, int, int, int]]


def program(machine: str, pid: int) -> bytes | None:
    """Return the filter for a process as an array of ``struct sock_filter``; None for a machine that has none here."""
    known = ARCHITECTURES.get(machine)
    if known is None:
        return None
    column, mark = known
    code: Code = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 1, 0, mark),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
    ]
    if column == X86:
        code += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _REFUSE)]
    for numbers in _FREE.values():
        if numbers[column] != _NONE:
            code += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    for numbers, body in (
        (_OPEN, _without_bits(1, _WRITING)),
        (_OPENAT, _without_bits(2, _WRITING)),
        (_CLONE, _with_bits(0, _CLONE_THREAD)),
        (_CLONE3, [(_RETURN, 0, 0, _UNKNOWN)]),  # its flags lie in memory; glibc then asks by clone
        (_TGKILL, _one_of(0, (pid,))),
        (_PRLIMIT, [*_zero(0), *_zero(2), *_zero(2, high=True), (_RETURN, 0, 0, _ALLOW)]),
        (_IOCTL, _one_of(1, _IOCTLS)),
        (_PRCTL, _one_of(0, _PRCTLS)),
        (_FCNTL, _none_of(1, _OWNERS)),
    ):
        if numbers[column] != _NONE:
            code += [(_EQUAL, 0, len(body), numbers[column]), *body]
    code.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("=HBBI", *step) for step in code)


def _argument(number: int, high: bool = False) -> tuple[int, int, int, int]:
    """Load half of an argument; both machines are little-endian."""
    return (_LOAD, 0, 0, 16 + 8 * number + (4 if high else 0))


def _without_bits(number: int, bits: int) -> Code:
    return [_argument(number), (_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


def _with_bits(number: int, bits: int) -> Code:
    return [_argument(number), (_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]


def _zero(number: int, high: bool = False) -> Code:
    return [_argument(number, high), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _REFUSE)]


def _one_of(number: int, values: Sequence[int]) -> Code:
    code: Code = [_argument(number)]
    for value in values:
        code += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*code, (_RETURN, 0, 0, _REFUSE)]


def _none_of(number: int, values: Sequence[int]) -> Code:
    code: Code = [_argument(number)]
    for value in values:
        code += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE)]
    return [*code, (_RETURN, 0, 0, _ALLOW)]
