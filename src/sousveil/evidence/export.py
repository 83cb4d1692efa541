"""Exports: a bag that a stranger can check with openssl, jq, base64 and sha256sum alone.

BagIt 1.0 (RFC 8493) outside, RO-Crate 1.1 metadata inside, a WACZ for viewing what was captured, a page and a table for
reading. What is taken out of it is taken out of everything that is made from the case.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import shutil
import time
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from msgspec import Struct

from sousveil import __version__
from sousveil.evidence import chronicle, crate, durable, listings, paper, redaction, wacz
from sousveil.evidence.bag import made
from sousveil.evidence.case import LEDGER, PUBLIC_KEY, Case, foreign
from sousveil.evidence.envelope import stub
from sousveil.evidence.ledger import Entry
from sousveil.evidence.objects import Objects, chunks_of
from sousveil.evidence.pack import listed, members
from sousveil.evidence.wrong import CaseError
from sousveil.unpack.names import shown

_TRIES = 100
"""How often stamps are copied anew because one came meanwhile."""


class Exported(Struct, frozen=True):
    """What an export holds."""

    folder: Path
    files: int
    bytes: int
    notes: tuple[str, ...]
    """What could not be made, and what to do."""
    lines_out: int = 0
    """Lines of the record that were taken out."""
    objects_out: int = 0


class View(Struct, frozen=True):
    """The case as the export tells it: what was taken out is not in it."""

    title: str
    keyid: str
    entries: tuple[Entry, ...]
    plan: redaction.Plan
    total: int
    objects: Objects

    def kept(self) -> Iterator[tuple[str, str]]:
        """Yield SHA-256 and name of each object that is exported, each once."""
        seen: set[str] = set()
        for entry in self.entries:
            for subject in entry.subjects:
                if subject.get("annotations", {}).get("kept") is False:
                    continue
                digest = subject["digest"]["sha256"]
                # Of an archive that is split, its files stand in its place.
                split = digest in self.plan.split and listed(self.objects.path(self.plan.split[digest]))
                for one, name in split or ((digest, str(subject["name"])),):
                    if one not in seen and one not in self.plan.objects:
                        seen.add(one)
                        yield one, shown(name) if split else name


def bag(case: Case, out: Path, wishes: Iterable[redaction.Wish] = ()) -> Exported:
    """Export the case into the new folder ``out``. Raises CaseError where it exists or cannot be written."""
    if out.exists():
        raise CaseError(f"{out}: it exists already; name a new folder")
    if strangers := foreign(case.root):
        raise CaseError(f"{case.root / strangers[0]}: a link, a pipe or a device; what it leads to is not part of it")
    with case.held():
        case.ready()
        unlisted = tuple(listings.complete(case))
        plan = redaction.plan(case, wishes)
        if plan.objects or plan.lines:
            redaction.record(case, plan)
        told = view(case, plan)
        part = durable.part_of(out)
        said = {"format": "bag", "to": out.name}
        try:
            durable.sweep(out.parent, out.name)
            (part / "data").mkdir(parents=True)
            notes = (*unlisted, *_fill(case, told, part / "data"))
            _bind(case, part)
            whole = _close(part, told)
            # On record once it is whole and before it has its name: no export is handed on of which nothing is known.
            case.record("exported", {**said, "tagmanifest-sha256": whole})
            part.rename(out)
            durable.sync_folder(out.parent)
        except OSError as error:
            with contextlib.suppress(CaseError):  # the same may keep it from being told
                case.record("not-exported", {**said, "what": error.strerror or str(error)})
            raise CaseError(f"{out}: the export cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    sizes = [p.stat().st_size for p in out.rglob("*") if p.is_file()]
    return Exported(out, len(sizes), sum(sizes), notes, len(plan.lines), len(plan.objects))


def view(case: Case, plan: redaction.Plan | None = None) -> View:
    """Return the case as an export tells it."""
    plan = plan or redaction.Plan({}, {})
    entries = list(case.entries())
    told = tuple(entry for entry in entries if entry.number not in plan.lines)
    return View(case.title(), case.keyid, told, plan, len(entries), case.objects)


def _fill(case: Case, view: View, data: Path) -> Iterator[str]:
    """Write what the bag holds; yield what could not be made."""
    with (data / LEDGER).open("wb") as ledger:
        for number, line in case.ledger.lines():
            if number > view.total:
                break
            reason = view.plan.lines.get(number)
            ledger.write(line if reason is None else stub(line[:-1], number, reason) + b"\n")
    shutil.copyfile(case.root / PUBLIC_KEY, data / PUBLIC_KEY)
    warcs: list[tuple[str, Path]] = []
    kept = Objects(data / "objects")
    inside: set[str] = set()
    for digest, name in view.kept():
        source = case.objects.path(digest)
        target = kept.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.exists():
            inside.add(digest)
            continue
        shutil.copyfile(source, target)
        if name.endswith(".warc.gz"):
            warcs.append((name, source))
    for archive, listing in view.plan.split.items() if inside else ():
        for digest, chunks in members(case.objects.path(archive), case.objects.path(listing)):
            if digest in inside:
                with kept.path(digest).open("wb") as file:
                    file.writelines(chunks)
    (data / "events.csv").write_text(table(view), encoding="utf-8")
    if warcs:
        wacz.write(data / "capture.wacz", warcs, view.title)
    page = paper.page(view, case)
    (data / "case.html").write_text(page, encoding="utf-8")
    problem = paper.pdf(data / "case.html", data / "case.pdf")
    if problem:
        yield problem
    # After the page, which must name no stamp that is not there.
    if (case.root / "stamps").is_dir():
        _stamps(case.root / "stamps", data / "stamps")
    crate.write(data, view)


def _stamps(source: Path, target: Path) -> None:
    """Copy the stamps as they are at one moment: a seal that waits for its answers writes there, and holds no lock."""
    for _ in range(_TRIES):
        try:
            shutil.copytree(source, target, ignore=durable.parts)
            return
        except shutil.Error as error:
            if all(Path(one[0]).exists() for one in error.args[0]):
                raise
            shutil.rmtree(target)  # a question was answered meanwhile, and its file went
    raise CaseError(f"{source}: stamps come and go; export when no seal is running")


def _bind(case: Case, part: Path) -> None:
    """Write the means to check it, and sign what was made of the case: the record in the bag ends with that event."""
    own = resources.files("sousveil.evidence")
    for name, source in (("verify.sh", "verify.sh"), ("HOW-TO-VERIFY.txt", "how-to-verify.txt")):
        (part / name).write_bytes(own.joinpath(source).read_bytes())
    (part / "verify.sh").chmod(0o755)
    case.record("prepared", made(part))
    with (part / "data" / LEDGER).open("ab") as ledger:
        ledger.write((case.ledger.last() or b"") + b"\n")


def table(view: View) -> str:
    """Return the events as CSV: number, time, event, what, objects, digest of the line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["number", "time", "event", "what", "objects", "line_sha256"])
    for entry in view.entries:
        told = " | ".join(chronicle.told(entry)[:6])
        # A cell that begins like a formula is one to a spreadsheet.
        told = "'" + told if told[:1] in "=+-@\t\r" else told
        digests = " ".join(s["digest"]["sha256"] for s in entry.subjects)
        writer.writerow([entry.number, entry.predicate.get("time", ""), entry.kind, told, digests, entry.digest])
    return out.getvalue()


