"""A folder is kept as one archive with a listing: what tar and sha256sum check, also where a file is taken out."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import documents
import msgspec
import pytest
from test_export import check, list_anew, needs_programs

from sousveil.acquire import Acquired
from sousveil.demo import sdk
from sousveil.evidence import export, listings, pack, redaction
from sousveil.evidence.case import Case
from sousveil.evidence.chronicle import told
from sousveil.evidence.objects import Incoming
from sousveil.evidence.pack import Folder
from sousveil.evidence.products import Keeper, object_of
from sousveil.evidence.verify import verify
from sousveil.evidence.wrong import CaseError
from sousveil.model import Verdict
from sousveil.options import Options
from sousveil.pipeline import scan
from sousveil.unpack import Quotas
from sousveil.work import feed

NAMES = (b"a.h", b"inc/b.h", b"inc/" + b"long-" * 30 + b"name.h", b"inc/" + b"x" * 96, b"back\\slash", b"new\nline",
         b"caf\xc3\xa9.txt", b"latin-\xe9.txt", b"-dash", b"r\rn", b"empty/empty")  # fmt: skip


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sousveil.evidence.paper.browser", lambda: "")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    root = tmp_path / "sdk"
    for i, name in enumerate(NAMES):
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"int value_%d;\n" % i * i * 50 + (b"" if name == b"empty/empty" else name))
    (root / "empty" / "empty").write_bytes(b"")
    (root / "large.bin").write_bytes(random.Random(1).randbytes(2_500_001))
    os.utime(root / "a.h", (-5, -5))
    (root / "link").symlink_to("/etc/passwd")
    return root


def kept(case: Case, root: Path, *, hash_only: bool = False) -> dict[str, str]:
    """Scan a folder into the case and have it listed; return the subjects' digests by name."""
    keeper = Keeper(case, hash_only)
    keeper.record(scan(str(root), keeping=keeper.keeping), ["a test"])
    return listed_in(case)


def listed_in(case: Case) -> dict[str, str]:
    before = len(list(case.entries()))
    assert not list(listings.complete(case))
    entries = list(case.entries())[before - 1 :]
    return {s["name"]: s["digest"]["sha256"] for entry in entries for s in entry.subjects}


@pytest.mark.skipif(shutil.which("tar") is None or shutil.which("sha256sum") is None, reason="needs tar")
def test_tar_and_sha256sum_check_every_file(case: Case, product: Path, tmp_path: Path) -> None:
    there = kept(case, product)
    assert list(there) == ["sdk.tar", "sdk.report.json", "sdk.sha256"]
    out = tmp_path / "unpacked"
    out.mkdir()
    subprocess.run(["tar", "-xf", case.objects.path(there["sdk.tar"]), "-C", out], check=True)
    run = subprocess.run(
        ["sha256sum", "-c", case.objects.path(there["sdk.sha256"])], cwd=out, capture_output=True, check=False
    )
    assert run.returncode == 0 and run.stdout.count(b": OK") == len(NAMES) + 1, run
    (product / "link").unlink()
    assert subprocess.run(["diff", "-r", product, out], check=False).returncode == 0
    scanned, listing = list(case.entries())[-2:]
    assert scanned.predicate["not-kept"] == ["link: link"]
    assert (scanned.kind, listing.kind) == ("scanned", "listed")
    data = case.objects.path(there["sdk.tar"]).read_bytes()
    told = listing.subjects[0]
    assert told["digest"] == {"sha256": there["sdk.tar"], "sha512": hashlib.sha512(data).hexdigest()}
    assert told["annotations"]["size"] == len(data) and not list(listings.complete(case))
    assert not [c for c in verify(case.root) if c.holds is not True]
    found = list(pack.listed(case.objects.path(there["sdk.sha256"])))
    assert sorted(os.fsencode(name) for _, name in found) == sorted((*NAMES, b"large.bin"))
    for (digest, _), (said, chunks) in zip(
        found,
        pack.members(case.objects.path(there["sdk.tar"]), case.objects.path(there["sdk.sha256"])),
        strict=True,
    ):
        assert digest == said == hashlib.sha256(b"".join(chunks)).hexdigest()


def test_digests_alone_are_listings(case: Case, product: Path) -> None:
    there = kept(case, product, hash_only=True)
    assert list(there) == ["sdk.sha256", "sdk.sha512", "sdk.report.json"]
    assert len(case.objects.path(there["sdk.sha512"]).read_bytes().splitlines()) == len(NAMES) + 1 + 0
    assert not [c for c in verify(case.root) if c.holds is not True]


