"""Sealing: the record is closed by an event that sums it up, and authorities stamp that event's line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from sousveil.evidence import stamps
from sousveil.evidence.case import Case
from sousveil.evidence.wrong import CaseError


def seal(case: Case, authorities: Sequence[str], post: stamps.Post) -> Iterator[str]:
    """Seal the case, ask the authorities, and ask again where an earlier request still waits; yield what was done.

    A case whose last event is a seal is not sealed twice: only what is missing of its stamps is asked for.
    Raises CaseError at the end where an authority's answer is no stamp.
    """
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
    folder = case.root / "stamps"
    waiting = {(s.line, s.authority): s for s in stamps.every(folder) if s.waiting}
    have = {(s.line, s.authority) for s in stamps.every(folder) if not s.waiting}
    lines = {hashlib.sha256(raw[:-1]).hexdigest(): raw[:-1] for _, raw in case.ledger.lines()}
    head = case.ledger.head() or ""
    wrong: list[str] = []
    wanted = [*waiting, *((head, authority) for authority in authorities)]
    for digest, authority in dict.fromkeys(wanted):
        if (digest, authority) in have or digest not in lines:
            continue
        try:
            stamp = stamps.ask(folder, lines[digest], authority, post)
        except CaseError as error:
            # The other authorities are asked all the same.
            wrong.append(str(error))
            continue
        yield f"{'waits' if stamp.waiting else 'stamped'}: {authority}"
    if not wanted and not have:
        yield "no time-stamp authority was named: the times in the record are this machine's own (--authority URL)"
    if wrong:
        raise CaseError("; ".join(wrong))
