"""A locked worker can read what it is handed and answer, and nothing else; what it dies of costs one file."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import Struct

from sousveil.work import confine
from sousveil.work.pool import Lost, Pool
from sousveil.work.station import Station

pytestmark = pytest.mark.skipif(
    bool(confine.missing()), reason=f"this machine lacks {', '.join(confine.missing()) or 'nothing'}"
)


class Task(Struct):
    what: str
    path: str = ""
    pid: int = 0


class Answer(Struct):
    said: str


def attempt(task: Task, files: Sequence[int]) -> object:
    """Do what a flaw in a reader would let a product do; return what came of it."""
    libc = ctypes.CDLL(None, use_errno=True)
    match task.what:
        case "read what was handed over":
            return os.read(files[0], 100).decode()
        case "write to what was handed over":
            return os.write(files[0], b"x")
        case "open the user's file":
            return Path(task.path).read_bytes()
        case "open for writing":
            return os.open(task.path, os.O_WRONLY)
        case "open what was handed over for writing":
            return os.open(f"/proc/self/fd/{files[0]}", os.O_RDWR)
        case "create":
            return os.open(task.path + ".new", os.O_RDONLY | os.O_CREAT)
        case "create without a name":
            return os.open(str(Path(task.path).parent), os.O_RDWR | os.O_TMPFILE)
        case "list the user's folder":
            return os.listdir(Path(task.path).parent)
        case "remove":
            return os.unlink(task.path)
        case "rename":
            return os.rename(task.path, task.path + ".old")
        case "make a folder":
            return os.mkdir(task.path + ".d")
        case "change its rights":
            return os.chmod(task.path, 0o777)
        case "link":
            return os.link(task.path, task.path + ".link")
        case "socket":
            return socket.socket()
        case "connect":
            return socket.create_connection(("127.0.0.1", 9), 1)
        case "unix socket":
            return socket.socket(socket.AF_UNIX)
        case "fork":
            return os.fork()
        case "run a program":
            return subprocess.run(["/bin/true"], check=False)
        case "exec":
            return os.execv("/bin/true", ["true"])
        case "kill":
            return os.kill(task.pid, 0)
        case "kill the main process":
            return os.kill(os.getppid(), signal.SIGTERM)
        case "2 GB":
            return len(bytearray(2 << 30))
        case "more rights":
            import resource

            return resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
        case "ptrace":
            return _done(libc.ptrace(16, task.pid, 0, 0))
        case "another's memory":
            return _done(libc.syscall(310, task.pid, 0, 0, 0, 0, 0))
        case "io_uring":
            return _done(libc.syscall(425, 1, 0))
        case "memory file":
            return os.memfd_create("x")
        case "signal by descriptor":
            import fcntl

            return fcntl.fcntl(files[0], fcntl.F_SETOWN, task.pid)
        case "load a library late":
            import sqlite3
            import wave

            return f"{'ok' if sqlite3 and wave else ''}{b'x'.decode('cp1006')}"
        case "thread":
            import threading

            said: list[str] = []
            thread = threading.Thread(target=said.append, args=("ok",))
            thread.start()
            thread.join()
            return said[0]
        case "segfault":
            ctypes.string_at(0)
        case "hang":
            while True:
                pass
        case "memory":
            held = []
            while True:
                held.append(bytes(64 << 20))
        case "shared memory":
            return [mmap.mmap(-1, 1 << 30) for _ in range(8)]
    return task.what


def _done(code: int) -> int:
    if code < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return code


def labour(station: Station, task: Task) -> Iterator[Answer]:
    station.at(task.what, opening=True)
    try:
        yield Answer(f"did {attempt(task, station.files)}")
    except (MemoryError, OSError) as error:
        yield Answer(type(error).__name__)
    except ValueError as error:  # what Python makes of a refused setrlimit
        yield Answer("PermissionError" if "not allowed" in str(error) else str(error))


def run(tmp_path: Path, tasks: Sequence[str], silence: float = 5.0) -> tuple[dict[str, list[object]], float]:
    secret = tmp_path / "secret"
    secret.write_text("the user's own")
    handed = tmp_path / "handed"
    handed.write_text("of the product")

    def hand(task: Task) -> tuple[Task, Sequence[int]]:
        return task, (os.open(handed, os.O_RDONLY),)

    station = Station(1, None)
    pool: Pool[Task, Answer] = Pool(
        labour, Task, Answer, 1, silence, stations=lambda: station, hand=hand, confined=True, required=True
    )
    out: dict[str, list[object]] = {}
    slowest = 0.0
    try:
        for what in tasks:
            pool.add(Task(what, str(secret), os.getpid()))
        lost = 0.0
        for job, message in pool.results(poll=0.05):
            if lost and isinstance(message, Answer):
                slowest, lost = max(slowest, time.monotonic() - lost), 0.0
            if isinstance(message, Lost):
                lost = time.monotonic()
            out.setdefault(job.what, []).append(message)
    finally:
        pool.close()
        station.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["handed", "secret"]
    assert secret.read_text() == "the user's own"
    assert handed.read_text() == "of the product"
    return out, slowest


REFUSED = (
    "write to what was handed over", "open the user's file", "open for writing",
    "open what was handed over for writing", "create", "create without a name", "list the user's folder", "remove",
    "rename", "make a folder", "change its rights", "link", "socket", "connect", "unix socket", "fork",
    "run a program", "exec", "kill", "kill the main process", "more rights", "ptrace", "another's memory", "io_uring",
    "memory file", "signal by descriptor",
)  # fmt: skip


def test_everything_but_reading_and_answering_is_refused(tmp_path: Path) -> None:
    out, _ = run(tmp_path, [*REFUSED, "2 GB", "shared memory", "read what was handed over"])
    said = {what: messages[0].said for what, messages in out.items() if isinstance(messages[0], Answer)}
    assert said.pop("read what was handed over") == "did of the product"
    assert said.pop("2 GB") == "MemoryError"
    assert said.pop("shared memory") in ("OSError", "MemoryError", "PermissionError")
    allowed = {what: answer for what, answer in said.items() if answer not in ("PermissionError", "OSError")}
    assert not allowed
    assert set(said) == set(REFUSED)
    # Only what is no matter of rights may answer with another error: a descriptor opened for reading.
    assert {what for what, answer in said.items() if answer == "OSError"} <= {"write to what was handed over"}


def test_libraries_and_threads_still_come(tmp_path: Path) -> None:
    out, _ = run(tmp_path, ["load a library late", "thread"])
    assert out["load a library late"] == [Answer("did okx"), None]
    assert out["thread"] == [Answer("did ok"), None]


@pytest.mark.parametrize(("what", "reason"), [("segfault", "crashed"), ("hang", "timeout")])
def test_what_ends_a_worker_costs_one_job_and_is_named(tmp_path: Path, what: str, reason: str) -> None:
    out, back = run(tmp_path, ["a", what, "b", what + " no more", "c"], silence=1.0)
    (lost,) = out[what]
    assert isinstance(lost, Lost)
    assert (lost.reason, lost.at, lost.opening) == (reason, what, True)
    for other in ("a", "b", "c"):
        assert out[other] == [Answer(f"did {other}"), None]
    assert back < 0.5  # some milliseconds where the machine has nothing else to do


def test_a_memory_bomb_costs_one_job(tmp_path: Path) -> None:
    out, _ = run(tmp_path, ["a", "memory", "b"])
    assert out["memory"] == [Answer("MemoryError"), None]
    assert out["b"] == [Answer("did b"), None]


def test_where_a_layer_is_missing_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "landlock", lambda: 0)
    assert confine.missing() == ("landlock",)
    assert any("kernel" in layer.detail for layer in confine.layers() if not layer.there)


def test_without_all_layers_no_worker_goes_on_where_they_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confine, "landlock", lambda: 0)
    for required in (True, False):
        station = Station(1, None)
        pool: Pool[Task, Answer] = Pool(
            labour, Task, Answer, 1, 5, stations=lambda at=station: at, confined=True, required=required
        )
        try:
            pool.add(Task("a"))
            answers = [message for _, message in pool.results()]
        finally:
            pool.close()
            station.close()
        if required:
            assert isinstance(answers[0], Lost)
        else:
            assert answers == [Answer("did a"), None]
            assert pool.missing == {"landlock"}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_the_kernel_would_take(machine: str) -> None:
    from sousveil.work.syscalls import program

    code = program(machine, 1)
    assert code is not None
    steps = [code[at : at + 8] for at in range(0, len(code), 8)]
    assert len(steps) < 4096
    for at, step in enumerate(steps):
        if step[0] & 0x07 == 0x05:  # jumps stay inside
            assert at + 1 + max(step[2], step[3]) < len(steps)
    assert steps[-1][0] == 0x06
    assert program("riscv64", 1) is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_asking_for_the_layers_locks_nothing(tmp_path: Path) -> None:
    def locks() -> list[str]:
        told = Path("/proc/self/status").read_text().splitlines()
        return [line for line in told if line.startswith(("NoNewPrivs", "Seccomp"))]

    before = locks()
    confine.layers()
    (tmp_path / "x").write_text("still free")
    assert locks() == before
