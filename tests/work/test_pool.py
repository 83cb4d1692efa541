"""A worker may crash, hang or eat memory; that costs one job."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator

import pytest
from msgspec import Struct

from sousveil.work.pool import Lost, Pool


class Task(Struct):
    what: str


class Answer(Struct):
    said: str


def labour(task: Task) -> Iterator[Answer]:
    match task.what:
        case "segfault":
            ctypes.string_at(0)
        case "hang":
            time.sleep(60)
        case "exit":
            os._exit(7)
        case "memory":
            _ = bytearray(8 << 30)
        case "raise":
            raise ValueError("a made-up mistake")
        case "many":
            for i in range(1000):
                yield Answer(str(i))
    yield Answer(task.what)


def run(tasks: list[str], size: int = 2, silence: float = 2.0) -> dict[str, list[object]]:
    pool: Pool[Task, Answer] = Pool(labour, Task, Answer, size, silence)
    out: dict[str, list[object]] = {}
    try:
        for what in tasks:
            pool.add(Task(what))
        for job, message in pool.results():
            out.setdefault(job.what, []).append(message)
    finally:
        pool.close()
    return out


def test_every_job_is_answered_and_ended() -> None:
    out = run([f"job {i}" for i in range(50)])
    assert len(out) == 50
    for what, messages in out.items():
        assert messages == [Answer(what), None]


def test_messages_keep_their_order() -> None:
    assert [m.said for m in run(["many"])["many"][:-1]] == [*map(str, range(1000)), "many"]


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("segfault", "crashed"),
        ("exit", "crashed"),
        ("raise", "crashed"),
        ("hang", "timeout"),
        pytest.param(
            "memory", "memory", marks=pytest.mark.skipif(sys.platform != "linux", reason="no memory cap there")
        ),
    ],
)
def test_a_lost_worker_costs_one_job(what: str, reason: str) -> None:
    out = run(["a", what, "b", "c", "d"])
    (lost,) = out[what]
    assert isinstance(lost, Lost)
    assert lost.reason == reason
    for other in "abcd":
        assert out[other] == [Answer(other), None]


def test_the_signal_is_named() -> None:
    (lost,) = run(["segfault"])["segfault"]
    assert isinstance(lost, Lost)
    assert "SIGSEGV" in lost.detail


def test_stopping_in_the_middle_is_quick() -> None:
    pool: Pool[Task, Answer] = Pool(labour, Task, Answer, 2, 30)
    pool.add(Task("hang"))
    pool.add(Task("a"))
    started = time.monotonic()
    for job, _ in pool.results(poll=0.05):
        if job.what == "a":
            break
    workers = [w.process for w in pool._workers]
    pool.close()
    assert time.monotonic() - started < 5
    assert workers and not any(p.is_alive() for p in workers)
