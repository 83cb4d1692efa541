"""Commands that are killed at any moment lose nothing that they said was done, and leave a case that verifies.

The long run is benchmarks/evidence/kills.py; this one is its seeded beginning.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sousveil.evidence import durable, stamps, watching
from sousveil.evidence.case import Case
from sousveil.evidence.sealing import Witnesses, seal
from sousveil.evidence.verify import verify

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "evidence"
DEAD = 2**22 + 1
"""No process has this number: Linux gives none above."""


def _kills() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("kills")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    if shutil.which("openssl") is None or not Path("/proc/self/cmdline").exists():
        pytest.skip("openssl or /proc is not there")
    monkeypatch.setenv("SOUSVEIL_KEY", "")
    made = _kills().Bench(tmp_path, 7)
    yield made
    made.close()


@pytest.mark.parametrize("name", ["acquire", "scan", "watch", "seal", "export"])
def test_a_killed_command_loses_nothing(name: str, bench: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert _kills().kills(bench, name, 3) == 0, capsys.readouterr().out


def test_a_killed_first_case_leaves_a_whole_key_or_none(bench: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert _kills().first_keys(bench, "new", 6) == 0, capsys.readouterr().out


def test_parts_of_dead_runs_are_swept_and_those_of_living_ones_are_not(case: Case, key: Path, tmp_path: Path) -> None:
    folder = case.root / "stamps"
    folder.mkdir()
    dead = [folder / f".a.tsr.{DEAD}-0123abcd.part", case.root / f".ledger.jsonl.{DEAD}-0123abcd.part",
            key.with_name(f".{key.name}.{DEAD}-0123abcd.part")]  # fmt: skip
    alive = [folder / f".b.tsr.{os.getpid()}-0123abcd.part", folder / ".c.part", tmp_path / f".d.{DEAD}-0123abcd.part"]
    for path in (*dead, *alive):
        path.write_bytes(b"half")
    Case.open(case.root, lambda new: b"").record("noted", {"text": "the next start"})
    assert not [p for p in dead if p.exists()]
    assert all(p.exists() for p in alive)
    what = next(e.predicate["what"] for e in case.entries() if e.kind == "cut-off")
    assert "a.tsr, which was not written to its end, was removed" in what


def test_a_name_is_swept_for_itself_alone(tmp_path: Path) -> None:
    for name in (f".out.{DEAD}-0123abcd.part", f".out2.{DEAD}-0123abcd.part", ".out.1-x.part", "out"):
        (tmp_path / name).mkdir()
    assert durable.sweep(tmp_path, "out") == ["out"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.1-x.part", f".out2.{DEAD}-0123abcd.part", "out"]
    assert durable.sweep(tmp_path / "nowhere") == []


def test_a_stamp_whose_request_was_not_removed_waits_no_more(case: Case, authority) -> None:
    def post(url: str, body: bytes, kind: str) -> bytes:
        return bytes(authority.reply(body))

    list(seal(case, Witnesses([authority.url]), post))
    answer = next(p for p in (case.root / "stamps").iterdir() if p.suffix == ".tsr")
    answer.with_suffix(".tsq").write_bytes(b"the run was killed before this was removed")
    assert [s.waiting for s in stamps.every(case.root / "stamps")] == [False]
    assert not [c for c in verify(case.root) if "asked for" in c.what]


def test_what_was_noticed_and_not_told_is_told_by_the_next_run(case: Case) -> None:
    url = "http://vendor.example/sdk"
    watching.add(case, [url])
    window = {"last-seen": "2026-11-26T10:00:00Z", "first-missed": "2026-11-26T11:00:00Z"}
    case.record("gone", {"url": url, "state": "gone", "window": window, "how": "it answers 404", "was": ""})
    watching.remove(case, url)
    told: list[watching.Notice] = []
    list(watching.run(case, watching.How(), 60, told.append))
    assert [(n.event, n.url, n.text, n.last_seen, n.first_missed) for n in told] == [
        ("gone", url, "it answers 404", window["last-seen"], window["first-missed"])
    ]
    list(watching.run(case, watching.How(), 60, told.append))
    assert len(told) == 1


def test_a_notice_that_fails_is_told_again(case: Case) -> None:
    url = "http://vendor.example/sdk"
    told = {"url": url, "missed-since": "2026-11-26T11:00:00Z", "window": {"last-seen": "2026-11-26T10:00:00Z"}}
    case.record("back", told)

    def broken(notice: watching.Notice) -> None:
        raise subprocess.TimeoutExpired("a command", 60)

    with pytest.raises(subprocess.TimeoutExpired):
        list(watching.run(case, watching.How(), 60, broken))
    heard: list[watching.Notice] = []
    list(watching.run(case, watching.How(), 60, heard.append))
    assert [n.text for n in heard] == ["it is there again; it was missed since 2026-11-26 11:00:00 UTC"]


def test_an_export_that_was_killed_leaves_nothing_beside_the_next(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "export"
    left = tmp_path / f".export.{DEAD}-0123abcd.part"
    (left / "data").mkdir(parents=True)
    from sousveil.evidence import export

    export.bag(case, out)
    assert not left.exists() and out.exists()
