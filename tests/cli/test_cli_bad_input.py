"""Input that cannot be used, each with a clear message and exit code 2; hostile input that must do no harm."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("sousveil: ")
    assert "Traceback" not in done.stderr
    assert "mistake in sousveil" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_missing_file(run) -> None:
    refused(run("scan", "missing.zip"), "missing.zip")


def test_an_unknown_kind_of_product(run) -> None:
    refused(run("scan", "pipy:deepface"), "pipy", "pypi")


def test_an_empty_name(run) -> None:
    refused(run("scan", ""), "empty")


def test_a_fifo_is_not_waited_for(run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(run("scan", "pipe", timeout=20), "FIFO")


def test_a_device(run) -> None:
    refused(run("scan", "/dev/zero", timeout=20), "device")


def test_a_socket(run, tmp_path: Path) -> None:
    path = Path("/tmp") / f"sousveil-test-{os.getpid()}.sock"
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(str(path))
        refused(run("scan", str(path)), "socket")
    finally:
        server.close()
        path.unlink(missing_ok=True)


def test_a_file_that_may_not_be_read(run, tmp_path: Path) -> None:
    closed: Path = tmp_path / "closed.h"
    closed.write_text("x")
    closed.chmod(0)
    if os.access(closed, os.R_OK):  # root reads everything but this
        closed = Path("/proc/sys/vm/compact_memory")
        if not closed.exists():
            pytest.skip("root, and no file that root may not read")
    refused(run("scan", str(closed)), "cannot be read")


def test_an_empty_file(run, tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    done = run("scan", "empty.zip", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"] == "clear"
    assert "holds nothing that could be looked at" in run("scan", "empty.zip").stdout


def test_nothing_on_standard_input_is_no_answer(run) -> None:
    refused(run("scan", "-", stdin=subprocess.DEVNULL), "nothing came")


def test_an_empty_folder(run, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = run("scan", "nothing", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["artifacts"]["files"] == 0


def test_a_folder_with_a_loop_and_things_that_are_no_files(run, tmp_path: Path, header: Path) -> None:
    folder = tmp_path / "product"
    folder.mkdir()
    header.rename(folder / "face.h")
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    done = run("scan", "product", "--format", "json", timeout=30)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["artifacts"]["files"] == 1
    named = {Path(limit["path"]).name for limit in report["limits"]}
    assert {"out", "pipe"} <= named


def test_hostile_names_are_shown_never_obeyed(run, tmp_path: Path, header: Path) -> None:
    folder = tmp_path / "product"
    folder.mkdir()
    text = header.read_bytes()
    for name in (b"a\x1b]0;owned\x07\x1b[2J.h", b"b\nc.h", "\u202egnp.h".encode(), b"\xff\xfe.h", b"<img src=x>.h"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(text)
    for form in ("text", "json", "jsonl", "sarif"):
        done = run("scan", "product", "--format", form)
        assert done.returncode == 1
        for control in ("\x1b", "\x07", "\u202e"):
            assert control not in done.stdout
        done.stdout.encode("utf-8")
    page = run("scan", "product", "--format", "html").stdout
    assert "<img src=x>" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-bytes", "ten"),
        ("--max-bytes", "0"),
        ("--max-files", "-1"),
        ("--max-depth", "x"),
        ("--timeout", "0"),
        ("--jobs", "-2"),
        ("--format", "pdf"),
        ("--fail-on", "clear"),
    ],
)
def test_options_that_make_no_sense(run, header: Path, option: str, value: str) -> None:
    done = run("scan", str(header), option, value)
    assert done.returncode == 2
    assert option in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


RULE = """\
id: my-rule
act: infers
strength: 0.8
what: Something.
why: Something.
when:
  kind: Record
