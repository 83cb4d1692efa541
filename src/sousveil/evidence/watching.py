"""Watching addresses: noticing that something changed or went, and when it must have happened.

What is watched and what was seen stands in the case's ledger and nowhere else. An address that cannot be reached, or
that refuses this reader, has not vanished: only an answer that says so (404, 410, or a redirect away from what stood
there) is one.
"""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from sousveil.acquire.guard import target_of
from sousveil.evidence.capture import Got, How, capture
from sousveil.evidence.case import Case
from sousveil.evidence.chronicle import moment, window
from sousveil.evidence.difference import difference, only_values, texts
from sousveil.evidence.wrong import CaseError

PRESENT, GONE, MOVED, REFUSED, FAILING, UNREACHABLE = (
    "present", "gone", "moved", "refused", "failing", "unreachable",
)  # fmt: skip
_MISSING = frozenset({GONE, MOVED})
NOTICED = (*sorted(_MISSING), "back", "changed")
"""Events that a person is told of."""
_ASKS_IN = re.compile(r"(?i)/(log-?in|sign-?in|sso|auth|captcha|challenge|verify-?human)\b")
"""Paths that a reader is led to who is not let in."""
_LEAST_SECONDS, _MOST_SECONDS = 30.0, 600.0
"""For one address with its parts."""


class Watched(Struct):
    """One watched address and what is known of it."""

    url: str
    since: str
    state: str = ""
    """Of the last observation; empty before the first."""
    seen: str = ""
    """When it was last there."""
    seen_sha256: str = ""
    """What it held then."""
    seen_final: str = ""
    missed: str = ""
    """When it was first missed after that; empty while it is there."""
    observed: str = ""
    """When it was last asked for."""
    how: str = ""
    """What it answered, where it is not there."""
    other: str = ""
    """When it was last in another state than now; empty where it never was."""
    known_sha256: str = ""
    """What it held when somebody was last told of it."""
    known_seen: str = ""
    """When it last held that."""
    told: str = ""
    """``gone`` or ``moved`` where it is on record that it went; a run may be killed before it says so."""
    led: str = ""
    """When it last led away."""
    absent: str = ""
    """When it was last seen to be gone or to lead away."""
    type: str = ""
    title: str = ""
    """Of what it held when it was last there."""
    known_type: str = ""
    known_title: str = ""
    """The same when somebody was last told."""
    held: dict[str, str] = {}
    """What it ever held: digests, and when it last did."""


class Notice(Struct, frozen=True):
    """Something that a person wants to know."""

    event: str
    """changed, gone, moved or back."""
    url: str
    text: str
    last_seen: str
    first_missed: str = ""
    window: str = ""
    """Between which moments it happened, in words."""


def watched(case: Case) -> dict[str, Watched]:
    """Return what is watched, by address, as the ledger tells it."""
    return _known(case)[0]


def _known(case: Case) -> tuple[dict[str, Watched], dict[str, Notice]]:
    """Return what is watched, by address, and what nobody was told of, by the digest of its line."""
    out: dict[str, Watched] = {}
    untold: dict[str, Notice] = {}
    for entry in case.entries():
        predicate = entry.predicate
        if entry.kind in NOTICED:
            untold[entry.digest] = notice_of(entry.kind, predicate)
        if entry.kind == "watch-added":
            out.setdefault(predicate["url"], Watched(predicate["url"], predicate["time"]))
        elif entry.kind == "watch-removed":
            out.pop(predicate["url"], None)
        elif entry.kind == "told":
            untold.pop(predicate["of"], None)
        elif predicate.get("url") not in out:
            continue
        elif entry.kind == "watched":
            _observe(out[predicate["url"]], predicate)
        elif entry.kind in _MISSING:
            out[predicate["url"]].told = entry.kind
        elif entry.kind == "back":
            out[predicate["url"]].told = ""
        elif entry.kind == "changed":
            one = out[predicate["url"]]
            one.known_sha256, one.known_seen = predicate["after"], one.seen
            one.known_type, one.known_title = one.type, one.title
    return out, untold


def notice_of(event: str, predicate: dict[str, Any]) -> Notice:
    """Return what an event on record tells a person."""
    told: dict[str, str] = predicate.get("window", {})
    last, url, within = told.get("last-seen", ""), predicate["url"], window(predicate)
    if event in _MISSING:
        return Notice(event, url, predicate["how"], last, told["first-missed"], within)
    if event == "back":
        since = predicate["missed-since"]
        text = f"it is there again; it was missed since {moment(since)} UTC"
        return Notice(event, url, text, predicate.get("last-seen", ""), since, within)
    text = "it holds something else"
    if predicate.get("held-before"):
        text = f"it holds again what it held at {moment(predicate['held-before'])} UTC"
    for key, sign in (("types", ""), ("titles", '"')):
        old, new = predicate.get(key) or ("", "")
        text += f", {sign}{new}{sign} in the place of {sign}{old}{sign}" if old != new else ""
    if predicate.get("only-values-of"):
        text += f", but only in values of {', '.join(predicate['only-values-of'])}"
    lines = predicate.get("lines-that-differ", 0)
    text += f" ({lines} lines differ)" if lines else ""
    return Notice(event, url, text, last, told["first-other"], within)


