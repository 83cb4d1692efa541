"""Events in words, for a person who reads the case."""

from __future__ import annotations

from sousveil.evidence.ledger import Entry

_KNOWN = frozenset({"event", "time", "tool", "number", "previous", "clock"})
_LEAD = {
    "opened": "case begun",
    "acquired": "acquired",
    "scanned": "scanned",
    "noted": "note",
    "asked": "question",
    "watched": "watched",
    "changed": "changed",
    "gone": "gone",
    "told": "told of",
    "sealed": "sealed",
    "exported": "exported",
    "not-exported": "an export that failed",
    "redacted": "redacted",
    "cut-off": "what a killed run left",
}


def told(entry: Entry) -> list[str]:
    """Return an event as lines of text: what happened, its details, what it is about."""
    predicate = entry.predicate
    lead = _LEAD.get(entry.kind, entry.kind)
    details = {k: v for k, v in predicate.items() if k not in _KNOWN and v not in ("", None, [], {})}
    first = details.pop("text", None) or details.pop("title", None) or details.pop("what", None) or ""
    lines = [f"{lead}: {first}" if first else lead]
    lines += [f"{key}: {value}" for key, value in details.items() if isinstance(value, str | int | float)]
    for subject in entry.subjects[:8]:
        lines.append(f"{subject['digest']['sha256'][:16]}…  {subject['name']}")
    if len(entry.subjects) > 8:
        lines.append(f"and {len(entry.subjects) - 8} more: sousveil case files")
    return lines
