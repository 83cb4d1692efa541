"""Checking a case: every claim with its result, by nobody's word but the bytes'. No network, no secret."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import Struct

from sousveil.evidence import calendars, keys, stamps
from sousveil.evidence.bag import made
from sousveil.evidence.case import LEDGER, PUBLIC_KEY, Case, foreign
from sousveil.evidence.ledger import Entry
from sousveil.evidence.objects import chunks_of
from sousveil.evidence.pack import LISTS, listed
from sousveil.evidence.witness import Anchors
from sousveil.evidence.wrong import CaseError


class Claim(Struct, frozen=True):
    """One thing that was checked."""

    what: str
    holds: bool | None
    """None where it could not be checked, or where a person must weigh it."""
    detail: str = ""
    """What is wrong: which file, what was expected, since which event."""


class Named(Struct):
    """What the ledger says of one object."""

    size: int
    kept: bool
    since: str
    """The first event that names it."""
    redacted: str = ""
    """The reason, where it was taken out."""
    lists: str = ""
    """Of a listing: the archive whose files it vouches for."""
    sha512: str = ""
    """Where it is on record."""


def anchors(roots: bytes = b"", headers: str = "", logs: bytes = b"") -> Anchors:
    """Return what a person trusts, from the texts of files that hold it. Raises CaseError where one holds no such."""
    return Anchors(roots, calendars.headers(headers), logs)


def verify(path: Path, trusted: Anchors | bytes = b"") -> Iterator[Claim]:
    """Yield every claim of a case, an export, or one object of either (a file below ``objects``).

    ``trusted`` is what stamps are checked by; bytes alone are root certificates of time-stamp authorities in PEM form.
    Raises CaseError where ``path`` is none of them.
    """
    if path.is_file():
        yield from _object(path)
    elif any((path / name).is_file() for name in ("bagit.txt", PUBLIC_KEY)) and (strangers := foreign(path)):
        # Nothing else is looked at: each of them may lead out of the folder, or never end.
        for name in strangers[:5]:
            yield Claim("there are only files and folders in it", False, f"{name}: a link, a pipe or a device")
    elif (path / "bagit.txt").is_file():
        yield from _bag(path)
        yield from verify_case(path / "data", trusted, exported=True)
    else:
        yield from verify_case(path, trusted)


def _object(path: Path) -> Iterator[Claim]:
    root = next((p for p in path.resolve().parents if (p / PUBLIC_KEY).is_file()), None)
    if root is None:
        raise CaseError(f"{path}: it lies in no case; name a case, an export, or a file in the objects of one")
    case = Case.open(root)
    named: dict[str, Named] = {}
    gone: dict[str, str] = {}
    entry = None
    for entry in case.ledger.entries(case.public_key, {}):
        _name(entry, named, gone)
    _settle(case, named, gone)
    note = named.get(path.name)
    if note is None and entry is not None and entry.kind == "prepared":
        # Of an export: what was made of the case.
        name = path.resolve().relative_to(root.parent).as_posix()
        if digest := entry.predicate["files"].get(name):
            wrong = _file(root.parent, name, digest)
            yield Claim(
                "it is what was exported", not wrong, wrong or f"line {entry.number} names its SHA-256, {digest}"
            )
            return
    if note is None:
        yield Claim("the record names this object", False, f"{path.name}: no event of {root} names it")
        return
    yield Claim("the record names this object", True, f"since {note.since}")
    wrong = _check(case, path.name, note)
    yield Claim("its bytes are those that were kept", not wrong, wrong or f"{note.size} bytes")


def _bag(root: Path) -> Iterator[Claim]:
    """Yield what holds of a bag's files: those its manifests list, and no others."""
    for name in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        try:
            rows = [line.split("  ", 1) for line in (root / name).read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            yield Claim("the bag's manifests can be read", False, f"{name}: {error}")
            return
        listed = {row[1]: row[0] for row in rows if len(row) == 2}
        wrong = [(file, why) for file, digest in listed.items() if (why := _file(root, file, digest))]
        for file, why in wrong:
            yield Claim("every file is the one that was exported", False, f"{file}: {why}")
        inside = (root / "data").rglob("*") if name.startswith("manifest") else root.glob("*.txt")
        there = {p.relative_to(root).as_posix() for p in inside if p.is_file() and p.name != "tagmanifest-sha256.txt"}
        more = sorted(there - set(listed))
        for file in more[:5]:
            yield Claim("no file came to the export", False, f"{file}: no manifest lists it")
        if not wrong and not more:
            yield Claim(f"every file that {name} lists is the one that was exported", True, f"{len(listed)} files")


def _file(root: Path, file: str, digest: str) -> str:
    if file.startswith("/") or ".." in Path(file).parts:
        return "it leads out of the export"
    found = hashlib.sha256()
    try:
        for chunk in chunks_of(root / file):
            found.update(chunk)
    except OSError as error:
        return str(error.strerror or error)
    return "" if found.hexdigest() == digest else f"its SHA-256 is {found.hexdigest()}"


def verify_case(root: Path, trusted: Anchors | bytes = b"", *, exported: bool = False) -> Iterator[Claim]:
    """Yield every claim of a case. In an export lines may have been taken out, if a redaction on record says so.

    Raises CaseError where ``root`` is no case.
    """
    if not (root / PUBLIC_KEY).is_file():
        what = (
            "there is no case here, and no export; give the folder of a case, or an export as it was handed over"
            if root.exists()
            else "there is no such file or folder"
        )
        raise CaseError(f"{root}: {what}")
    try:
        case = Case.open(root)
        key = case.public_key
    except CaseError as error:
        yield Claim("the public key can be read", False, f"{PUBLIC_KEY}: {error}")
        return
    yield Claim("the public key can be read", True, f"Ed25519, {keys.fingerprint(case.public_pem)}")
    entries: list[Entry] = []
    entry: Entry | None = None
    before: Entry | None = None
    back: list[tuple[Entry, Entry]] = []
    stamped: set[str] = set()
    problem = ""
    named: dict[str, Named] = {}
    gone: dict[str, str] = {}
    stubs: dict[str, int] | None = {} if exported else None
    allowed: set[str] = set()
    count = 0
    wanted = {stamp.line for stamp in stamps.every(root / "stamps")}
    try:
        for entry in case.ledger.entries(key, stubs):
            count = entry.number
            if entry.kind == "redacted":
                allowed |= {str(gone.get("sha256", "")) for gone in entry.predicate.get("lines", [])}
            if before is not None and entry.predicate["time"] < before.predicate["time"]:
                back.append((before, entry))
            before = entry
            if entry.digest in wanted:
                stamped.add(entry.digest)
            _name(entry, named, gone)
            if entry.kind in ("sealed", "opened"):
                entries.append(entry)
    except CaseError as error:
        problem = str(error)
    for digest, number in (stubs or {}).items():
        if digest not in allowed and not problem:
            problem = f"line {number} was taken out, and no redaction on record says so"
        elif digest in allowed:
            yield Claim(f"line {number} of the record was taken out", True, "a redaction on record says so")
    if not count and not problem:
        problem = f"{LEDGER}: it is missing or empty"
    yield Claim(
        "every line of the ledger is signed and follows the one before", not problem, problem or f"{count} lines"
    )
    _settle(case, named, gone)
    yield from _objects(case, named, sure=bool(problem) or exported)
    if exported and not problem:
        yield from _made(root.parent, entry)
    yield from _stamps(case, stamped | (stubs or {}).keys(), trusted)
    yield from _seals(entries, count)
    for earlier, later in back[:3]:
        detail = f"line {later.number} is dated before line {earlier.number}, which it follows"
        yield Claim("the clock of the machine was never set back", None, detail)


def _name(entry: Entry, named: dict[str, Named], gone: dict[str, str]) -> None:
    """Note what an event names, and with its reason what it says was taken out."""
    since = f"line {entry.number}, {entry.kind} {entry.predicate.get('time', '')}"
    for subject in entry.subjects:
        digest = str(subject.get("digest", {}).get("sha256", ""))
        notes: dict[str, Any] = subject.get("annotations", {})
        known = named.get(digest)
        if known is None:
            named[digest] = Named(int(notes.get("size", -1)), bool(notes.get("kept", True)), since)
        elif notes.get("kept"):
            known.kept = True
        named[digest].lists = notes.get(LISTS, "") or named[digest].lists
        named[digest].sha512 = named[digest].sha512 or str(subject["digest"].get("sha512", ""))
    if entry.kind == "redacted":
        gone |= {one["sha256"]: str(one.get("reason", "")) or "no reason given" for one in entry.predicate["objects"]}


def _settle(case: Case, named: dict[str, Named], gone: dict[str, str]) -> None:
    """Note what was taken out; in the place of an archive that was, the files that its listing names are wanted."""
    for digest, note in tuple(named.items()):
        listing = case.objects.path(digest)
        if note.lists in gone and not case.objects.path(note.lists).exists() and listing.is_file():
            for one, _ in listed(listing):
                named.setdefault(one, Named(-1, True, note.since))
    for digest, reason in gone.items():
        if digest in named:
            named[digest].redacted = reason


def _objects(case: Case, named: dict[str, Named], sure: bool) -> Iterator[Claim]:
    """Yield what holds of the objects: each there, of its size, with its digest."""
    kept = [
        (digest, note)
        for digest, note in named.items()
        if note.kept and not (note.redacted and not case.objects.path(digest).exists())
    ]
    bad = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for (digest, note), wrong in zip(kept, pool.map(lambda one: _check(case, *one), kept), strict=True):
            if wrong:
                bad += 1
                yield Claim(f"object {digest[:16]}… is what was kept", False, f"{wrong}; since {note.since}")
    for digest, note in named.items():
        # Taken out of an export, perhaps of this one; what is still there is checked with the rest.
        if note.redacted and not case.objects.path(digest).exists():
            yield Claim(f"object {digest[:16]}… was taken out", True, f"reason: {note.redacted}; since {note.since}")
    if not bad:
        yield Claim("every object that the ledger names is there, byte for byte", True, f"{len(kept)} objects")
    strays = [path.name for path in case.objects.every() if path.name not in named]
    if strays:
        # An export takes along only what is named.
        why = "a run was killed or failed before it was recorded, or the ledger's end was cut off"
        shown = ", ".join(s[:16] + "…" for s in strays[:3])
        what = "every object is named by the ledger"
        yield Claim(what, False if sure else None, f"{len(strays)} are not ({shown}): {why}")


def _check(case: Case, digest: str, note: Named) -> str:
    path = case.objects.path(digest)
    try:
        size = path.stat().st_size
        if note.size >= 0 and size != note.size:
            return f"{path}: it has {size} bytes, not {note.size}"
        found, second = hashlib.sha256(), hashlib.sha512() if note.sha512 else None
        for chunk in chunks_of(path):
            found.update(chunk)
            if second is not None:
                second.update(chunk)
    except OSError as error:
        return f"{path}: {error.strerror or error}"
    if found.hexdigest() != digest:
        return f"{path}: its SHA-256 is {found.hexdigest()}"
    if second is not None and second.hexdigest() != note.sha512:
        return f"{path}: its SHA-512 is {second.hexdigest()}, not {note.sha512}"
    return ""


def _made(bag: Path, last: Entry | None) -> Iterator[Claim]:
    """Yield whether the pages, tables and stamps of an export are those that the record's last line names."""
    what = "what was made of the case is what was exported"
    if last is None or last.kind != "prepared":
        yield Claim(what, False, f"{LEDGER}: it does not end with the line that names it: the end was cut off")
        return
    there = made(bag)
    said = {key: last.predicate.get(key) for key in there}
    files = said["files"] if isinstance(said["files"], dict) else {}
    wrong = [f"{name}: it is gone" for name in files.keys() - there["files"].keys()]
    wrong += [
        f"{name}: " + (f"its SHA-256 is {digest}, not {files[name]}" if name in files else "no line names it")
        for name, digest in there["files"].items()
        if files.get(name) != digest
    ]
    if said["objects-sha256"] != there["objects-sha256"]:
        wrong.append(f"it held {said['objects']} objects, and holds {there['objects']}, or others")
    for one in sorted(wrong)[:5]:
        yield Claim(what, False, one)
    if not wrong:
        yield Claim(what, True, f"{len(files)} files beside the record and {there['objects']} objects")


def _stamps(case: Case, digests: set[str], trusted: Anchors | bytes) -> Iterator[Claim]:
    """Yield what the stamps are worth. A line that was taken out left its digest, which is all that a stamp is over."""
    known = trusted if isinstance(trusted, Anchors) else Anchors(trusted)
    waiting: list[str] = []
    for stamp in stamps.every(case.root / "stamps"):
        if stamp.waiting:
            waiting.append(stamp.authority or stamp.path.name)
            continue
        what = f"{stamp.kind.claim} by {stamp.authority or stamp.path.name} holds"
        if stamp.line not in digests:
            why = "its end was cut off, or it was replaced"
            detail = f"{stamp.path.name}: it is over a line that is not in the ledger: {why}"
            yield Claim(what, False, detail)
            continue
        result = stamp.kind.judge(stamp.path.read_bytes(), bytes.fromhex(stamp.line), known)
        yield Claim(
            what, result.valid, result.detail if result.valid is not False else f"{stamp.path.name}: {result.detail}"
        )
    if waiting:
        detail = f"not those by {', '.join(waiting[:5])}: sousveil case seal asks again"
        yield Claim("every time stamp that was asked for has come", None, detail)


def _seals(entries: list[Entry], count: int) -> Iterator[Claim]:
    seals = [entry for entry in entries if entry.kind == "sealed"]
    if seals:
        later = count - seals[-1].number
        detail = f"sealed at line {seals[-1].number}" + (
            f"; {later} line{'s' * (later != 1)} came after it" if later else ""
        )
        yield Claim("the case is sealed", True, detail)
