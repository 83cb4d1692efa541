"""Events in words, for a person who reads the case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sousveil.evidence.ledger import Entry

_KNOWN = frozenset({"event", "time", "tool", "number", "previous", "clock", "python", "urls", "answers", "as-shown"})
_KEYS = {"sha256": "SHA-256", "was": "it held", "before": "it held", "after": "it holds",
         "objects-sha256": "SHA-256 of their list", "lines": "lines before it",
         "held-before": "it held the same before, at", "lines-that-differ": "lines that differ", "not-kept": "not kept",
         "tagmanifest-sha256": "SHA-256 of tagmanifest-sha256.txt"}  # fmt: skip
_MOST = 8
"""Of one kind of thing that are told; the rest is counted."""
_LEAD = {
    "opened": "case begun",
    "acquired": "acquired",
    "scanned": "scanned",
    "noted": "note",
    "asked": "question",
    "watch-added": "watched from now on",
    "watch-removed": "watched no more",
    "watched": "looked at",
    "changed": "changed",
    "gone": "gone",
    "moved": "leads elsewhere",
    "back": "there again",
    "told": "a notice of it was sent",
    "listed": "the files of an archive listed",
    "kept": "kept, for the event that follows",
    "sealed": "sealed",
    "prepared": "put together for an export, whose files are named here",
    "exported": "exported",
    "not-exported": "an export that failed",
    "redacted": "taken out of an export",
    "cut-off": "what a killed run left",
}


def told(entry: Entry) -> list[str]:
    """Return an event as lines of text: what happened, its details, what it is about."""
    predicate = entry.predicate
    lead = _LEAD.get(entry.kind, entry.kind)
    details = {k: v for k, v in predicate.items() if k not in _KNOWN and v not in ("", None, [], {})}
    first = next((str(details.pop(k)) for k in ("text", "what", "url", "title") if k in details), "")
    if entry.kind == "watched":
        first += f": {details.pop('state', '')}"
    if "final" in details and details["final"] == predicate.get("url"):
        del details["final"]
    if entry.kind == "told":
        details.pop("of", None)
    lines = [f"{lead}: {first}" if first else lead]
    lines += _cut([answered(one) for one in predicate.get("answers") or []])
    lines += _cut([seen(one) for one in predicate.get("as-shown") or []])
    lines += _cut([f"not kept: {one}" for one in details.pop("not-kept", ())]) if entry.kind == "scanned" else ()
    lines += _cut([f"changed while it was scanned: {one}" for one in details.pop("changed-meanwhile", ())])
    if names := details.pop("only-values-of", ()):
        lines.append(f"only in values of: {', '.join(names)}")
    if between := window(predicate):
        lines.append(between)
    lines += [
        f"{_KEYS.get(key, key)}: {_plain(value)}"
        for key, value in details.items()
        if isinstance(value, str | int | float)
    ]
    lines += [
        f"{key.removesuffix('s')}: {old or 'none'}, then {new or 'none'}"
        for key in ("types", "titles")
        if (old := (predicate.get(key) or [0])[0]) != (new := (predicate.get(key) or [0])[-1])
    ]
    if entry.kind == "redacted":
        lines += _cut([f"{one['sha256'][:16]}…  an object: {one['reason']}" for one in predicate["objects"]])
        lines += _cut([f"line {one['number']}: {one['reason']}" for one in predicate["lines"]])
    subjects = [f"{subject['digest']['sha256'][:16]}…  {subject['name']}" for subject in entry.subjects[:_MOST]]
    if len(entry.subjects) > _MOST:
        subjects.append(f"and {len(entry.subjects) - _MOST} more: sousveil case files")
    return lines + subjects


def window(predicate: dict[str, Any]) -> str:
    """Return between which moments something happened, empty where an event tells none."""
    told = predicate.get("window") or {}
    first = next((str(told[key]) for key in ("last-seen", "last-missed") if told.get(key)), "")
    last = next((str(told[key]) for key in ("first-missed", "first-other", "first-there") if told.get(key)), "")
    if first and last:
        return between(first, last)
    return f"last seen {moment(first)} UTC" if first else ""


def moment(time: str) -> str:
    """Return a moment of the record to the second."""
    return time[:19].replace("T", " ")


def between(first: str, last: str) -> str:
    """Return a window in words; of two moments on one day the day is told once."""
    one, other = moment(first), moment(last)
    back = ", by a clock that was set back in between" if last < first else ""
    return f"between {one} and {other.removeprefix(one[:11])} UTC{back}"


def answered(one: dict[str, Any]) -> str:
    """Return how an address answered: where it led, its status and digest, or what was in the way."""
    arrow = f" -> {one['final']}" if one.get("final") else ""
    problem = str(one.get("problem", "")).removeprefix(f"{one['url']}: ").rstrip(".")
    end = problem or f"{one['status']}  {str(one.get('sha256', ''))[:16]}…"
    return f"{one['url']}{arrow}  {end}"


def seen(one: dict[str, Any]) -> str:
    """Return how an address looked in a browser."""
    if one.get("problem"):
        return f"{one['url']}  not seen in a browser: {str(one['problem']).removeprefix(one['url'] + ': ')}"
    if one.get("download"):
        return f"{one['url']}  a browser saves it and shows nothing"
    boxes = f"; boxes instead of {one['boxes']} and maybe more: no font here has them" if one.get("boxes") else ""
    title = one.get("title") or "no title"
    # The title last: it may be written from right to left.
    return f"{one['url']}  as a browser shows it, {one.get('exchanges', 0)} exchanges{boxes}: {title}"


def _plain(value: str | float) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"and {len(lines) - _MOST} more"
