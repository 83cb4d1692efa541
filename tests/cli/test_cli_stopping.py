"""Stopped in the middle: quickly, with one line, no process and no temporary file left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


@pytest.fixture(autouse=True)
def heeding_signals() -> Iterator[None]:
    """What a shell starts with & or under nohup is told to ignore signals, and so would be what it starts in turn."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP,)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def children(pid: int) -> set[int]:
    """Return the processes below a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found |= {int(word) for word in task.read_text().split()}
        except OSError:
            continue
    return found.union(*(children(child) for child in found))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def long_scan(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A scan in the middle of a file that takes it a while."""
    with (tmp_path / "long.bin").open("wb") as file:
        file.truncate(40 << 30)
    process = subprocess.Popen(
        [sys.executable, "-m", "sousveil", "scan", "long.bin", "--jobs", "2", "--format", "json"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def at_work() -> bool:
        assert process.poll() is None, process.communicate()
        return any(busy(child) for child in children(process.pid))

    try:
        wait_for(at_work)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def busy(pid: int) -> bool:
    """Return whether a process has read from the long file."""
    try:
        links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.endswith("long.bin") for link in links)


@pytest.mark.parametrize(
    ("number", "to_group", "code"),
    [
        (signal.SIGINT, True, 130),
        (signal.SIGINT, False, 130),
        (signal.SIGTERM, False, 143),
        (signal.SIGHUP, True, 129),
    ],
)
def test_a_signal(long_scan: subprocess.Popen[str], tmp_path: Path, number: int, to_group: bool, code: int) -> None:
    below = children(long_scan.pid)
    started = time.monotonic()
    (os.killpg if to_group else os.kill)(long_scan.pid, number)
    out, err = long_scan.communicate(timeout=20)
    assert time.monotonic() - started < 3
    assert long_scan.returncode == code
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("sousveil: stopped")
    wait_for(lambda: not any(alive(child) for child in below), 3)
    assert os.listdir(tmp_path / "tmp") == []


def test_impatience(long_scan: subprocess.Popen[str], tmp_path: Path) -> None:
    for _ in range(5):
        os.killpg(long_scan.pid, signal.SIGINT)
        time.sleep(0.005)
    _, err = long_scan.communicate(timeout=20)
    assert long_scan.returncode == 130
    assert "Traceback" not in err
    assert os.listdir(tmp_path / "tmp") == []


def test_while_it_starts(environment: dict[str, str], header: Path, tmp_path: Path) -> None:
    for pause in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-m", "sousveil", "scan", str(header)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(pause)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        # Before the handlers stand, the system's own default ends it; after the report, there is nothing to stop.
        assert process.returncode in (143, -signal.SIGTERM, 1), err
        assert "Traceback" not in err
        assert os.listdir(tmp_path / "tmp") == []


def test_waiting_for_standard_input(environment: dict[str, str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sousveil", "scan", "-"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"x" * 100_000)
    process.stdin.flush()
    wait_for(lambda: os.listdir(tmp_path / "tmp") != [])
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    process.communicate()
    assert os.listdir(tmp_path / "tmp") == []


def test_output_is_not_begun(environment: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "long.bin").open("wb") as file:
        file.truncate(40 << 30)
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "report.json"
    target.write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-m", "sousveil", "scan", "long.bin", "--format", "json", "--output", str(target)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: any(busy(child) for child in children(process.pid)))
    process.terminate()
    process.communicate(timeout=10)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path / "out") == ["report.json"]


def test_a_killed_worker_costs_its_file_and_no_more(long_scan: subprocess.Popen[str], tmp_path: Path) -> None:
    for child in children(long_scan.pid):
        if busy(child):
            os.kill(child, signal.SIGKILL)
    out, err = long_scan.communicate(timeout=20)
    assert long_scan.returncode == 0, err
    report = json.loads(out)
    assert report["complete"] is False
    assert [limit["reason"] for limit in report["limits"]] == ["crashed"]
    assert os.listdir(tmp_path / "tmp") == []


def test_a_killed_main_process_leaves_no_child_and_no_file(long_scan: subprocess.Popen[str], tmp_path: Path) -> None:
    below = children(long_scan.pid)
    assert below
    long_scan.kill()
    long_scan.communicate(timeout=20)
    wait_for(lambda: not any(alive(child) for child in below), 5)
    assert os.listdir(tmp_path / "tmp") == []


INTERRUPTED = """
import _signal, os, runpy, sys

class Finder:
    def find_spec(self, name, *rest):
        if name == sys.argv[1]:
            os.kill(os.getpid(), _signal.SIGINT)

sys.modules.pop("signal", None)
sys.meta_path.insert(0, Finder())
runpy.run_module("sousveil", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("module", ["signal", "sousveil.cli.start", "errno", "sousveil.cli.app", "click"])
def test_interrupted_while_a_module_is_loaded(environment: dict[str, str], module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED, module]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr in ("", "sousveil: stopped.\n")


def test_while_the_lexicon_is_compiled(environment: dict[str, str], header: Path, tmp_path: Path) -> None:
    """With a cold cache that takes seconds; a stop is heeded amid it, and no half of a cache is left."""
    cache = tmp_path / "cache"
    for pause in (0.6, 1.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "sousveil", "scan", str(header)],
            env={**environment, "SOUSVEIL_CACHE": str(cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - started < 0.7
        assert process.returncode in (130, 1), err
        assert "Traceback" not in err
        assert not [p.name for p in cache.rglob(".*")]


def test_what_was_done_keeps_its_exit_code(environment: dict[str, str], header: Path, tmp_path: Path) -> None:
    """Once a report is written, a signal that comes while the program goes away changes nothing."""
    target = tmp_path / "report.json"
    command = [sys.executable, "-m", "sousveil", "scan", str(header), "--format", "json", "--output", str(target)]
    subprocess.run(command, env=environment, check=False)
    for pause in (0.0, 0.005, 0.01, 0.02, 0.03, 0.05):
        target.unlink()
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        wait_for(target.exists)
        time.sleep(pause)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, err) in ((1, ""), (143, "sousveil: stopped by SIGTERM.\n"))


@pytest.fixture
def much(header: Path, tmp_path: Path) -> Path:
    """A product whose report does not fit into a pipe."""
    folder = tmp_path / "much"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.h").write_bytes(header.read_bytes().replace(b"XQ", b"XQ%d" % number))
    return folder


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_slow_reader(environment: dict[str, str], much: Path, unbuffered: str, stopped: bool) -> None:
    """It gets all, however long it takes; and a pipe that nobody empties holds up no stop."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sousveil", "scan", str(much), "--format", "json"],
        env={**environment, "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = process.stdout.read(1)
    time.sleep(1.2)
    started = time.monotonic()
    if stopped:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert time.monotonic() - started < 2
    rest = process.stdout.read()
    _, err = process.communicate(timeout=20)
    if not stopped:
        assert (process.returncode, err) == (1, b"")
        assert len(json.loads(first + rest)["findings"]) >= 30