def _close(part: Path, view: View) -> str:
    """Write the bag's own files: declaration and manifests.

    Return the SHA-256 of the last, which names the others that name all.
    """
    files = sorted(p.relative_to(part).as_posix() for p in (part / "data").rglob("*") if p.is_file())
    octets = 0
    with (
        (part / "manifest-sha256.txt").open("w", encoding="utf-8", newline="\n") as first,
        (part / "manifest-sha512.txt").open("w", encoding="utf-8", newline="\n") as second,
    ):
        for name in files:
            short, long = hashlib.sha256(), hashlib.sha512()
            for chunk in chunks_of(part / name):
                short.update(chunk)
                long.update(chunk)
                octets += len(chunk)
            first.write(f"{short.hexdigest()}  {name}\n")
            second.write(f"{long.hexdigest()}  {name}\n")
    info: dict[str, Any] = {
        "Bag-Software-Agent": f"sousveil {__version__}",
        "Bagging-Date": time.strftime("%Y-%m-%d", time.gmtime()),
        "External-Description": " ".join(view.title.split()) or "a case kept by sousveil",
        "External-Identifier": view.keyid,
        "Payload-Oxum": f"{octets}.{len(files)}",
    }
    (part / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", encoding="utf-8")
    (part / "bag-info.txt").write_text("".join(f"{k}: {v}\n" for k, v in info.items()), encoding="utf-8")
    tags = sorted(p for p in part.iterdir() if p.is_file())
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in tags]
    (part / "tagmanifest-sha256.txt").write_text("".join(lines), encoding="utf-8")
    return hashlib.sha256("".join(lines).encode()).hexdigest()
