"""A pool of processes that may crash, hang or eat memory, and cost one job when they do.

Messages are MessagePack bytes decoded into fixed types: nothing a worker sends is unpickled.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import msgspec

Job = TypeVar("Job")
Message = TypeVar("Message")

MEMORY = 3 << 30
"""Address space one worker may take, in bytes (Linux; elsewhere not capped)."""


class Lost(msgspec.Struct, frozen=True):
    """A job that its worker did not survive."""

    reason: str
    """``crashed``, ``timeout`` or ``memory``"""
    detail: str


class _Worker(Generic[Job]):
    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.job: Job | None = None
        self.heard = 0.0
        self.cause = ""


class Pool(Generic[Job, Message]):
    """Run jobs in ``size`` processes; results come as messages, any number a job, then its end.

    ``work`` yields messages for a job in the worker. ``silence`` is how many seconds a worker may say nothing.
    """

    def __init__(
        self,
        work: Callable[[Job], Iterator[Message]],
        job_type: type[Job],
        message_type: object,
        size: int,
        silence: float,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self._work, self._prepare = work, prepare
        self._encode_job = msgspec.msgpack.Encoder()
        self._decode_job = msgspec.msgpack.Decoder(job_type)
        self._decode: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(message_type)
        self._silence = silence
        self._size = max(1, size)
        self._workers: list[_Worker[Job]] = []
        self._queue: deque[Job] = deque()
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context(
            "fork" if "fork" in methods and sys.platform == "linux" else "spawn"
        )

    def add(self, job: Job, *, first: bool = False) -> None:
        """Queue a job."""
        if first:
            self._queue.appendleft(job)
        else:
            self._queue.append(job)

    @property
    def waiting(self) -> int:
        """Return how many jobs are queued but not yet started."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """Return whether nothing is queued or running."""
        return not self._queue and all(w.job is None for w in self._workers)

    def results(
        self, feed: Iterator[Job] | None = None, poll: float = 0.2
    ) -> Iterator[tuple[Job, Message | Lost | None]]:
        """Yield (job, message) as they come until all is done; None ends a job, Lost ends one that failed.

        Jobs may be added while this runs; more are taken from ``feed`` as workers come free, so that a long listing
        need not end before the work begins.
        """
        feed = iter(()) if feed is None else feed
        while True:
            # One job a worker lies ready: none of them waits for the listing.
            while len(self._queue) < self._size:
                job = next(feed, None)
                if job is None:
                    break
                self._queue.append(job)
            self._dispatch()
            busy = [w for w in self._workers if w.job is not None]
            if not busy:
                if self._queue:
                    continue
                return
            ready = wait([w.pipe for w in busy], timeout=poll)
            now = time.monotonic()
            for worker in busy:
                job = worker.job
                if job is None:
                    continue
                if worker.pipe in ready:
                    worker.heard = now
                    yield from self._receive(worker, job)
                elif now - worker.heard > self._silence:
                    self._kill(worker)
                    yield job, Lost("timeout", f"no progress for {self._silence:g} s")

    def _receive(self, worker: _Worker[Job], job: Job) -> Iterator[tuple[Job, Message | Lost | None]]:
        try:
            raw = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            worker.process.join(2)
            code = worker.process.exitcode
            self._kill(worker)
            yield job, _loss(code)
            return
        if raw == b"":
            worker.job = None
            yield job, None
            return
        if raw[:1] == b"!":
            worker.job = None
            yield job, Lost("memory" if raw == b"!memory" else "crashed", raw[1:].decode("utf-8", "replace"))
            return
        try:
            message = self._decode.decode(raw[1:])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            self._kill(worker)
            yield job, Lost("crashed", f"the worker sent something that is no answer: {error}")
            return
        yield job, message

    def _dispatch(self) -> None:
        for idle in [w for w in self._workers if w.job is None]:
            if not idle.process.is_alive():
                self._kill(idle)
        while self._queue:
            worker = next((w for w in self._workers if w.job is None), None)
            if worker is None:
                if len(self._workers) >= self._size:
                    return
                worker = self._start()
            job = self._queue.popleft()
            try:
                worker.pipe.send_bytes(self._encode_job.encode(job))
            except (BrokenPipeError, OSError):
                self._kill(worker)
                self._queue.appendleft(job)
                continue
            worker.job, worker.heard = job, time.monotonic()

    def _start(self) -> _Worker[Job]:
        ours, theirs = self._context.Pipe()
        inherited = [w.pipe for w in self._workers] if self._context.get_start_method() == "fork" else []
        process = self._context.Process(
            target=_serve,
            args=(theirs, ours, inherited, self._work, self._prepare, self._decode_job, os.getpid()),
            daemon=True,
        )
        process.start()
        theirs.close()
        worker: _Worker[Job] = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _kill(self, worker: _Worker[Job]) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
        with contextlib.suppress(OSError, ValueError):
            worker.process.kill()
        worker.process.join(5)
        worker.pipe.close()
        worker.job = None

    def close(self) -> None:
        """Stop every worker at once; safe to call twice."""
        for worker in list(self._workers):
            self._kill(worker)
        self._queue.clear()


def _loss(code: int | None) -> Lost:
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return Lost("crashed", f"the reader was ended by {name}")
    return Lost("crashed", f"the reader ended with code {code}")


def _serve(
    pipe: Connection,
    theirs: Connection,
    inherited: list[Connection],
    work: Callable[[Job], Iterator[Message]],
    prepare: Callable[[], None] | None,
    decoder: msgspec.msgpack.Decoder[Job],
    parent: int,
) -> None:
    """Answer jobs until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with(parent)
    if multiprocessing.get_start_method(allow_none=True) != "spawn":
        with contextlib.suppress(OSError):
            theirs.close()
        for other in inherited:
            with contextlib.suppress(OSError):
                other.close()
    _cap_memory()
    faulthandler.disable()
    # What a native library prints about a product's bytes must not reach the user's terminal.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    if prepare is not None:
        prepare()
    encoder = msgspec.msgpack.Encoder()
    while True:
        try:
            job = decoder.decode(pipe.recv_bytes())
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


def _die_with(parent: int) -> None:
    """Make the kernel end this process when the main one ends, however it ends (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _cap_memory() -> None:
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
