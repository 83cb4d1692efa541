"""A disk that is full: what was found is told all the same, and the case stays as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from site_on_loopback import ANSWERS, Site

from sousveil.demo import sdk
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify
from sousveil.evidence.wrong import CaseError


@pytest.mark.parametrize("as_folder", [True, False])
def test_a_report_is_shown_where_it_cannot_be_kept(case: Case, tmp_path: Path, as_folder: bool) -> None:
    product = tmp_path / "product"
    product.mkdir()
    sdk.write(product)
    (product / "large.bin").write_bytes(bytes(3_000_000))
    if not as_folder:
        with (made := next(product.glob("*.zip"))).open("ab") as file:
            file.write(bytes(3_000_000))
        product = made
    before = (case.root / "ledger.jsonl").read_bytes()
    # No file may grow over a megabyte: the product's copy cannot be written.
    run = subprocess.run(
        ["bash", "-c", 'ulimit -f 1024; exec "$@"', "-", sys.executable, "-m", "sousveil", "scan", str(product),
         "--case", str(case.root)],
        capture_output=True, text=True, env=os.environ, cwd=tmp_path,
    )  # fmt: skip
    assert run.stdout.startswith("PROFILES"), run.stderr
    assert "cannot be kept: File too large. This report is not on record." in run.stderr
    assert "on record in" not in run.stderr and run.returncode == 2
    assert (case.root / "ledger.jsonl").read_bytes() == before
    assert not case.objects.leftovers() and not [c for c in verify(case.root) if c.holds is not True]


def test_a_capture_that_finds_no_room_says_so(case: Case, site: Site, tmp_path: Path) -> None:
    ANSWERS["/large"] = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\n\r\n" + os.urandom(3_000_000)
    before = (case.root / "ledger.jsonl").read_bytes()
    url = f"{site.base}/large"
    run = subprocess.run(
        ["bash", "-c", 'ulimit -f 1024; exec "$@"', "-", sys.executable, "-m", "sousveil", "acquire", url,
         "--case", str(case.root), "--allow-private", "127.0.0.0/8"],
        capture_output=True, text=True, env=os.environ, cwd=tmp_path,
    )  # fmt: skip
    del ANSWERS["/large"]
    assert run.returncode == 2 and "File too large; it was not done" in run.stderr, run.stderr
    assert (case.root / "ledger.jsonl").read_bytes() == before
    assert all(c.holds for c in verify(case.root)), "nothing of it is kept as if the site had hung up"


def test_a_line_that_does_not_fit_is_not_begun(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = case.ledger.path.read_bytes()
    whole = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 300:
            raise OSError(28, "No space left on device")
        return whole(descriptor, bytes(data[: len(data) // 2]))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CaseError, match="No space left on device"):
        case.record("noted", {"text": "n" * 500})
    monkeypatch.undo()
    assert case.ledger.path.read_bytes() == before
    assert all(c.holds for c in verify(case.root))
