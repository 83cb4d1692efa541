"""Programs run apart: what they unpack is given, what they do wrong costs a limit."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sousveil
from sousveil.model import Limit
from sousveil.unpack import Quotas, cage, outside
from sousveil.unpack.outside import File, Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stubs are scripts")
STUB = Program("stub-unpacker", ("{file}", "{folder}", "{report}", "{depth}"), report=True)


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, bytes], list[Limit]]]:
    """Return what runs a program with this text on a file, and what came of it."""

    def run(text: str, quotas: Quotas | None = None, seconds: float = 20) -> tuple[dict[str, bytes], list[Limit]]:
        program, folder = tmp_path / "bin" / "stub-unpacker", tmp_path / "private"
        program.parent.mkdir()
        folder.mkdir()
        start = "import os, sys, time\nfile, out, report, depth = sys.argv[1:]"
        program.write_text(f"#!{sys.executable}\n{start}\n{text}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        (tmp_path / "fw.bin").write_bytes(b"product")
        files: dict[str, bytes] = {}
        limits: list[Limit] = []
        for one in outside.run(STUB, str(tmp_path / "fw.bin"), "fw.bin", folder, quotas or Quotas(), seconds):
            if isinstance(one, File):
                files[one.name] = Path(one.path).read_bytes()
            else:
                limits.append(one)
        return files, limits

    return run


def test_files_come_out_and_links_are_not_followed(stub) -> None:
    files, limits = stub(
        "os.mkdir(out + '/a'); open(out + '/a/sdk.h', 'wb').write(open(file, 'rb').read())\n"
        "os.symlink('/etc/passwd', out + '/link'); os.symlink('/etc', out + '/folder'); os.mkfifo(out + '/pipe')\n"
        "open(out + '/shut', 'w').write('x'); os.chmod(out + '/shut', 0)"
    )
    assert files == {"a/sdk.h": b"product", "shut": b"x"}
    assert {(limit.path, limit.reason) for limit in limits} == {
        ("fw.bin!/link", "link"), ("fw.bin!/folder", "link"), ("fw.bin!/pipe", "device"),
    }  # fmt: skip
    assert not any(limit.incomplete for limit in limits)


def test_a_program_that_hangs_is_ended_with_all_it_started(stub, tmp_path: Path) -> None:
    start = time.monotonic()
    files, limits = stub(
        "open(out + '/one', 'w').write('1')\n"
        "child = os.fork()\nopen(out + '/child', 'w').write(str(child or os.getpid()))\ntime.sleep(60)",
        seconds=1,
    )
    assert time.monotonic() - start < 20
    assert [limit.reason for limit in limits] == ["outside"] and "not finished in 1 s" in limits[0].detail
    assert files["one"] == b"1"
    child = int(files["child"])
    until = time.monotonic() + 5
    while time.monotonic() < until and _runs(child):
        time.sleep(0.05)
    assert not _runs(child)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it there")
def test_a_program_ends_with_us_however_we_end(tmp_path: Path) -> None:
    """A scan that is killed leaves no program at work, and the next takes away what it had unpacked."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    program = tmp_path / "bin" / "unblob"
    start = "import os, time\nfor leaves in (False, True):\n    if not os.fork():\n        leaves and os.setsid()\n"
    start += "        os.fork()\n        break\n"  # a child and a grandchild in the session, and two that left it
    program.write_text(f"#!{sys.executable}\n{start}time.sleep(60)\n")
    program.chmod(0o755)
    code = (
        "from sousveil.unpack import Quotas, outside\nfrom sousveil.model import Limit\nfrom pathlib import Path\n"
        "one = outside.Outside(Quotas())\nfile = Path('fw.bin')\n"
        "list(one.files([(file, 'fw.bin')], [Limit('fw.bin', 'closed', 'x')]))"
    )
    (tmp_path / "fw.bin").write_bytes(b"product")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(Path(sousveil.__file__).parents[1])
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    below: list[int] = []
    until = time.monotonic() + 20
    while len(below) < 5 and time.monotonic() < until:  # the program and the four that it started
        time.sleep(0.05)
        below = [n for n in _below(process.pid) if _words(n).endswith(b"fw.bin\0") and b"\0-I\0" not in _words(n)]
    assert len(below) == 5
    process.kill()
    process.wait()
    until = time.monotonic() + 10
    while time.monotonic() < until and any(map(_runs, below)):
        time.sleep(0.05)
    assert not any(map(_runs, below))
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    sweep = "from sousveil.acquire import scratch; scratch.remove(scratch.make())"
    subprocess.run([sys.executable, "-c", sweep], env=environment, check=True)
    assert list((tmp_path / "tmp").iterdir()) == []


