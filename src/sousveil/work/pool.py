"""A pool of processes that may crash, hang or eat memory, and cost one job when they do.

Messages are MessagePack bytes decoded into fixed types: nothing a worker sends is unpickled. Where a pool confines its
workers, each is locked down after it has loaded what every job needs and before its first job: see `confine`. The bytes
to look at then come as open descriptors beside the job.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import msgspec

from sousveil.work.confine import readable
from sousveil.work.serving import UNCONFINED, send, serve
from sousveil.work.station import Station

Job = TypeVar("Job")
Message = TypeVar("Message")

_TRIES = 3
"""Workers that may end before they take a job, until it is given up."""

_LAST_WORDS = 4
"""Messages that a worker's end may follow at once."""


class Lost(msgspec.Struct, frozen=True):
    """A job that its worker did not survive."""

    reason: str
    """``crashed``, ``timeout`` or ``memory``"""
    detail: str
    at: str = ""
    """What the worker was at, where it said so."""
    opening: bool = False
    """Whether it was opening that, as a container or to render it; else it searched its bytes."""


class _Order(Generic[Job]):
    """A job that waits, with what goes along with it once that is at hand."""

    __slots__ = ("descriptors", "job", "raw", "tries")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.raw = b""
        self.tries = 0
        self.descriptors: Sequence[int] = ()

    def drop(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = ()


class _Worker(Generic[Job]):
    def __init__(self, process: BaseProcess, pipe: Connection, station: Station | None) -> None:
        self.process = process
        self.pipe = pipe
        self.station = station
        self.job: Job | None = None
        self.heard = 0.0


class Pool(Generic[Job, Message]):
    """Run jobs in ``size`` processes; results come as messages, any number a job, then its end.

    ``work`` yields messages for a job in the worker. ``silence`` is how many seconds a worker may say nothing.
    ``stations`` makes a place for a worker, which then gets ``work(station, job)``. ``hand`` is called just before a
    job is sent: it returns the job as the worker gets it and the descriptors that go along, which the pool closes.
    With ``confined`` workers are locked; ``missing`` then names the layers that could not be put on, and with
    ``required`` no worker goes on without all of them.
    """

    def __init__(
        self,
        work: Callable[..., Iterator[Message]],
        job_type: type[Job],
        message_type: object,
        size: int,
        silence: float,
        prepare: Callable[[], None] | None = None,
        *,
        stations: Callable[[], Station] | None = None,
        hand: Callable[[Job], tuple[Job, Sequence[int]]] | None = None,
        confined: bool = False,
        required: bool = False,
    ) -> None:
        self._work, self._prepare = work, prepare
        self._stations, self._hand = stations, hand
        self._confined, self._required = confined, required
        if confined:
            readable()  # found out once, before the first fork
        self.missing: set[str] = set()
        self._free: list[Station] = []
        self._encode_job = msgspec.msgpack.Encoder()
        self._decode_job = msgspec.msgpack.Decoder(job_type)
        self._decode: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(message_type)
        self._silence = silence
        self._size = max(1, size)
        self._workers: list[_Worker[Job]] = []
        self._queue: deque[_Order[Job]] = deque()
        self._prepared = 0
        """Orders in the queue that hold open files: never more than workers, whatever is put before them."""
        self._refused: list[Job] = []
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context(
            "fork" if "fork" in methods and sys.platform == "linux" else "spawn"
        )

    def add(self, job: Job, *, first: bool = False) -> None:
        """Queue a job."""
        if first:
            self._queue.appendleft(_Order(job))
        else:
            self._queue.append(_Order(job))

    def start(self) -> None:
        """Start a worker, if there is none: it makes itself ready while the first jobs are looked for."""
        if not self._workers:
            self._start()

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
        more = True
        while True:
            self._dispatch()
            while self._refused:
                yield self._refused.pop(), Lost("crashed", "no reader could be started for it")
            # A job for each worker lies ready to be sent; one is made ready at a time: who is done is served first.
            unready = None
            if self._prepared < self._size:
                unready = next((order for order in islice(self._queue, self._size) if not order.raw), None)
            making = more and len(self._queue) < self._size
            if making:
                job = next(feed, None)
                more = job is not None
                if job is not None:
                    self.add(job)
            elif unready is not None:
                making = True
                self._ready(unready)
            busy = [w for w in self._workers if w.job is not None]
            if not busy:
                if making or self._queue:
                    continue
                return
            ready = wait([w.pipe for w in busy], timeout=0 if making else poll)
            now = time.monotonic()
            for worker in busy:
                job = worker.job
                if job is None:
                    continue
                if worker.pipe in ready:
                    worker.heard = now
                    yield from self._receive(worker, job)
                    # He may be done already: no other need be started for what he found.
                    for _ in range(_LAST_WORDS if len(self._workers) < self._size else 0):
                        if worker.job is not job or not worker.pipe.poll():
                            break
                        yield from self._receive(worker, job)
                elif now - worker.heard > self._silence:
                    at = self._kill(worker)
                    yield job, Lost("timeout", f"no progress for {self._silence:g} s", *at)

    def _receive(self, worker: _Worker[Job], job: Job) -> Iterator[tuple[Job, Message | Lost | None]]:
        try:
            raw = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            worker.process.join(2)
            code = worker.process.exitcode
            at = self._kill(worker)
            yield job, _loss(code, at)
            return
        if raw == b"":
            worker.job = None
            yield job, None
            return
        if raw[:1] == b"!":
            worker.job = None
            at = worker.station.last() if worker.station is not None else ("", False)
            yield job, Lost("memory" if raw == b"!memory" else "crashed", raw[1:].decode("utf-8", "replace"), *at)
            return
        if raw[:1] == b"?":
            self.missing.update(raw[1:].decode("ascii", "replace").split())
            return
        try:
            message = self._decode.decode(raw[1:])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            at = self._kill(worker)
            yield job, Lost("crashed", f"the worker sent something that is no answer: {error}", *at)
            return
        yield job, message

    def _ready(self, order: _Order[Job]) -> None:
        if order.raw:
            return
        sent: Job = order.job
        if self._hand is not None:
            sent, order.descriptors = self._hand(order.job)
        self._prepared += 1
        order.raw = len(order.descriptors).to_bytes(4, "little") + self._encode_job.encode(sent)

    def _dispatch(self) -> None:
        for idle in [w for w in self._workers if w.job is None]:
            if not idle.process.is_alive():
                self._kill(idle)
        while self._queue:
            worker = next((w for w in self._workers if w.job is None), None)
            if worker is None:
                if len(self._workers) >= self._size:
                    return
                try:
                    worker = self._start()
                except OSError:
                    if not self._workers:
                        raise
                    self._size = len(self._workers)  # no more files or processes are to be had: these do it
                    return
            order = self._queue[0]
            self._ready(order)
            if worker.station is not None:
                worker.station.wipe()
            try:
                worker.pipe.send_bytes(order.raw)
                if order.descriptors:
                    send(worker.pipe.fileno(), order.descriptors)
            except (BrokenPipeError, OSError):
                # No job has done this: the worker was ended from outside, or could not be locked.
                self._kill(worker)
                order.tries += 1
                if order.tries >= _TRIES:
                    self._take_out()
                    self._refused.append(order.job)
                continue
            self._take_out()
            worker.job, worker.heard = order.job, time.monotonic()

    def _take_out(self) -> None:
        """Take the first order, which is ready, out of the queue, and close what went along."""
        self._queue.popleft().drop()
        self._prepared -= 1

    def _start(self) -> _Worker[Job]:
        station = None
        if self._stations is not None:
            station = self._free.pop() if self._free else self._stations()
        try:
            return self._start_at(station)
        except OSError:
            if station is not None:
                self._free.append(station)
            raise

    def _start_at(self, station: Station | None) -> _Worker[Job]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve,
            args=(
                theirs, self._context.get_start_method() == "fork", self._work, self._prepare, self._decode_job,
                os.getpid(), station, self._confined, self._required,
            ),
            daemon=True,
        )  # fmt: skip
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        worker: _Worker[Job] = _Worker(process, ours, station)
        self._workers.append(worker)
        return worker

    def _kill(self, worker: _Worker[Job]) -> tuple[str, bool]:
        """End a worker; return what it was at last, and whether it was opening that."""
        if worker in self._workers:
            self._workers.remove(worker)
        with contextlib.suppress(OSError, ValueError):
            worker.process.kill()
        worker.process.join(5)
        worker.pipe.close()
        worker.job = None
        if worker.station is None:
            return "", False
        self._free.append(worker.station)
        return worker.station.last()

    def close(self) -> None:
        """Stop every worker at once; safe to call twice."""
        for worker in list(self._workers):
            with contextlib.suppress(OSError, ValueError):
                worker.process.kill()  # all of them before the first is waited for
        for worker in list(self._workers):
            self._kill(worker)
        for order in self._queue:
            order.drop()
        self._queue.clear()
        self._prepared = 0


def _loss(code: int | None, at: tuple[str, bool]) -> Lost:
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return Lost("crashed", f"the reader was ended by {name}", *at)
    if code == UNCONFINED:
        return Lost("crashed", "the reader could not be locked down, and was not let near the file", *at)
    return Lost("crashed", f"the reader ended with code {code}", *at)
