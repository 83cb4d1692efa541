"""Stamps over lines of the ledger: somebody else saw this digest not later than then.

A witness (a time-stamp authority, a calendar, a log) is sent a digest and nothing that it is of. Its answer lies in
``stamps/``; while it cannot be reached the question waits there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from sousveil.evidence import calendars, durable, logs, rfc3161
from sousveil.evidence.witness import Kind, Post
from sousveil.evidence.wrong import CaseError

KINDS = (rfc3161.KIND, calendars.KIND, logs.KIND)


class Stamp(Struct, frozen=True):
    """One stamp as it lies in the case."""

    line: str
    """SHA-256 of the ledger's line that is stamped, in hexadecimal."""
    authority: str
    """The address of the witness."""
    path: Path
    waiting: bool
    """Whether it is a question that nobody has answered yet."""
    kind: Kind = rfc3161.KIND
    why: str = ""
    """Why a question that was sent now has no answer."""


def ask(folder: Path, line: bytes, address: str, post: Post, kind: Kind = rfc3161.KIND) -> Stamp:
    """Ask the witness at ``address`` about a line; keep the answer, or the question where it cannot be had now."""
    digest = hashlib.sha256(line).hexdigest()
    name = f"{digest}.{_label(address)}"
    waiting = folder / f"{name}{kind.waiting}"
    question = kind.question(line)
    # The address first: a question without one could never be sent again.
    durable.write(folder / f"{name}.url", address.encode())
    durable.write(waiting, question)
    try:
        answer = kind.send(address, question, post)
    except OSError as error:
        return Stamp(digest, address, waiting, True, kind, error.strerror or str(error))
    problem = kind.wrong(answer, bytes.fromhex(digest))
    if problem:
        raise CaseError(f"{address}: its answer is no stamp of this line: {problem}")
    target = folder / f"{name}{kind.answered}"
    durable.write(target, answer)
    waiting.unlink(missing_ok=True)
    return Stamp(digest, address, target, False, kind)


def _label(address: str) -> str:
    host = urlsplit(address).hostname or "authority"
    safe = "".join(c if c.isalnum() or c in "-." else "-" for c in host)[:60]
    return f"{safe}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def every(folder: Path) -> Iterator[Stamp]:
    """Yield the stamps and the questions that wait, by name."""
    if not folder.is_dir():
        return
    ends = {end: kind for kind in KINDS for end in (kind.answered, kind.waiting)}
    for path in sorted(folder.iterdir()):
        kind = ends.get(path.suffix)
        if kind is None:
            continue
        waiting = path.suffix == kind.waiting
        if waiting and path.with_suffix(kind.answered).exists():
            continue  # answered; the run that was to remove it was killed
        note = path.with_suffix(".url")
        address = note.read_text(errors="replace") if note.exists() else ""
        yield Stamp(path.name.partition(".")[0], address, path, waiting, kind)