def _below(number: int) -> list[int]:
    try:
        children = [int(n) for n in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
    except OSError:
        return []
    return children + [n for child in children for n in _below(child)]


def _words(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_writes_too_much_is_ended(stub) -> None:
    _, limits = stub("n = 0\nwhile True:\n    open(f'{out}/{n}', 'wb').write(bytes(1 << 20)); n += 1; time.sleep(0.01)",
                     Quotas(max_bytes=8 << 20))  # fmt: skip
    assert limits[0].reason == "quota" and "--max-bytes" in limits[0].detail
    assert limits[0].incomplete


def test_a_program_that_makes_too_many_files_is_ended(stub) -> None:
    files, limits = stub("for n in range(500):\n    open(f'{out}/{n}', 'w')\ntime.sleep(30)", Quotas(max_files=100))
    assert any(limit.reason == "quota" for limit in limits)
    assert len(files) <= 100


def test_a_program_cannot_take_all_memory(stub) -> None:
    _, limits = stub("x = bytearray(6 << 30)")
    assert [limit.reason for limit in limits] == ["outside"]


def test_unknown_chunks_and_errors_of_the_report_are_limits(stub) -> None:
    chunk = {"__typename__": "UnknownChunkReport", "start_offset": 16, "size": 4096}
    failed = {"__typename__": "ExtractCommandFailedReport", "severity": "WARNING", "command": "7z x"}
    opened = {"__typename__": "ChunkReport", "extraction_reports": [failed]}
    reports = [chunk | {"randomness": {"shannon": {"mean": 99.0}}}, opened, {"__typename__": "StatReport"}]
    report = [{"task": {"path": "/x/fw.bin"}, "reports": reports}]
    _, limits = stub(f"import json; json.dump({report!r}, open(report, 'w'))")
    assert [limit.reason for limit in limits] == ["unknown", "broken"]
    assert "bytes 16-4112 (4096 bytes), entropy 7.92" in limits[0].detail


@pytest.mark.parametrize("bad", ["[", '{"a": 1}', "[1]", "[" * 100_000])
def test_a_report_that_is_none_is_a_limit(stub, bad: str) -> None:
    _, limits = stub(f"open(report, 'w').write({bad!r})")
    assert [limit.reason for limit in limits] == ["outside"]


def test_no_program_no_files(tmp_path: Path) -> None:
    out = list(outside.run(Program("no-such-program", ()), "x", "x", tmp_path, Quotas()))
    assert [limit.reason for limit in out if isinstance(limit, Limit)] == ["unsupported"]


def test_which_program_fits_what_was_not_opened() -> None:
    inno = Limit("a.exe", "unsupported", "an Inno Setup installer; its files were not read")
    assert outside.fitting("a.exe", [inno]) is outside.INNOEXTRACT
    assert outside.fitting("a.bin", [Limit("a.bin", "closed", "bytes 0-9")]) is outside.UNBLOB
    assert outside.fitting("a.bin", [Limit("a.bin!/x", "closed", "bytes 0-9")]) is outside.UNBLOB
    assert outside.fitting("a.bin", [Limit("b.bin", "closed", ""), Limit("a.bin", "link", "", False)]) is None


def test_the_private_folder_is_all_that_a_program_is_told(stub) -> None:
    files, _ = stub("open(out + '/env', 'w').write(repr((os.getcwd(), sorted(os.environ), oct(os.stat(out).st_mode))))")
    told = files["env"].decode()
    assert "private" in told and "HOME" in told and oct(stat.S_IFDIR | 0o700) in told
    assert "SSH_AUTH_SOCK" not in told


@pytest.mark.skipif(not cage.version(), reason="the kernel has no Landlock")
def test_a_program_can_read_and_write_nothing_of_the_users_and_has_no_network(stub, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    lines = [
        "import socket",
        "def tried(what):",
        "    try:",
        "        what()",
        "    except OSError as error:",
        "        return type(error).__name__",
        "    return 'done'",
        f"secret, new = {str(tmp_path / 'secret')!r}, {str(tmp_path / 'new')!r}",
        "got = [tried(lambda: open(secret)), tried(lambda: open(new, 'w')),",
        "       tried(lambda: open(file)), tried(lambda: os.listdir(os.path.expanduser('~root')))]",
        "got.append(tried(lambda: socket.create_connection(('127.0.0.1', 9), 1)))",
        "open(out + '/got', 'w').write(' '.join(got))",
    ]
    files, _ = stub("\n".join(lines))
    denied = "PermissionError"
    assert files["got"].decode().split()[:4] == [denied, denied, "done", denied]
    assert not (tmp_path / "new").exists()
    if cage.version() >= 4:
        assert files["got"].decode().split()[4] == denied


def test_a_scan_surveys_what_a_program_unpacked_and_removes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import random
    import tempfile

    import sousveil

    programs, product, scratch = tmp_path / "bin", tmp_path / "in", tmp_path / "scratch"
    for folder in (programs, product, scratch):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    secret = random.Random(3).randbytes(100_000)
    (product / "update.bin").write_bytes(secret)
    (product / "other.txt").write_bytes(b"nothing")
    code = "typedef enum { NJ_NATION_UNKNOWN = 0, NJ_NATION_UYGUR = 1, NJ_NATION_OTHER = 2 } NJ_NATION_TYPE;\n"
    stub = programs / "unblob"
    stub.write_text(
        f"#!{sys.executable}\nimport sys, os\nout = sys.argv[2]\nos.mkdir(out + '/inc')\n"
        f"open(out + '/inc/sdk.h', 'w').write({code!r})\n"
    )
    stub.chmod(0o755)
    monkeypatch.setattr(outside, "available", lambda program: str(stub) if program.name == "unblob" else None)
    report = sousveil.scan(product)
    places = [place.artifact for finding in report.findings for place in finding.places]
    assert any(place.endswith("update.bin!/[unblob]/inc/sdk.h") for place in places), (report.limits, places)
    assert "closed" in {limit.reason for limit in report.limits}
    assert not list(scratch.iterdir())