def test_what_is_scanned_is_what_is_kept(case: Case, product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are changed once they were kept are scanned in the state that was kept."""
    (product / "face.h").write_text("typedef enum { FACE_RACE_UYGHUR, FACE_RACE_HAN, FACE_RACE_OTHER } FACE_RACE;\n")
    (product / "use.h").write_text("struct Face { FACE_RACE race; };\n")
    taken = Folder.take

    def take(self: Folder, batch: Sequence[tuple[bytes, str, int]]) -> list[tuple[int, int]]:
        places = taken(self, batch)
        for raw, _, _ in batch:
            Path(os.fsdecode(raw)).write_text("nothing\n")
        return places

    monkeypatch.setattr(Folder, "take", take)
    keeper = Keeper(case, hash_only=False)
    report = scan(str(product), keeping=keeper.keeping)
    keeper.record(report, ["a test"])
    there = listed_in(case)
    assert report.verdict == Verdict.PROFILES and keeper.changed == []
    sums = {name: digest for digest, name in pack.listed(case.objects.path(there["sdk.sha256"]))}
    places = [place for finding in report.findings for place in finding.places]
    assert places and {p.sha256 for p in places if p.artifact == "face.h"} == {sums["face.h"]}
    assert hashlib.sha256((product / "face.h").read_bytes()).hexdigest() != sums["face.h"]


def test_a_scan_that_keeps_says_what_a_scan_says(case: Case, product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk.write(product)
    shutil.make_archive(str(product / "again"), "zip", product / "inc")
    os.mkfifo(product / "pipe")
    for large in (feed.LARGE, 1000):  # nearly all are then too large to be kept at once
        monkeypatch.setattr(feed, "LARGE", large)
        monkeypatch.setattr(pack, "_MOST_TAKEN", large)
        keeper = Keeper(case, hash_only=False)
        told = [scan(str(product), Options(listing=True), keeping=k) for k in (None, keeper.keeping)]
        plain, keeping = (msgspec.to_builtins(msgspec.structs.replace(report, run={})) for report in told)
        assert plain == keeping and plain["findings"] and plain["artifacts"]
        keeper.record(told[1], ["a test"])
        there = listed_in(case)
        with tarfile.open(case.objects.path(there["sdk.tar"])) as tar:
            assert len(tar.getnames()) == sum(p.is_file() and not p.is_symlink() for p in product.rglob("*"))
        assert not [c for c in verify(case.root) if c.holds is not True]


def test_what_a_quota_leaves_out_of_the_scan_is_kept(case: Case, product: Path) -> None:
    keeper = Keeper(case, hash_only=False)
    report = scan(str(product), Options(quotas=Quotas(max_files=3)), keeping=keeper.keeping)
    keeper.record(report, ["a test"])
    assert any(limit.reason == "quota" for limit in report.limits)
    files = list(pack.listed(case.objects.path(listed_in(case)["sdk.sha256"])))
    assert len(files) == len(NAMES) + 1


@pytest.mark.parametrize("hash_only", [True, False])
def test_what_changed_since_the_scan_began_is_told(
    case: Case, product: Path, monkeypatch: pytest.MonkeyPatch, hash_only: bool
) -> None:
    """Of digests alone, and of what is kept when the scan is over, it is not known that they are what was scanned."""
    monkeypatch.setattr(feed, "LARGE", 1000)
    monkeypatch.setattr(pack, "_MOST_TAKEN", 1000)
    time.sleep(0.02)
    for what in (product, product / "large.bin"):
        keeper = Keeper(case, hash_only)

        @contextmanager
        def keeping(acquired: Acquired, keeper: Keeper = keeper) -> Iterator[Folder | None]:
            with keeper.keeping(acquired) as folder:
                yield folder
                time.sleep(0.02)
                with (product / "large.bin").open("r+b") as file:
                    file.write(b"x")

        keeper.record(scan(str(what), keeping=keeping), ["a test"])
        assert [Path(name).name for name in keeper.changed] == ["large.bin"]
        scanned = list(case.entries())[-1]
        assert any(line == f"changed while it was scanned: {keeper.changed[0]}" for line in told(scanned))


def test_a_full_disk_costs_the_keeping_and_not_the_scan(
    case: Case, product: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk.write(product)

    def full(self: Incoming, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Incoming, "write", full)
    keeper = Keeper(case, hash_only=False)
    report = scan(str(product), keeping=keeper.keeping)
    assert report.verdict == Verdict.PROFILES
    with pytest.raises(CaseError, match="it cannot be kept: No space left"):
        keeper.record(report, ["a test"])
    assert not case.objects.leftovers() and "scanned" not in [e.kind for e in case.entries()]


def test_an_archive_that_is_not_what_was_scanned_is_not_listed(case: Case, product: Path) -> None:
    keeper = Keeper(case, hash_only=False)
    keeper.record(scan(str(product), keeping=keeper.keeping), ["a test"])
    path = case.objects.path(list(case.entries())[-1].subjects[0]["digest"]["sha256"])
    whole = path.read_bytes()
    path.chmod(0o644)
    for broken in (whole[:-300] + b"x" + whole[-299:], whole[: len(whole) // 2], b"no archive"):
        path.write_bytes(broken)
        (told,) = listings.complete(case)
        assert told.startswith("sdk.tar: ")
        assert [c for c in verify(case.root) if c.holds is False] and list(case.entries())[-1].kind == "scanned"
    path.write_bytes(whole)
    assert not list(listings.complete(case)) and list(case.entries())[-1].kind == "listed"


@needs_programs
@pytest.mark.parametrize("by", ["digest", "text"])
def test_one_file_is_taken_out_and_the_others_still_verify(case: Case, product: Path, tmp_path: Path, by: str) -> None:
    (product / "who.txt").write_text("told by Gulnara Example-Source\n")
    there = kept(case, product)
    files = {name: digest for digest, name in pack.listed(case.objects.path(there["sdk.sha256"]))}
    what = f"object:{files['who.txt'][:20]}" if by == "digest" else "name:Gulnara Example-Source"
    folder = export.bag(case, tmp_path / "out", [redaction.wish_of(f"{what}=protects a source")]).folder
    for path in folder.rglob("*"):
        assert not path.is_file() or b"Gulnara" not in path.read_bytes(), path
    objects = {p.name for p in (folder / "data" / "objects").rglob("*") if p.is_file()}
    assert files["who.txt"] not in objects and there["sdk.tar"] not in objects
    assert set(files.values()) - {files["who.txt"]} <= objects
    code, said = check(folder)
    assert code == 0, said
    assert not [c for c in verify(folder) if c.holds is False]
    assert "b.h" in (folder / "data" / "case.html").read_text()
    # One of the others goes, or becomes another.
    place = folder / "data" / "objects" / files["inc/b.h"][:2] / files["inc/b.h"]
    for change in (lambda: place.write_bytes(b"another"), place.unlink):
        change()
        list_anew(folder)
        assert check(folder)[0] == 1
        assert any(files["inc/b.h"][:16] in f"{c.what} {c.detail}" for c in verify(folder) if c.holds is False)
    listing = folder / "data" / "objects" / there["sdk.sha256"][:2] / there["sdk.sha256"]
    listing.chmod(0o644)
    listing.write_bytes(b"../../../etc/passwd\0  x\n" + b"/" * 64 + b"  y\nno line" + listing.read_bytes()[70:])
    list_anew(folder)
    assert check(folder)[0] == 1
    assert any(there["sdk.sha256"][:16] in c.what for c in verify(folder) if c.holds is False)
    # The case keeps everything, and a whole export holds the archive.
    assert not [c for c in verify(case.root) if c.holds is not True]
    whole = export.bag(case, tmp_path / "whole").folder
    assert (whole / "data" / "objects" / there["sdk.tar"][:2] / there["sdk.tar"]).is_file()
    assert check(whole)[0] == 0 and not [c for c in verify(whole) if c.holds is False]
    # Without the archive, the redaction of the other export excuses nothing.
    (whole / "data" / "objects" / there["sdk.tar"][:2] / there["sdk.tar"]).unlink()
    list_anew(whole)
    assert check(whole)[0] == 1 and [c for c in verify(whole) if c.holds is False]


@needs_programs
@pytest.mark.parametrize("taken", ["scanned", "listed", "listed, and a file"])
def test_a_line_that_keeps_or_lists_an_archive_is_taken_out(
    case: Case, product: Path, tmp_path: Path, taken: str
) -> None:
    there = kept(case, product)
    files = {name: digest for digest, name in pack.listed(case.objects.path(there["sdk.sha256"]))}
    number = next(e.number for e in case.entries() if e.kind == taken.partition(",")[0])
    wishes = [redaction.wish_of(f"line:{number}=licence")]
    if taken.endswith("file"):
        wishes.append(redaction.wish_of(f"object:{files['inc/b.h']}=licence"))
    folder = export.bag(case, tmp_path / "out", wishes).folder
    objects = {p.name for p in (folder / "data" / "objects").rglob("*") if p.is_file()}
    assert (there["sdk.tar"] in objects) == (taken == "listed") and there["sdk.sha256"] not in objects
    assert not objects & set(files.values())
    code, said = check(folder)
    assert code == 0, said
    assert not [c for c in verify(folder) if c.holds is False]


@needs_programs
def test_an_archive_and_its_listing_go_together(case: Case, product: Path, tmp_path: Path) -> None:
    there = kept(case, product)
    for name in ("sdk.tar", "sdk.sha256"):
        wish = redaction.wish_of(f"object:{there[name]}=licence")
        folder = export.bag(case, tmp_path / name, [wish]).folder
        assert not {there["sdk.tar"], there["sdk.sha256"]} & {p.name for p in folder.rglob("*")}
        code, said = check(folder)
        assert code == 0, said
        assert not [c for c in verify(folder) if c.holds is False]


def test_what_a_case_keeps_names_the_files_in_an_archive(case: Case, product: Path) -> None:
    there = kept(case, product)
    run = subprocess.run(
        [sys.executable, "-m", "sousveil", "case", "files", "--case", case.root], capture_output=True, check=True
    )
    said = run.stdout.decode()
    assert f"{there['sdk.tar']}  " in said and "inc/b.h   (in sdk.tar)" in said


def test_an_object_is_scanned_by_its_digest_and_called_what_the_case_calls_it(
    case: Case, product: Path, tmp_path: Path
) -> None:
    there = kept(case, product)
    digest = there["sdk.tar"]
    path = case.objects.path(digest)
    for name, within in ((str(path), None), (str(path), case), (digest, case), (digest[:16] + "…", case)):
        found = object_of(name, within)
        assert found is not None and found.name == "sdk.tar" and found.inputs[0].path == path, name
        assert found.notes[0].startswith(f"object {digest} of the case in {case.root}, since 20")
    report = scan(object_of(digest, case) or "")
    assert report.product.name == "sdk.tar"
    assert object_of(digest[:16], None) is None and object_of("0" * 64, case) is None
    (tmp_path / digest).write_bytes(b"another file of this name")
    assert object_of(str(tmp_path / digest), case) is None
    case.record("acquired", {}, [{"name": f"n{i}", "digest": {"sha256": f"{'ab' * 31}{i}{i}"}} for i in (1, 2)])
    with pytest.raises(CaseError, match="2 objects of the case begin so"):
        object_of("ab" * 8, case)


@needs_programs
@pytest.mark.parametrize("what", ["manual.pdf", "sdk.tar", "sdk.report.json"])
def test_cut_outs_stand_in_the_page_and_go_with_what_they_show(
    case: Case, product: Path, tmp_path: Path, what: str
) -> None:
    (product / "manual.pdf").write_bytes(
        documents.pdf([[(72, 700, 12, "The camera infers the ethnicity of a face: Uyghur, Han, unidentified.")]])
    )
    keeper = Keeper(case, hash_only=False)
    keeper.record(scan(str(product), Options(pictures=True), keeping=keeper.keeping), ["a test"])
    there = listed_in(case)
    assert list(there) == ["sdk.tar", "sdk.cut-outs.json", "sdk.report.json", "sdk.sha256"]
    folder = export.bag(case, tmp_path / "whole").folder
    page = (folder / "data" / "case.html").read_text()
    assert page.count("data:image/png;base64,") == 1 and "Cut-out of manual.pdf!/text.md" in page
    files = {name: digest for digest, name in pack.listed(case.objects.path(there["sdk.sha256"]))}
    wish = redaction.wish_of(f"object:{(there | files)[what]}=licence")
    folder = export.bag(case, tmp_path / "out", [wish]).folder
    assert "image/png" not in (folder / "data" / "case.html").read_text()
    assert not list(folder.rglob(there["sdk.cut-outs.json"]))
    assert check(folder)[0] == 0 and not [c for c in verify(folder) if c.holds is False]


@pytest.mark.parametrize("root", ["", "."])
def test_a_case_that_lies_in_the_product_is_no_part_of_it(
    case: Case, product: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    place = product / "inc" / "case"
    shutil.copytree(case.root, place)
    monkeypatch.chdir(product)
    mine = Case.open(place, lambda new: b"")
    kept(mine, Path(root) if root else product)
    scanned, listing = list(mine.entries())[-2:]
    assert any("the case itself" in left for left in scanned.predicate["not-kept"])
    names = [name for _, name in pack.listed(mine.objects.path(listing.subjects[1]["digest"]["sha256"]))]
    assert "inc/b.h" in names and not [name for name in names if name.startswith("inc/case/")]
    assert not [c for c in verify(place) if c.holds is not True]
