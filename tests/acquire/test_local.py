from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sousveil.acquire import AcquireError, acquire, scratch

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="named pipes and locks of POSIX systems")


def test_a_file_and_a_folder_are_taken_where_they_lie(tmp_path: Path) -> None:
    file = tmp_path / "s\nd\x1bk.zip"
    file.write_bytes(b"")
    got = acquire(str(file))
    assert (got.name, got.purl, got.notes, got.temporary) == (str(file), "", (), ())
    assert got.inputs[0].path == file
    got.close()
    assert file.exists()
    assert acquire(str(tmp_path)).inputs[0].path == tmp_path


def test_a_name_that_is_no_unicode_is_taken(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.bin"
    try:
        Path(os.fsdecode(name)).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    assert acquire(os.fsdecode(name)).inputs[0].path.read_bytes() == b"x"


def test_a_missing_file_is_said_with_names_like_it(tmp_path: Path) -> None:
    (tmp_path / "firmware.bin").write_bytes(b"")
    with pytest.raises(AcquireError, match=r"no such file.*firmware\.bin"):
        acquire(str(tmp_path / "firmwar.bin"))
    with pytest.raises(AcquireError, match="is not there either"):
        acquire(str(tmp_path / "no" / "x"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        ("a\0b", "NUL"),
        ("gem:rails", "not a known prefix"),
        ("https://user:secret@host.test/sdk.zip", "URL cannot be scanned"),
    ],
)
def test_what_is_nothing_is_said(typed: str, says: str) -> None:
    with pytest.raises(AcquireError) as caught:
        acquire(typed)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value) and str(caught.value).isprintable()


@posix_only
def test_pipes_devices_and_broken_links_are_refused_without_opening_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AcquireError, match="FIFO"):
        acquire(str(tmp_path / "pipe"))
    with pytest.raises(AcquireError, match="character device"):
        acquire("/dev/null")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(AcquireError, match="cannot be looked at"):
        acquire(str(tmp_path / "loop"))
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    with pytest.raises(AcquireError, match=r"leads to .*gone"):
        acquire(str(tmp_path / "broken"))


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"x")
    real = Path.open

    def refusing(self: Path, *args: object, **more: object) -> object:
        if self == file:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", refusing)  # root can read everything, so the mode alone would not do
    with pytest.raises(AcquireError, match="this file cannot be read: Permission denied"):
        acquire(str(file))


def test_standard_input_is_spooled_and_removed(leftovers: Callable[[], list[Path]]) -> None:
    seen: list[tuple[str, int, int | None]] = []
    with acquire("-", stdin=io.BytesIO(b"abc"), progress=lambda *a: seen.append(a)) as got:
        path = got.inputs[0].path
        assert path.read_bytes() == b"abc"
        assert got.inputs[0].display == "-"
        if sys.platform != "win32":
            assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.exists()
    got.close()
    assert seen == [("standard input", 3, None)]
    assert leftovers() == []


def test_standard_input_too_long_leaves_nothing(leftovers: Callable[[], list[Path]]) -> None:
    with pytest.raises(AcquireError, match=r"more than 10 bytes.*--max-bytes"):
        acquire("-", stdin=io.BytesIO(b"x" * 11), max_bytes=10)
    assert leftovers() == []


def test_ctrl_c_while_reading_standard_input_leaves_nothing(leftovers: Callable[[], list[Path]]) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        acquire("-", stdin=Interrupted())
    assert leftovers() == []


def _python(code: str, temporary: Path) -> subprocess.Popen[bytes]:
    source = str(Path(scratch.__file__).parents[2])
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": source}
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )


def test_a_product_that_is_never_closed_goes_at_exit(tmp_path: Path) -> None:
    run = _python("from sousveil.acquire import acquire; print(acquire('-').inputs[0].path, flush=True)", tmp_path)
    output, _ = run.communicate(b"abc", timeout=30)
    assert run.returncode == 0
    assert output.decode().strip().startswith(str(tmp_path))
    assert list(tmp_path.glob("sousveil-*")) == []


@posix_only
def test_what_a_killed_run_left_goes_with_the_next_run(tmp_path: Path) -> None:
    code = "from sousveil.acquire import acquire; a = acquire('-'); print('x', flush=True); import time; time.sleep(60)"
    run = _python(code, tmp_path)
    assert run.stdin and run.stdout
    run.stdin.write(b"abc")
    run.stdin.close()
    run.stdout.readline()
    assert len(list(tmp_path.glob("sousveil-*"))) == 1
    with _python("from sousveil.acquire import scratch; scratch.make()", tmp_path) as other:
        other.wait(30)
    assert len(list(tmp_path.glob("sousveil-*"))) == 1, "a folder in use must stay"
    run.send_signal(signal.SIGKILL)
    run.wait(30)
    run.stdout.close()
    assert len(list(tmp_path.glob("sousveil-*"))) == 1
    with _python("from sousveil.acquire import scratch; scratch.make()", tmp_path) as other:
        other.wait(30)
    assert list(tmp_path.glob("sousveil-*")) == []


@posix_only
def test_a_forked_worker_does_not_take_its_parents_files(tmp_path: Path) -> None:
    code = (
        "import os, sys; from sousveil.acquire import acquire; a = acquire('-')\n"
        "pid = os.fork()\n"
        "if pid == 0: sys.exit(0)\n"
        "os.waitpid(pid, 0); print(a.inputs[0].path.exists())"
    )
    output, _ = _python(code, tmp_path).communicate(b"abc", timeout=30)
    assert output.strip() == b"True"


def test_importing_costs_no_client_library() -> None:
    heavy = "('httpx', 'httpx2', 'httpcore', 'httpcore2', 'unearth', 'packageurl', 'packaging', 'ssl', 'http')"
    code = f"import sousveil.acquire, sys; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    run = _python(code, Path("/tmp"))
    output, _ = run.communicate(timeout=30)
    assert output.decode().strip() == "[]"