def _observe(one: Watched, predicate: dict[str, Any]) -> None:
    if one.state != predicate["state"]:
        one.other = one.observed
    one.how = answer(predicate)
    one.state, one.observed = predicate["state"], predicate["time"]
    if one.state == PRESENT:
        one.seen, one.seen_sha256 = predicate["time"], predicate.get("sha256", "")
        one.seen_final, one.missed, one.led = predicate.get("final", one.url), "", ""
        one.type, one.title = predicate.get("type", ""), predicate.get("title", "")
        one.known_sha256 = one.known_sha256 or one.seen_sha256
        one.held = {**one.held, one.seen_sha256: one.seen}
        if one.known_sha256 == one.seen_sha256:
            one.known_seen, one.known_type, one.known_title = one.seen, one.type, one.title
    elif one.state in _MISSING and one.seen:
        one.missed, one.absent = one.missed or predicate["time"], predicate["time"]
        one.led = predicate["time"] if one.state == MOVED else one.led


def answer(predicate: dict[str, Any]) -> str:
    """Return in words what an address answered that is not there, or may not be; empty where it is."""
    state, status, url = predicate["state"], predicate.get("status", 0), str(predicate.get("url", ""))
    final = predicate.get("final", "")
    if state == UNREACHABLE:
        return f"no answer: {str(predicate.get('problem', '')).removeprefix(f'{url}: ').rstrip('.')}"
    if state in (MOVED, REFUSED) and 200 <= status < 300:
        return f"it leads to {final} now" + (f', "{predicate["title"]}"' if predicate.get("title") else "")
    if state == REFUSED:
        return f"it answers {status}: this reader is not let in"
    if state == FAILING and predicate.get("problem"):
        return (f"it answers {status}: " if status else "") + str(predicate["problem"]).rstrip(".")
    if state == FAILING:
        return f"it answers {status}" if not 200 <= status < 300 else "its answer ended early"
    return f"it answers {status}" if state == GONE else ""


def add(case: Case, urls: Sequence[str]) -> list[str]:
    """Watch ``urls`` from now on; return those that were not watched before."""
    have = watched(case)
    fresh = [url for url in dict.fromkeys(urls) if url not in have]
    for url in fresh:
        target_of(url)
        case.record("watch-added", {"url": url})
    return fresh


def remove(case: Case, url: str) -> None:
    """Stop watching ``url``. Raises CaseError if it is not watched."""
    if url not in watched(case):
        raise CaseError(f"{url} is not watched; what is: sousveil watch list --case {case.root}")
    case.record("watch-removed", {"url": url})


@contextmanager
def only_run(case: Case) -> Iterator[bool]:
    """Hold the one place for a watching run; yield False where another run has it."""
    with (case.root / ".watch-lock").open("ab") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
        yield True


def run(case: Case, how: How, seconds: float, notify: Callable[[Notice], None]) -> Iterator[tuple[str, Watched]]:
    """Ask for each watched address once; yield it with what is known now. What was asked longest ago comes first.

    Each observation is recorded before the next begins, so that a run that is stopped goes on where it was. ``seconds``
    bounds the run between addresses.
    """
    until = time.monotonic() + seconds
    known, untold = _known(case)
    for digest, notice in untold.items():
        _say(case, digest, notice, notify)
    for one in sorted(known.values(), key=lambda w: (w.observed, w.url)):
        if time.monotonic() > until:
            yield one.url, Watched(one.url, one.since, "not asked: the run's time was up")
            continue
        # A page that never ends must not take the time of all that come after it.
        left = max(_LEAST_SECONDS, min(_MOST_SECONDS, until - time.monotonic()))
        observe(case, one, replace(how, seconds=min(how.seconds, left)), notify)
        yield one.url, one


def observe(case: Case, one: Watched, how: How, notify: Callable[[Notice], None]) -> None:
    """Ask for one address, record what came, notify of what is new."""
    captured = capture(case, [one.url], how)
    got = next(g for g in captured.got if g.url == target_of(one.url).url)
    state = _state(got, one)
    said: dict[str, Any] = {"url": one.url, "state": state, "status": got.status}
    for key, value in (
        ("sha256", got.sha256), ("size", got.size), ("final", got.final), ("problem", got.problem),
        ("type", got.type[:100]), ("title", " ".join(got.title.split())[:200]),
    ):  # fmt: skip
        if value:
            said[key] = value
    before = Watched(**{f: getattr(one, f) for f in one.__struct_fields__})
    recorded = case.record("watched", said, list(captured.subjects))
    _observe(one, {**said, "time": recorded.time})
    _tell(case, before, one, got, notify)