example: {file: a.h, text: "struct A { int ethnicity; };"}
near-miss: {file: b.h, text: "struct B { int x; };"}
limits: None known.
"""


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        (RULE.replace("act: infers", "act: guesses"), "rule.yaml:2:"),
        (RULE.replace("  kind: Record", "  kind: Recrod"), "rule.yaml:7:"),
        (RULE.replace("strength: 0.8", "strenght: 0.8"), "rule.yaml:3:"),
        (RULE.replace("when:\n", "when: [\n"), "rule.yaml:"),
        (RULE + "\tlimits: x\n", "rule.yaml:11:"),
    ],
)
def test_a_rule_file_with_a_mistake(run, tmp_path: Path, header: Path, broken: str, place: str) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rule.yaml").write_text(broken)
    done = run("scan", str(header), "--rules", "rules")
    refused(done, place)
    assert re.search(r"rule\.yaml:\d+:\d+", done.stderr), done.stderr
    refused(run("rules", "test", "rules"), place)


def test_a_rules_folder_that_is_missing_or_empty(run, tmp_path: Path, header: Path) -> None:
    refused(run("scan", str(header), "--rules", "nowhere"), "nowhere")
    (tmp_path / "void").mkdir()
    refused(run("scan", str(header), "--rules", "void"), "void")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_on_a_full_disk(run, header: Path) -> None:
    refused(run("scan", str(header), "--output", "/dev/full"), "No space left")


def test_output_where_there_is_no_folder(run, header: Path) -> None:
    refused(run("scan", str(header), "--output", "no/such/folder/report.json"), "there is no folder")


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "the name is empty"),
        ("reports/", "there is no such folder"),
        ("x" * 300, "File name too long"),
        ("loop", "loop"),
        ("xq_face.h", "that is the product"),
        ("alias.h", "that is the product"),
    ],
)
def test_where_a_report_cannot_go(run, header: Path, output: str, why: str) -> None:
    header.with_name("loop").symlink_to("loop")
    header.with_name("alias.h").hardlink_to(header)
    before = header.read_bytes()
    refused(run("scan", "xq_face.h", "--output", output), "--output", why)
    assert header.read_bytes() == before
    refused(run("inspect", "xq_face.h", "--extract", "xq_face.h", "--output", output), "--output", why)
    assert header.read_bytes() == before


def test_a_report_to_standard_output_by_its_usual_name(run, header: Path) -> None:
    done = run("scan", "xq_face.h", "--output", "-")
    assert done.stdout.startswith("PROFILES")
    assert not header.with_name("-").exists()


def test_an_extract_goes_through_a_pipe_and_not_over_it(run, header: Path, tmp_path: Path) -> None:
    """A device of this name was replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        done = run("inspect", "xq_face.h", "--extract", "xq_face.h", "--output", "pipe")
        assert reader.communicate(timeout=20)[0] == header.read_bytes(), done.stderr
    assert pipe.is_fifo()


def test_an_extract_that_is_not_there_leaves_what_was(run, header: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "sub").mkdir()
    assert run("inspect", "xq_face.h", "--extract", "nothing", "--output", "old").returncode == 1
    assert (tmp_path / "old").read_text() == "old"
    assert run("inspect", "xq_face.h", "--extract", "nothing", "--output", "sub/new").returncode == 1
    assert os.listdir(tmp_path / "sub") == []


def test_a_cache_that_cannot_be_written(run, header: Path) -> None:
    done = run("scan", str(header), env={"SOUSVEIL_CACHE": "/proc/sousveil"})
    assert done.returncode == 1
    assert "XQ_NATION_TYPE" in done.stdout
    assert "MISSING" not in run("doctor", env={"SOUSVEIL_CACHE": "/proc/sousveil"}).stdout


def test_a_damaged_cache(run, header: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    settings = {"SOUSVEIL_CACHE": str(cache)}
    first = run("scan", str(header), "--format", "json", env=settings)
    kept = [p for p in cache.rglob("*") if p.is_file()]
    assert kept, "nothing was kept"
    for path in kept:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"garbage")
    second = run("scan", str(header), "--format", "json", env=settings)
    assert first.returncode == second.returncode == 1
    assert json.loads(first.stdout)["findings"] == json.loads(second.stdout)["findings"]


def test_two_runs_at_once(environment: dict[str, str], header: Path, tmp_path: Path) -> None:
    env = {**environment, "SOUSVEIL_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "sousveil", "scan", str(header), "--format", "json"]
    running = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    reports = []
    for process in running:
        out, err = process.communicate(timeout=90)
        assert process.returncode == 1, err
        report = json.loads(out)
        report.pop("run")
        reports.append(report)
    assert reports[0] == reports[1]
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.name.startswith(".") or p.suffix == ".part"]


