"""Taking something out of an export: an object, a line of the record, or a name wherever it stands.

What is taken out leaves its digest and the reason, signed in the case's own ledger; the case itself keeps everything. A
line that is taken out becomes a stub with its digest: the next line's signature vouches for it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from msgspec import Struct

from sousveil.acquire.scratch import scratch
from sousveil.evidence.case import Case
from sousveil.evidence.ledger import Entry
from sousveil.evidence.pack import listed, members, packs
from sousveil.evidence.warc import bodies
from sousveil.evidence.wrong import CaseError

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030", "big5", "shift_jis", "euc_kr", "windows-1251",
             "windows-1252", "windows-1256", "koi8_r")  # fmt: skip
_MOST_LOOKED_INTO = 1 << 30
_STEP = 1 << 18
_IN_MEMORY = 1 << 26
_DEEPEST = 6
_FEWEST_DIGITS = 8
"""Fewer digits of Base64 stand in any file by chance."""


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
    names = {s["digest"]["sha256"] for entry in entries for s in entry.subjects}
    inside = {digest for listing in archives.values() for digest, _ in _listed(case, listing)}
    objects: dict[str, str] = {}
    lines: dict[int, str] = {}
    for wish in wishes:
        if wish.kind == "object":
            found = [digest for digest in names | inside if digest.startswith(wish.value.lower())]
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
    split: dict[str, str] = {}
    for archive, listing in archives.items():
        if archive in objects or listing in objects:
            # Neither says anything without the other, and nothing would vouch for the files.
            reason = objects.get(archive) or objects[listing]
            objects |= {archive: reason, listing: reason}
        elif any(digest in objects for digest, _ in _listed(case, listing)):
            split[archive] = listing
            objects[archive] = "a file in it is taken out; the others stand as objects of their own"
    for entry in entries:
        # What an event says of an object that is taken out may say what is in it.
        if entry.kind == "redacted":
            lines.pop(entry.number, None)
    return Plan(objects, lines, split)


def _pictures(case: Case, entries: list[Entry], archives: dict[str, str], objects: dict[str, str]) -> None:
    """Also take out pictures of a product that is taken out, of a file in it, or of a report: no text tells them."""
    for entry in entries:
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
    case: Case, wish: Wish, entries: list[Entry], names: set[str], objects: dict[str, str], lines: dict[int, str]
) -> None:
    needles = spellings(wish.value)
    hits = 0
    for entry in entries:
        if any(n in text for text in _texts(entry.statement) for n in (wish.value.casefold(),)):
            if entry.number == 1:
                raise CaseError("--redact name: the case's title holds it, and its first line cannot be taken out")
            lines[entry.number] = wish.reason
            hits += 1
    archives = packs(entries)
    for digest in names:
        path = case.objects.path(digest)
        if not path.exists():
            continue
        if digest in archives:
            inside = _inside(path, case.objects.path(archives[digest]), needles)
            objects |= dict.fromkeys(inside, wish.reason)
            hits += len(inside)
        elif holds(path, needles):
            objects[digest] = wish.reason
            hits += 1
    if not hits:
        raise CaseError("--redact name: the case does not hold it, in no encoding")


def _inside(archive: Path, listing: Path, needles: tuple[bytes, ...]) -> list[str]:
    """Return the SHA-256 of the files in an archive of a folder that hold one of ``needles``."""
    found = []
    with scratch() as folder:
        path = folder / "file"
        for digest, chunks in members(archive, listing):
            with path.open("wb") as file:
                file.writelines(chunks)
            if holds(path, needles):
                found.append(digest)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.casefold()
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key).casefold()
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def spellings(text: str) -> tuple[bytes, ...]:
    """Return a text's bytes in every encoding that can write it, both cases, escapes and Base64."""
    out: dict[bytes, None] = {}
    for form in dict.fromkeys((text, text.lower(), text.upper(), text.title())):
        for encoding in ENCODINGS:
            try:
                out.setdefault(form.encode(encoding))
            except UnicodeEncodeError:
                continue
        out.setdefault(json.dumps(form)[1:-1].encode())
        out.setdefault("".join(c if c.isascii() else f"%{b:02X}" for c in form for b in c.encode()).encode())
    for needle in list(out):
        out.update(dict.fromkeys(_base64(needle)))
    return tuple(out)


def _base64(needle: bytes) -> Iterator[bytes]:
    """Yield what Base64 makes of bytes wherever they stand, less the digits that their neighbours share."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + needle).rstrip(b"=")
        inner = coded[(0, 2, 3)[shift] : (shift + len(needle)) * 8 // 6]
        if len(inner) >= _FEWEST_DIGITS:
            yield inner
            yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def holds(path: Path, needles: tuple[bytes, ...]) -> bool:
    """Return whether a file holds one of ``needles``, or may: as it is, in what is packed in it, in captured bodies.

    A captured body that cannot be decoded, and a capture that is damaged, may hold anything.
    """
    from sousveil.unpack import Budget, Entry, walk

    with path.open("rb") as file:
        if _among(iter(lambda: file.read(_STEP), b""), needles):
            return True
    for item in walk(path, "", Budget(), in_memory=_MOST_LOOKED_INTO):
        if isinstance(item, Entry) and (
            _among([item.path.encode("utf-8", "surrogateescape")], needles) or _among(item.chunks(), needles)
        ):
            return True
    return False


def _among(chunks: Iterable[bytes], needles: tuple[bytes, ...], depth: int = 0) -> bool:
    """Return whether bytes hold a needle. Those of a WARC, packed or not, are looked at decoded too.

    What is packed too deep or too large to look into may hold anything.
    """
    if depth > _DEEPEST:
        return True
    before = b""
    kept: IO[bytes] | None = None
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for n, chunk in enumerate(chunks):
            if any(needle in before + chunk for needle in needles):
                return True
            before = (before + chunk)[-4096:]
            if n == 0 and chunk.startswith((b"WARC/", b"\x1f\x8b")):
                kept = spool
            if kept is not None:
                kept.write(chunk)
                if kept.tell() > _MOST_LOOKED_INTO:
                    return True
        if kept is None:
            return False
        kept.seek(0)
        if kept.read(2) == b"\x1f\x8b":
            kept.seek(0)
            return _packed(kept, needles, depth + 1)
        kept.seek(0)
        try:
            return any(_among(body, needles, depth + 1) for body in bodies(cast("BinaryIO", kept)))
        except ValueError:
            return True


def _packed(file: IO[bytes], needles: tuple[bytes, ...], depth: int) -> bool:
    """Return whether what gzip packed holds a needle; a broken member ends it, and must not hide what stands before."""

    def members() -> Iterator[bytes]:
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked, contextlib.suppress(OSError, EOFError, zlib.error):
            while part := unpacked.read(_STEP):
                yield part

    return _among(members(), needles, depth)


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
