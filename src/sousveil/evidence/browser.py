"""A page as a browser shows it: Chromium, thrown away afterwards, through a recording proxy and only through it.

Chromium is spoken to over its debugging pipe (Chrome DevTools Protocol, JSON between NUL bytes on descriptors 3 and 4).
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct

from sousveil.acquire.proxy import Proxy
from sousveil.acquire.scratch import scratch
from sousveil.acquire.wire import Exchange, Limits
from sousveil.acquire.wording import AcquireError
from sousveil.evidence.capture import How
from sousveil.evidence.paper import browser, surroundings
from sousveil.evidence.warc import Writer

_MOST_ANSWER = 256 << 20
_QUIET = 1.5
"""Seconds without a request after which a page is taken to be there."""
_MOST_WAIT = 45.0


_PREFERENCES = {
    "webrtc": {"ip_handling_policy": "disable_non_proxied_udp", "multiple_routes_enabled": False,
               "nonproxied_udp_enabled": False},
    "safebrowsing": {"enabled": False}, "search": {"suggest_enabled": False}, "net": {"network_prediction_options": 2},
    "signin": {"allowed": False, "allowed_on_next_startup": False}, "translate": {"enabled": False},
}  # fmt: skip


class Seen(Struct, frozen=True):
    """What the browser showed."""

    url: str
    """Where it was in the end."""
    title: str
    screenshot: bytes
    """PNG of the whole page."""
    markup: bytes
    """The page as it stood after its scripts had run, UTF-8."""
    pdf: bytes
    exchanges: int
    refused: tuple[str, ...]
    download: bool = False
    """Whether a browser saves what stands there instead of showing it; there is nothing to see then."""


class _Pipe:
    """The debugging pipe of one browser."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", wait: float = 30.0, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + wait
        while (got := self._next(until - time.monotonic())) is not None:
            if got.get("id") == self._number:
                if "error" in got:
                    raise AcquireError(f"the browser refused {method}: {got['error'].get('message', '')}")
                result: dict[str, Any] = got.get("result", {})
                return result
            self.events.append(got)
        raise AcquireError(f"the browser did not answer {method} within {wait:g} s")

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)

    def pump(self, wait: float) -> None:
        """Take in what the browser says for ``wait`` seconds at most, until it is silent."""
        until = time.monotonic() + wait
        while (got := self._next(until - time.monotonic())) is not None:
            self.events.append(got)

    def _next(self, wait: float) -> dict[str, Any] | None:
        until = time.monotonic() + max(0.0, wait)
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                return None
            part = os.read(self._read, 1 << 20)
            if not part or len(self._buffer) > _MOST_ANSWER:
                raise AcquireError("the browser ended")
            self._buffer += part
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        return message


def see(url: str, warc: Writer, how: How) -> Seen:
    """Open ``url`` in a browser whose every exchange goes into ``warc``; return what it showed.

    Raises AcquireError where there is no Chromium, or the page does not come.
    """
    program = browser()
    if not program:
        raise AcquireError("--browser needs Chromium or Chrome, and none was found (Debian: apt-get install chromium).")
    count = [0, time.monotonic()]

    def done(one: Exchange, answer: BinaryIO) -> None:
        warc.exchange(one, answer)
        count[0] += 1
        count[1] = time.monotonic()

    limits = Limits(most=how.most, seconds=120.0, silence=30.0)
    with (
        Proxy(done, way=how.way, limits=limits) as proxy,
        scratch() as profile,
    ):
        process, pipe = _start(program, proxy, profile, how.agent)
        try:
            shown = _look(pipe, url, count)
        finally:
            process.kill()
            process.wait()
            pipe.close()
        if proxy.unwritten:
            raise proxy.unwritten
        download = shown is None
        where = shown or (url, "", b"", b"", b"")
        return Seen(*where, int(count[0]), tuple(proxy.refused), download)


def _start(program: str, proxy: Proxy, profile: Path, agent: str) -> tuple[subprocess.Popen[bytes], _Pipe]:
    to_us, from_browser = os.pipe()
    from_us, to_browser = os.pipe()
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    words = [
        program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}",
        f"--proxy-server=http://127.0.0.1:{proxy.port}", "--proxy-bypass-list=<-loopback>",
        f"--ignore-certificate-errors-spki-list={proxy.certificates.spki()}", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
        "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-pings", "--mute-audio",
        "--hide-scrollbars", "--disable-gpu", "--disable-extensions",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--window-size=1280,1024",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-field-trial-config",
        "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate,"
        "WebTransport,AutofillServerCommunication,SafeBrowsing",
        "--component-updater=url-source=http://127.0.0.1:1", "--gaia-url=http://127.0.0.1:1", "--google-base-url=http://127.0.0.1:1",
        f"--user-agent={agent}" if not agent.startswith("sousveil") else "--lang=en",
        *(["--no-sandbox"] if root else []), "about:blank",
    ]  # fmt: skip

    # The switch alone is not heeded by every version: a page's script found out this machine's own address by UDP.
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(_PREFERENCES))

    def descriptors() -> None:
        # The browser reads commands on 3 and writes answers on 4. Copies first: 3 and 4 may be taken by ours.
        a, b = os.dup(from_us), os.dup(from_browser)
        os.dup2(a, 3)
        os.dup2(b, 4)

    process = subprocess.Popen(  # noqa: S603 - the user's browser, with an address as data
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
        preexec_fn=descriptors, env=surroundings(profile),
    )  # fmt: skip
    os.close(from_us)
    os.close(from_browser)
    return process, _Pipe(to_us, to_browser)


def _look(pipe: _Pipe, url: str, count: list[float]) -> tuple[str, str, bytes, bytes, bytes] | None:
    """Return what the page shows in the end; None where the browser would save it."""
    target = pipe.call("Target.createTarget", url="about:blank")["targetId"]
    session = pipe.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    pipe.call("Page.enable", session)
    # A download is recorded on the way; the browser itself keeps none.
    pipe.call("Browser.setDownloadBehavior", behavior="deny", eventsEnabled=True)
    answer = pipe.call("Page.navigate", session, wait=60.0, url=url)
    if answer.get("errorText"):
        pipe.pump(0.5)
        if any(e.get("method") == "Browser.downloadWillBegin" for e in pipe.events):
            return None
        # What is shown then is the browser's own page, not the site's.
        raise AcquireError(f"{url}: the browser says {answer['errorText']}.")
    until = time.monotonic() + _MOST_WAIT
    while time.monotonic() < until:
        pipe.pump(0.3)
        loaded = any(e.get("method") == "Page.loadEventFired" for e in pipe.events)
        if loaded and time.monotonic() - count[1] > _QUIET:
            break
    title = str(_evaluate(pipe, session, "document.title"))
    where = str(_evaluate(pipe, session, "location.href"))
    markup = str(_evaluate(pipe, session, "document.documentElement.outerHTML"))
    picture = pipe.call("Page.captureScreenshot", session, format="png", captureBeyondViewport=True)["data"]
    printed = pipe.call("Page.printToPDF", session, wait=60.0, printBackground=True)["data"]
    return where, title[:300], base64.b64decode(picture), markup.encode("utf-8", "replace"), base64.b64decode(printed)


def _evaluate(pipe: _Pipe, session: str, expression: str) -> Any:
    return pipe.call("Runtime.evaluate", session, expression=expression, returnByValue=True)["result"].get("value", "")