def test_a_mistake_of_ours_is_one_line(run, header: Path) -> None:
    script = "import sousveil.pipeline as p\ndef scan(*a, **k): raise KeyError('oh')\np.scan = scan\n"
    script += "from sousveil.cli.start import main\nmain()\n"
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    for extra, trace in (({}, False), ({"SOUSVEIL_DEBUG": "1"}, True)):
        done = subprocess.run(
            [sys.executable, "-c", script, "scan", str(header)],
            env={**env, **extra},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2
        assert "mistake in sousveil" in done.stderr
        assert ("Traceback" in done.stderr) is trace


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif", "html"])
def test_a_name_that_is_not_utf8_is_shown_and_read(run, header: Path, form: str) -> None:
    odd = os.fsdecode(os.fsencode(header.parent) + b"/x\xff.h")
    Path(odd).write_bytes(header.read_bytes())
    done = run("scan", odd, "--format", form)
    assert done.returncode == 1, done.stderr
    assert "x\\xff.h" in done.stdout.replace("\\\\", "\\").replace("%5C", "\\")
    assert run("terms", "--in", odd).returncode == 0
    assert run("inspect", odd).returncode == 0


def test_words_that_are_no_text_are_refused(run, tmp_path: Path) -> None:
    odd = os.fsdecode(b"x\xff")
    for words in (("terms", odd), ("case", "new", str(tmp_path / "case"), "--title", odd)):
        done = run(*words)
        assert done.returncode == 2
        assert "type it in UTF-8" in done.stderr
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_streams_that_the_caller_closed_change_no_answer(run, header: Path, closed: tuple[int, ...]) -> None:
    """Without its place taken, the next file that is opened would be written to as if it were standard output."""
    done = run("scan", str(header), "--output", "report.json", "--format", "json", preexec_fn=lambda: _close(closed))
    assert done.returncode == 1, done.stderr
    assert "mistake in sousveil" not in done.stderr
    assert json.loads((header.parent / "report.json").read_text())["verdict"] == "profiles"


def test_a_closed_standard_input_cannot_be_scanned(run) -> None:
    done = run("scan", "-", preexec_fn=lambda: _close((0,)))
    assert done.returncode == 2
    assert "standard input: cannot be read" in done.stderr
    assert "name its path" in done.stderr


def _close(numbers: tuple[int, ...]) -> None:
    for number in numbers:
        os.close(number)


@pytest.mark.skipif(sys.platform != "linux", reason="files are handed over there")
@pytest.mark.parametrize("most", [24, 64])
def test_few_files_may_be_open(run, header: Path, tmp_path: Path, most: int) -> None:
    """What waits to be read holds no file open, however much waits: thousands of hits went beyond the usual limit."""
    with zipfile.ZipFile(tmp_path / "sdk.zip", "w") as sdk:
        for number in range(100):
            sdk.writestr(f"{number}.h", header.read_text("utf-8").replace("XQ", f"XQ{number}"))
    done = run("scan", "sdk.zip", "--format", "json", "--jobs", "2", preexec_fn=lambda: limited(most))
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert report["complete"] is True
    assert len(report["findings"]) == 200  # an enumeration and the record that uses it, in each


@pytest.mark.skipif(sys.platform != "linux", reason="files are handed over there")
def test_as_many_readers_as_files_may_be_open(run, header: Path) -> None:
    for number in range(120):
        header.with_name(f"{number}.h").write_text(header.read_text("utf-8").replace("XQ", f"XQ{number}"), "utf-8")
    done = run("scan", ".", "--jobs", "30", "--format", "json", preexec_fn=lambda: limited(64))
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert (report["complete"], report["run"]["jobs"]) == (True, 4)


@pytest.mark.skipif(sys.platform != "linux", reason="files are handed over there")
def test_no_file_may_be_open(run, header: Path) -> None:
    refused(run("scan", str(header), preexec_fn=lambda: limited(10)), "Too many open files")


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in use cannot be removed there")
@pytest.mark.parametrize("command", [("scan", "."), ("terms", "--in", ".")])
def test_a_current_folder_that_is_gone(run, tmp_path: Path, command: tuple[str, ...]) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    refused(run(*command, cwd=gone, preexec_fn=gone.rmdir), "the current folder is no more")


def limited(most: int) -> None:
    """Let this process have so many files open."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
