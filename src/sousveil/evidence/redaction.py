"""Taking something out of an export: an object, a line of the record, or a name wherever it stands.

What is taken out leaves its digest and the reason, signed in the case's own ledger; the case itself keeps everything. A
line that is taken out becomes a stub with its digest: the next line's signature vouches for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from sousveil.evidence import traces
from sousveil.evidence.capture import AS_SHOWN
from sousveil.evidence.case import Case
from sousveil.evidence.ledger import Entry
from sousveil.evidence.needles import Needles
from sousveil.evidence.pack import FOLDER, listed, packs
from sousveil.evidence.wrong import CaseError


class Wish(Struct, frozen=True):
    """One thing to take out: ``object:SHA256``, ``line:N`` or ``name:TEXT``, each with ``=REASON``."""

    kind: str
    value: str
    reason: str


class Plan(Struct, frozen=True):
    """What is to be taken out, with the reason of each."""

    objects: dict[str, str]
    lines: dict[int, str]
    split: dict[str, str] = {}
    """Archives of folders of which a file is taken out, with their listings: the others stand as objects."""


def wish_of(text: str) -> Wish:
    """Return a wish as the user wrote it. Raises CaseError where it is none."""
    head, sign, reason = text.rpartition("=")
    kind, colon, value = head.partition(":")
    if not (sign and colon and value) or kind not in ("object", "line", "name"):
        raise CaseError(f"--redact {text}: write object:SHA256=REASON, line:NUMBER=REASON or name:TEXT=REASON")
    if kind == "line" and not value.isdigit():
        raise CaseError(f"--redact {text}: a line is named by its number")
    return Wish(kind, value, reason.encode("utf-8", "replace").decode().strip() or "no reason given")


def plan(case: Case, wishes: Iterable[Wish]) -> Plan:
    """Return what the wishes take out. Raises CaseError where one names nothing there is, or takes out too much."""
    entries = list(case.entries())
    archives = packs(entries)
    names = {s["digest"]["sha256"]: str(s["name"]) for entry in entries for s in entry.subjects}
    inside = {digest for listing in archives.values() for digest, _ in _listed(case, listing)}
    objects: dict[str, str] = {}
    lines: dict[int, str] = {}
    for wish in wishes:
        if wish.kind == "object":
            found = [digest for digest in {*names, *inside} if digest.startswith(wish.value.lower())]
            if len(found) != 1:
                raise CaseError(f"--redact object:{wish.value}: {len(found)} objects have a name that begins so")
            objects[found[0]] = wish.reason
        elif wish.kind == "line":
            if not 1 < int(wish.value) <= len(entries):
                raise CaseError(f"--redact line:{wish.value}: the record has lines 2 to {len(entries)} to take out")
            lines[int(wish.value)] = wish.reason
        else:
            _name(case, wish, entries, names, objects, lines)
    _pictures(case, entries, archives, objects)
    _listings(entries, lines)
    vouched = packs(entry for entry in entries if entry.number not in lines)
    split: dict[str, str] = {}
    for archive, listing in archives.items():
        inner = next((objects[digest] for digest, _ in _listed(case, listing) if digest in objects), "")
        if inner and archive not in vouched:
            objects.setdefault(archive, inner)  # the line that lists its files is taken out
        if archive in objects or listing in objects:
            # Neither says anything without the other, and nothing would vouch for the files.
            reason = objects.get(archive) or objects[listing]
            objects |= {archive: reason, listing: reason}
        elif inner:
            split[archive] = listing
            objects[archive] = "a file in it is taken out; the others stand as objects of their own"
    for entry in entries:
        # What an event says of an object that is taken out may say what is in it.
        if entry.kind == "redacted":
            lines.pop(entry.number, None)
    return Plan(objects, lines, split)


def _listings(entries: list[Entry], lines: dict[int, str]) -> None:
    """Also take out the line that lists an archive's files where all those that kept the archive are taken out."""
    kept: dict[str, list[int]] = {}
    for entry in entries:
        for one in entry.subjects:
            if one.get("annotations", {}).get(FOLDER):
                kept.setdefault(one["digest"]["sha256"], []).append(entry.number)
    for entry in entries:
        for one in entry.subjects if entry.kind == "listed" else ():
            numbers = kept.get(one["digest"]["sha256"], ())
            if numbers and all(number in lines for number in numbers):
                lines.setdefault(entry.number, lines[numbers[0]])


def _pictures(case: Case, entries: list[Entry], archives: dict[str, str], objects: dict[str, str]) -> None:
    """Also take out pictures of a product that is taken out, of a file in it, or of a report: no text tells them.

    So are pictures of a page whose capture or markup is taken out.
    """
    for entry in entries:
        shown = [(s["digest"]["sha256"], str(s["name"])) for s in entry.subjects]
        told = (objects.get(digest) for digest, name in shown if name.endswith((".warc.gz", *AS_SHOWN)))
        if reason := next((one for one in told if one), ""):
            for digest, name in shown:
                if name.endswith(AS_SHOWN):
                    objects.setdefault(digest, reason)
        for one in entry.subjects:
            if not one.get("annotations", {}).get("shows"):
                continue
            about = [s["digest"]["sha256"] for s in entry.subjects]
            about += [digest for a in about if a in archives for digest, _ in _listed(case, archives[a])]
            reason = next((objects[a] for a in about if a in objects), "")
            if reason:
                objects.setdefault(one["digest"]["sha256"], reason)


def _listed(case: Case, listing: str) -> Iterator[tuple[str, str]]:
    return listed(case.objects.path(listing))


def _name(
    case: Case, wish: Wish, entries: list[Entry], names: dict[str, str], objects: dict[str, str], lines: dict[int, str]
) -> None:
    needles = Needles(wish.value)
    if needles.in_text(wish.reason):
        raise CaseError("--redact name: the reason holds the name, and it stands in the export; give another")
    hits = 0
    for entry in entries:
        if any(needles.in_text(text) for text in _texts(entry.statement)):
            if entry.number == 1:
                raise CaseError("--redact name: the case's title holds it, and its first line cannot be taken out")
            lines[entry.number] = wish.reason
            hits += 1
    found = traces.holding(case, names, needles)
    objects |= dict.fromkeys(found, wish.reason)
    if not hits and not found:
        raise CaseError("--redact name: the case does not hold it, in no encoding")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def record(case: Case, made: Plan) -> None:
    """Write what is taken out and why into the case's ledger; digests and reasons only."""
    lines = {number: raw[:-1] for number, raw in case.ledger.lines() if number in made.lines}
    case.record(
        "redacted",
        {
            "objects": [{"sha256": d, "reason": r} for d, r in sorted(made.objects.items())],
            "lines": [
                {"number": n, "sha256": hashlib.sha256(lines[n]).hexdigest(), "reason": r}
                for n, r in sorted(made.lines.items())
            ],
        },
    )
