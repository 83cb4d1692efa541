"""Sealing: the record is closed by an event that sums it up, and witnesses stamp that event's line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from sousveil.evidence import calendars, durable, listings, logs, ots, rfc3161, stamps
from sousveil.evidence.case import Case
from sousveil.evidence.witness import Kind, Post
from sousveil.evidence.wrong import CaseError


class Witnesses:
    """The witnesses that a user named."""

    def __init__(self, authorities: Sequence[str], calendar: Sequence[str] = (), log: Sequence[str] = ()) -> None:
        self.all: list[tuple[Kind, str]] = [
            *((rfc3161.KIND, address) for address in authorities),
            *((calendars.KIND, address) for address in calendar),
            *((logs.KIND, address) for address in log),
        ]


def seal(case: Case, witnesses: Witnesses, post: Post) -> Iterator[str]:
    """Seal the case, ask the witnesses, and ask again where an earlier question still waits; yield what was done.

    A case whose last event is a seal is not sealed twice: only what is missing of its stamps is asked for. Raises
    CaseError at the end where a witness's answer is no stamp.
    """
    with case.held():
        case.ready()
        yield from listings.complete(case)
        yield from _closed(case)
    folder = case.root / "stamps"
    have = {(s.line, s.authority, s.kind.answered) for s in stamps.every(folder) if not s.waiting}
    head = case.ledger.head() or ""
    wanted = [(s.line, s.authority, s.kind) for s in stamps.every(folder) if s.waiting]
    wanted += [(head, address, kind) for kind, address in witnesses.all]
    missing = {line for line, _, _ in wanted}
    lines = {d: raw[:-1] for _, raw in case.ledger.lines() if (d := hashlib.sha256(raw[:-1]).hexdigest()) in missing}
    wrong: list[str] = []
    for digest, address, kind in dict.fromkeys(wanted):
        if (digest, address, kind.answered) in have or digest not in lines:
            continue
        try:
            stamp = stamps.ask(folder, lines[digest], address, post, kind)
        except CaseError as error:
            # The other witnesses are asked all the same.
            wrong.append(str(error))
            continue
        yield f"waits: {address} ({stamp.why})" if stamp.waiting else f"{kind.done}: {address}"
    yield from _upgrades(case, have, post, wrong)
    if not wanted and not have:
        yield "no time-stamp authority was named: the times in the record are this machine's own (--authority URL)"
    if wrong:
        raise CaseError("; ".join(wrong))


def _closed(case: Case) -> Iterator[str]:
    """Record a seal that sums up all lines before it, unless the last is one. The case must be held."""
    last = None
    kept: set[str] = set()
    for entry in case.entries():
        last = entry
        kept |= {s["digest"]["sha256"] for s in entry.subjects if s.get("annotations", {}).get("kept", True)}
    if last is None:
        raise CaseError(f"{case.root}: the ledger is empty; there is nothing to seal")
    if last.kind != "sealed":
        manifest = hashlib.sha256("".join(f"{digest}\n" for digest in sorted(kept)).encode()).hexdigest()
        case.record("sealed", {"lines": last.number, "objects": len(kept), "objects-sha256": manifest})
        yield f"sealed: {last.number} events, {len(kept)} objects"


def _upgrades(case: Case, have: set[tuple[str, str, str]], post: Post, wrong: list[str]) -> Iterator[str]:
    """Ask the calendars about what they promised in an earlier run; yield what has come of it."""
    for stamp in stamps.every(case.root / "stamps"):
        if stamp.kind is not calendars.KIND or (stamp.line, stamp.authority, stamp.kind.answered) not in have:
            continue
        before = stamp.path.read_bytes()
        try:
            if not calendars.pending(before):
                continue
            made = calendars.upgraded(before, stamp.authority, post)
        except OSError:
            made = before
        except (CaseError, ots.NoProof) as error:
            wrong.append(f"{stamp.path.name}: {error}")
            continue
        if made != before:
            durable.write(stamp.path, made)
        yield f"{'waits for a block' if calendars.pending(made) else 'in a block'}: {stamp.authority}"