def _state(got: Got, one: Watched) -> str:
    if got.status == 0:
        return FAILING if got.length else UNREACHABLE
    if got.status in (404, 410):
        return GONE
    if got.status in (401, 403, 407, 429, 451):
        return REFUSED
    if not 200 <= got.status < 300:
        return FAILING
    if got.truncated or not got.sha256:  # cut off, or packed in a way that is not read
        return FAILING
    if got.sha256 == one.seen_sha256:
        return PRESENT
    if got.final != one.url and _ASKS_IN.search(urlsplit(got.final).path):
        return REFUSED
    return MOVED if one.seen and _led_away(one.seen_final or one.url, got.final) else PRESENT


def _led_away(before: str, now: str) -> bool:
    """Return whether an address now leads to another place: its site's front page, an error page, another file."""
    if before == now:
        return False
    old, new = urlsplit(before), urlsplit(now)
    # The same path by another scheme or host name (www, https) is the same place; so it is with another query, which
    # may be a signature of the day. Only a query that is dropped leads elsewhere.
    return old.path.rstrip("/") != new.path.rstrip("/") or bool(old.query and not new.query)


def _tell(case: Case, before: Watched, now: Watched, got: Got, notify: Callable[[Notice], None]) -> None:
    if now.state == PRESENT:
        if before.told:
            since = before.missed or before.observed
            when = {"last-missed": before.absent or before.observed, "first-there": now.seen}
            _new(
                case, "back", {"url": now.url, "missed-since": since, "last-seen": before.seen, "window": when}, notify
            )
        if before.known_sha256 and before.known_sha256 != now.seen_sha256:
            kinds = (before.known_type or got.type, got.type)
            digests = (before.known_sha256, now.seen_sha256)
            both = texts(case, digests, kinds)
            lines = difference(both, digests) if both else b""
            subjects = [case.keep_bytes(f"difference of {now.url}", lines)] if lines else []
            when = {"last-seen": before.known_seen, "first-other": now.seen}
            told: dict[str, Any] = {
                "url": now.url, "before": before.known_sha256, "after": now.seen_sha256, "window": when,
                "types": list(kinds), "titles": [before.known_title, now.title],
            }  # fmt: skip
            if both and (names := only_values(both)):
                told["only-values-of"] = names
            if now.seen_sha256 in before.held:
                told["held-before"] = before.held[now.seen_sha256]
            count = sum(1 for x in lines.splitlines() if x[:1] in (b"+", b"-") and x[:3] not in (b"+++", b"---"))
            _new(case, "changed", {**told, **({"lines-that-differ": count} if count else {})}, notify, subjects)
    elif now.state in _MISSING and now.missed and before.told not in (GONE, now.state):
        when = {"last-seen": now.seen, "first-missed": now.missed}
        if before.told:  # it led elsewhere, and now it is gone
            when = {"last-seen": before.led, "first-missed": now.observed}
        told = {"url": now.url, "state": now.state, "window": when, "how": now.how, "was": now.seen_sha256}
        _new(case, now.state, told, notify)


def _new(
    case: Case,
    event: str,
    told: dict[str, Any],
    notify: Callable[[Notice], None],
    subjects: Sequence[dict[str, Any]] = (),
) -> None:
    _say(case, case.record(event, told, subjects).digest, notice_of(event, told), notify)


def _say(case: Case, digest: str, notice: Notice, notify: Callable[[Notice], None]) -> None:
    """Tell of what is on record, then record that it was told: a run that is killed between tells it once more."""
    notify(notice)
    case.record("told", {"of": digest})


def units(case: Path, program: str, minutes: int, options: Sequence[str] = ()) -> dict[str, str]:
    """Return a systemd service and timer by file name, and a cron line under ``crontab``."""
    words = [*program.split(" "), "watch", "run", "--case", str(case), *options]
    command = " ".join(_for_systemd(word) for word in words)
    for_cron = " ".join(shlex.quote(word).replace("%", "\\%") for word in words)
    service = (
        "[Unit]\nDescription=sousveil watches addresses for a case\nWants=network-online.target\n"
        f"After=network-online.target\n\n[Service]\nType=oneshot\nExecStart={command}\n"
    )
    timer = (
        "[Unit]\nDescription=sousveil watches addresses for a case\n\n[Timer]\nOnBootSec=2min\n"
        f"OnUnitActiveSec={minutes}min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    every = f"*/{minutes} * * * *" if minutes < 60 else f"7 */{max(1, minutes // 60)} * * *"
    return {"sousveil-watch.service": service, "sousveil-watch.timer": timer, "crontab": f"{every} {for_cron}\n"}


def _for_systemd(word: str) -> str:
    """Return a word of a unit's command line (systemd.service(5)); specifiers and variables are not to be read."""
    if any(c < " " for c in word):
        raise CaseError("a path with a line break or another control in it cannot stand in a unit")
    word = word.replace("%", "%%").replace("$", "$$")
    if all(c.isalnum() or c in "/._-%:$," for c in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
