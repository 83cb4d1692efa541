"""Capturing: addresses with their redirects, a page with its parts, downloads; all as sent, in one WARC a run."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

from msgspec import Struct

from sousveil.acquire.guard import Refused, Target, target_of
from sousveil.acquire.scratch import scratch
from sousveil.acquire.way import Way
from sousveil.acquire.wire import AGENT, Exchange, Limits, Unwritten, exchange
from sousveil.acquire.wording import AcquireError, shown
from sousveil.evidence.case import Case, subject
from sousveil.evidence.parts import Page, in_css, joined
from sousveil.evidence.warc import Writer, body_of
from sousveil.unpack.names import text_codec

AS_SHOWN = ("/as-shown.png", "/as-shown.html", "/as-shown.pdf")
"""How the names of what a browser showed end."""
MOST_REDIRECTS = 12
MOST_REQUESTS = 2000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAGE = ("text/html", "application/xhtml+xml")
_MOST_PAGE = 4 << 20


class How(Struct, frozen=True):
    """How to capture."""

    depth: int = 0
    """How many links to follow from the addresses named; a page's parts are always taken."""
    same_host: bool = False
    """Follow links only within the hosts named; parts are taken from anywhere."""
    agent: str = AGENT
    most: int = 4 << 30
    """Bytes of one answer."""
    way: Way = Way()
    robots: bool = True
    """Whether each host's robots.txt is captured too; it is recorded, not obeyed."""
    browser: bool = False
    """Whether each address named is also opened in a browser, scripts and all."""
    seconds: float = 3600.0
    """Of the whole run; nothing is asked for afterwards."""


class Got(Struct, frozen=True):
    """One address as it answered in the end."""

    url: str
    final: str
    status: int
    """Of the last answer; 0 where none came."""
    type: str = ""
    sha256: str = ""
    """Of the body without its encodings, as it would be saved; empty where there is none."""
    size: int = 0
    problem: str = ""
    truncated: str = ""
    offset: int = 0
    length: int = 0
    """Where the response lies in the WARC."""
    title: str = ""
    moment: float = 0.0


class Captured(Struct, frozen=True):
    """What a run captured and where it was kept."""

    got: tuple[Got, ...]
    subjects: tuple[dict[str, Any], ...]
    warc: str
    """SHA-256 of the WARC."""
    seen: tuple[dict[str, Any], ...] = ()
    """What the browser showed of each address: url, title, how many exchanges, what it was refused."""


def capture(case: Case, urls: Sequence[str], how: How, said: Callable[[str], None] = lambda line: None) -> Captured:
    """Capture ``urls`` into the case: a WARC, and every download as an object. The caller records the event.

    Raises AcquireError where an address is none or is refused; one that does not answer is told in its ``Got``.
    """
    first = [target_of(url) for url in urls]
    hosts = {target.host for target in first}
    with scratch() as folder:
        path = folder / "capture.warc.gz"
        with path.open("wb") as out:
            run = _Run(case, Writer(out, path.name), how, folder, said)
            run.all(first, hosts)
            if how.browser:
                for target in first:
                    run.see(target)
        warc = case.objects.add_file(path)
    name = f"capture-{warc.sha256[:12]}.warc.gz"
    return Captured(tuple(run.got), (subject(name, warc), *run.subjects), warc.sha256, tuple(run.seen))


