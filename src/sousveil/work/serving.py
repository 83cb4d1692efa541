"""The worker's side of the pool: it is locked down, takes jobs with the descriptors that go along, and answers."""

from __future__ import annotations

import array
import contextlib
import ctypes
import faulthandler
import functools
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import TypeVar

import msgspec

from sousveil.work.confine import cap
from sousveil.work.confine import confine as lock
from sousveil.work.station import PASSING, Station

Job = TypeVar("Job")
Message = TypeVar("Message")

AT_ONCE = 250
"""Descriptors in one message; the kernel takes 253."""
UNCONFINED = 90
"""Exit code of a worker that was to be locked and could not be."""


def send(pipe: int, descriptors: Sequence[int]) -> None:
    """Send descriptors along a pipe."""
    way = socket.socket(fileno=pipe)
    try:
        for start in range(0, len(descriptors), AT_ONCE):
            part = array.array("i", descriptors[start : start + AT_ONCE])
            way.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, part)])
    finally:
        way.detach()


def _take(way: socket.socket, count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        data, extra, _, _ = way.recvmsg(1, socket.CMSG_SPACE(4 * AT_ONCE), getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        if not data:
            raise EOFError
        for level, kind, content in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                part = array.array("i")
                part.frombytes(content[: len(content) - len(content) % part.itemsize])
                found += part
        if not extra:
            raise OSError("descriptors were announced and did not come")
    return found


def serve(
    pipe: Connection,
    forked: bool,
    work: Callable[..., Iterator[Message]],
    prepare: Callable[[], None] | None,
    decoder: msgspec.msgpack.Decoder[Job],
    parent: int,
    station: Station | None,
    confined: bool,
    required: bool,
) -> None:
    """Answer jobs until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with(parent)
    faulthandler.disable()
    # What a native library prints about a product's bytes must not reach the user's terminal.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if forked:
        _close_all_but({0, 1, 2, pipe.fileno(), *(station.descriptors() if station is not None else ())})
    if prepare is not None:
        prepare()
    gc.freeze()  # the lexicon is no garbage, and to look at it would copy its pages
    way: socket.socket | None = None
    if station is not None:
        station.enter()
        work = functools.partial(work, station)
        if PASSING:
            way = socket.socket(fileno=os.dup(pipe.fileno()))
    if confined:
        lacking = lock()
        if lacking and required:
            os._exit(UNCONFINED)
        if lacking:
            pipe.send_bytes(b"?" + " ".join(lacking).encode())
    else:
        cap()
    encoder = msgspec.msgpack.Encoder()
    while True:
        try:
            raw = pipe.recv_bytes()
            job = decoder.decode(memoryview(raw)[4:])
            if station is not None:
                station.files = _take(way, int.from_bytes(raw[:4], "little")) if way is not None else []
        except (EOFError, OSError):
            return
        try:
            for message in work(job):
                pipe.send_bytes(b"=" + encoder.encode(message))
            pipe.send_bytes(b"")
        except MemoryError:
            pipe.send_bytes(b"!memory")
        except Exception as error:  # noqa: BLE001 - one job is lost and reported, the worker lives on
            pipe.send_bytes(b"!" + f"{type(error).__name__}: {error}"[:400].encode("utf-8", "replace"))
        if station is not None:
            station.clear()


def _close_all_but(wanted: set[int]) -> None:
    """Close what was open in the main process when it forked; the objects that hold it there live on unused."""
    low = 0
    for number in [*sorted(wanted), os.sysconf("SC_OPEN_MAX")]:
        if low < number:  # an empty range would close everything
            os.closerange(low, number)
        low = number + 1


def _die_with(parent: int) -> None:
    """Make the kernel end this process when the main one ends, however it ends (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
