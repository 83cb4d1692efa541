"""Several products named at once are scanned by the same workers, and each report is as if it were the only one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from sousveil import Options, Report, scan
from sousveil.acquire.wording import AcquireError
from sousveil.cli import scanning
from sousveil.crew import Crew
from sousveil.work.pool import Pool

HEADER = "typedef struct {{ int nAge; int nEthnicity{0}; /* 民族 */ int emGlasses; float fScore; }} FACE_RESULT{0};\n"
OPTIONS = Options(jobs=2)


def products(folder: Path, count: int) -> list[Path]:
    """Write headers, and archives of one: what matched in those goes through the workers' spools."""
    out = []
    for number in range(count):
        path = folder / f"sdk{number}.zip"
        if number % 2:
            path = path.with_suffix(".h")
            path.write_text(HEADER.format(number))
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for part in range(3):
                    archive.writestr(f"include/{part}.h", HEADER.format(f"{number}_{part}") + "// more\n" * 900)
        out.append(path)
    return out


def same(one: Report, other: Report) -> bool:
    return (one.findings, one.explained, one.limits, one.counts) == (
        other.findings, other.explained, other.limits, other.counts,
    )  # fmt: skip


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Pool]:
    out: list[Pool] = []
    original = Pool._start_at

    def start(self, station):
        out.append(self)
        return original(self, station)

    monkeypatch.setattr(Pool, "_start_at", start)
    return out


def test_reports_are_as_of_each_alone_and_workers_few(tmp_path: Path, started: list[Pool]) -> None:
    paths = products(tmp_path, 8)
    crew = Crew(OPTIONS)
    try:
        together = [scan(path, OPTIONS, crew=crew) for path in paths]
        assert len(started) <= 2
        spools = [one._spool for one in crew.stations._all.values()]
        assert all(spool is None or not spool.seek(0, 2) for spool in spools)
    finally:
        crew.close()
    for path, report in zip(paths, together, strict=True):
        assert report.findings
        assert same(report, scan(path, OPTIONS))


def test_a_scan_that_was_broken_off_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    first, second = products(tmp_path, 2)

    def broken(_: object) -> None:
        raise KeyboardInterrupt

    crew = Crew(OPTIONS)
    try:
        with pytest.raises(KeyboardInterrupt):
            scan(first, OPTIONS, progress=broken, crew=crew)
        with pytest.raises(AcquireError):
            scan(tmp_path / "nowhere", OPTIONS, crew=crew)
        assert crew.pool.idle
        assert same(scan(second, OPTIONS, crew=crew), scan(second, OPTIONS))
    finally:
        crew.close()


def test_what_a_case_keeps_is_read_by_workers_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crews: list[object] = []
    monkeypatch.setattr(scanning, "_scan", lambda product, request, crew: crews.append(crew) or (_report(), ""))
    for case in (None, tmp_path / "case"):
        scanning.run(scanning.Request(("a", "b"), OPTIONS, "json", tmp_path / "out", "never", 0, True, case))
    assert crews[0] is crews[1] is not None
    assert crews[2] is crews[3] is None


def _report() -> Report:
    return scan(Path(__file__), OPTIONS)