class _Run:
    def __init__(self, case: Case, warc: Writer, how: How, scratch: Path, said: Callable[[str], None]) -> None:
        self._case, self._warc, self._how, self._scratch, self._said = case, warc, how, scratch, said
        self.got: list[Got] = []
        self.subjects: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        self._count = 0
        self._until = time.monotonic() + how.seconds

    def all(self, first: Sequence[Target], hosts: set[str]) -> None:
        waiting: deque[tuple[Target, int, bool]] = deque((target, 0, True) for target in first)
        if self._how.robots:
            roots = dict.fromkeys(f"{t.scheme}://{t.authority}/robots.txt" for t in first)
            waiting.extend((target_of(url), 0, False) for url in roots)
        while waiting and not self._spent():
            target, depth, wanted = waiting.popleft()
            if target.url in self._seen:
                continue
            self._seen.add(target.url)
            parts, links = self._one(target, wanted or depth > 0)
            for url in parts:
                self._queue(waiting, url, depth, False)
            if depth < self._how.depth and wanted:
                for url in links:
                    self._queue(waiting, url, depth + 1, True, hosts if self._how.same_host else None)

        waiting = deque(one for one in waiting if one[0].url not in self._seen)
        if waiting:
            url = waiting[0][0].url
            others = f", like at least {len(waiting) - 1:,} more" if len(waiting) > 1 else ""
            self.got.append(Got(url, url, 0, problem=f"not asked for{others}: {self._spent()}"))

    def _spent(self) -> str:
        """Return which bound of the whole run is reached, empty while none is: pages name addresses without end."""
        if self._count >= MOST_REQUESTS:
            return f"a run asks {MOST_REQUESTS:,} times at most"
        return f"a run takes {self._how.seconds:g} s at most" if time.monotonic() > self._until else ""

    def see(self, target: Target) -> None:
        """Open an address in a browser and keep what it showed: the whole page as a picture, its markup, a print."""
        from sousveil.evidence.browser import see
        from sousveil.evidence.paper import undrawn

        self._said(target.url)
        try:
            shown = see(target.url, self._warc, self._how)
        except Unwritten as error:
            raise error.__cause__ or error from None
        except (AcquireError, OSError) as error:
            # What was captured without it is kept all the same.
            self.seen.append({"url": target.url, "problem": str(error)})
            return
        if shown.download:
            self.seen.append({"url": target.url, "download": True, "exchanges": shown.exchanges})
            return
        for end, data in zip(AS_SHOWN, (shown.screenshot, shown.markup, shown.pdf), strict=True):
            self.subjects.append(self._case.keep_bytes(target.host + end, data))
        told = {
            "url": target.url,
            "title": shown.title,
            "exchanges": shown.exchanges,
            "refused": list(shown.refused)[:50],
        }
        if boxes := undrawn(shown.markup.decode("utf-8", "replace")):
            told["boxes"] = "".join(boxes[:8])
        self.seen.append({**told, **({"final": shown.url} if shown.url != target.url else {})})

    def _queue(
        self,
        waiting: deque[tuple[Target, int, bool]],
        url: str,
        depth: int,
        wanted: bool,
        hosts: set[str] | None = None,
    ) -> None:
        try:
            target = target_of(url)
        except AcquireError as error:
            self.got.append(Got(url, url, 0, problem=str(error)))
            return
        if hosts is None or target.host in hosts:
            waiting.append((target, depth, wanted))

    def _one(self, target: Target, wanted: bool) -> tuple[list[str], list[str]]:
        """Capture one address with its redirects; return a page's parts and links."""
        at = target
        for _ in range(MOST_REDIRECTS):
            self._count += 1
            self._said(at.url)
            with tempfile.TemporaryFile(dir=self._scratch) as answer:
                try:
                    one = exchange(at, answer, agent=self._how.agent, limits=self._limits(), way=self._how.way)
                except AcquireError as error:
                    self.got.append(Got(target.url, at.url, 0, problem=str(error)))
                    return [], []
                offset, length = self._warc.exchange(one, answer)
                where = one.header(b"location")
                if one.status in _REDIRECTS and where:
                    try:
                        at = target_of(_led(at.url, where))
                    except AcquireError as error:
                        self.got.append(Got(target.url, at.url, one.status, problem=str(error)))
                        return [], []
                    continue
                return self._answered(target, one, answer, offset, length, wanted)
        self.got.append(Got(target.url, at.url, one.status, problem=f"it redirects more than {MOST_REDIRECTS} times"))
        return [], []

    def _limits(self) -> Limits:
        """Return the bounds of one answer: none takes more than its own time and what is left of the run's."""
        left = max(1.0, self._until - time.monotonic())
        return Limits(self._how.most, min(Limits().seconds, left))

    def _answered(
        self, target: Target, one: Exchange, answer: BinaryIO, offset: int, length: int, wanted: bool
    ) -> tuple[list[str], list[str]]:
        kind = one.header(b"content-type").decode("latin-1").partition(";")[0].strip().lower()
        got = Got(target.url, one.target.url, one.status, kind, truncated=one.truncated, offset=offset, length=length,
                  moment=one.started)  # fmt: skip
        parts: list[str] = []
        links: list[str] = []
        problem = ""
        title = ""
        kept = None
        try:
            if one.status:
                kept = self._case.objects.add(body_of(answer, one, self._how.most))
            else:
                problem = "what it answers is no HTTP; it is kept as sent, in the WARC alone"
        except ValueError as error:
            problem = str(error)
        if kept is not None:
            self.subjects.append(subject(_name(one.target), kept))
            if kind in _PAGE or kind == "text/css":
                with self._case.objects.path(kept.sha256).open("rb") as file:
                    text = file.read(_MOST_PAGE).decode(_charset(one), "replace")
                if kind == "text/css":
                    parts = [whole for url in in_css(text) if (whole := joined(one.target.url, url))]
                elif wanted:
                    page = Page(one.target.url, text)
                    parts, links, title = list(page.parts), list(page.links), page.title.strip()
        self.got.append(
            Got(got.url, got.final, got.status, kind, kept.sha256 if kept else "", kept.size if kept else 0, problem,
                got.truncated, offset, length, title, got.moment)
        )  # fmt: skip
        return parts, links


def _led(base: str, location: bytes) -> str:
    """Return where a Location header leads, read as browsers do: UTF-8 where it is that, blanks written out.

    Raises Refused where it leads nowhere.
    """
    try:
        text = location.decode("utf-8")
    except UnicodeDecodeError:
        text = location.decode("latin-1")
    try:
        return urljoin(base, text.strip(" ").replace(" ", "%20"))
    except ValueError as error:
        raise Refused(f"{shown(text[:500])}: it redirects to what is no address: {error}.") from error


def _name(target: Target) -> str:
    """Return a name for what lies at an address: the address, which says most."""
    last = unquote(urlsplit(target.url).path.rpartition("/")[2], errors="replace")
    return f"{target.host}/{last or 'index'}"


def _charset(one: Exchange) -> str:
    stated = one.header(b"content-type").decode("latin-1").lower().partition("charset=")[2].strip(" \"';")
    return text_codec(stated.split(";")[0], "utf-8") if stated else "utf-8"


def events(captured: Captured) -> Iterator[dict[str, Any]]:
    """Yield what an event says of each address: where it led, its status, digest, and what went wrong."""
    for one in captured.got:
        said: dict[str, Any] = {"url": one.url, "status": one.status}
        for key, value in (
            ("final", one.final if one.final != one.url else ""), ("type", one.type), ("sha256", one.sha256),
            ("size", one.size), ("problem", one.problem), ("truncated", one.truncated), ("title", one.title),
        ):  # fmt: skip
            if value:
                said[key] = value
        yield said
