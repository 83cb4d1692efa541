"""What Chromium asks while it shows a page: nothing but through the recording proxy, and nothing of its maker's."""

from __future__ import annotations

import io
import json
import shlex
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from site_on_loopback import ANSWERS, LOOPBACK, Site

from sousveil.acquire import proxy
from sousveil.evidence.browser import see
from sousveil.evidence.capture import How
from sousveil.evidence.paper import browser
from sousveil.evidence.warc import Writer

pytestmark = pytest.mark.skipif(not browser(), reason="no Chromium is installed")

PAGE = """<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>before</title>
<link rel="dns-prefetch" href="//dns.example"><link rel="preconnect" href="https://connect.example">
<link rel="prefetch" href="/i.png"><style>body{margin:0}#b{height:3000px;width:900px;background:#00f}</style>
<body><div id="b"></div>这是一个中文页面 <form action="/login" method="post"><input name="email" type="email"
autocomplete="email"><input name="pw" type="password"><input autocomplete="street-address"><textarea>misspelt wrods
</textarea></form><p>a term in the page: 维族(新疆)</p>
<script>
document.querySelector("input").focus();
let n = 0;
const timer = setInterval(() => ++n > 6 ? clearInterval(timer) : fetch("/odd"), 1000);
navigator.geolocation.getCurrentPosition(() => 0, () => 0);
Notification.requestPermission().catch(() => 0);
const c = new RTCPeerConnection({iceServers: [{urls: "stun:10.1.2.3:3478"}, {urls: "stun:stun.example:3478"}]});
c.createDataChannel("x");
c.createOffer().then(o => c.setLocalDescription(o));
new WebSocket("ws://socket.example/");
new Worker(URL.createObjectURL(new Blob(["fetch('http://worker.example/')"])));
document.title = "after";
document.body.append("<written & 'by' a script>");
</script>"""


@pytest.fixture
def page(site: Site) -> Iterator[str]:
    body = PAGE.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
    ANSWERS["/asking"] = head + body
    yield site.base + "/asking"
    del ANSWERS["/asking"]


def events(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return what Chromium's own log of its network says; the end of it is missing where the browser was killed."""
    text = path.read_text(errors="replace")
    head, _, rest = text.partition('"events": [\n')
    names = {
        number: name
        for name, number in json.loads(head.rstrip().rstrip(",") + "}")["constants"]["logEventTypes"].items()
    }
    out = []
    for line in rest.splitlines():
        try:
            event = json.loads(line.rstrip().rstrip(","))
        except ValueError:
            continue
        out.append((names[event["type"]], event.get("params") or {}))
    return out


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Return width, height and first pixel (red, green, blue) of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += 12 + size
    raw = zlib.decompress(data)
    channels = {2: 3, 6: 4}[png[25]]
    assert len(raw) == height * (1 + width * channels)
    return width, height, raw[1:4]


def test_nothing_leaves_but_through_the_proxy(
    site: Site, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = tmp_path / "net.json"
    program = tmp_path / "chromium"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(browser())} --log-net-log={logged} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr("sousveil.evidence.browser.browser", lambda: str(program))
    asked: list[str] = []
    ports: list[int] = []
    read, enter = proxy._asked, proxy.Proxy.__enter__

    def spied(head: bytes) -> tuple[str, str]:
        method, where = read(head)
        asked.append(where)
        return method, where

    def entered(self: proxy.Proxy) -> proxy.Proxy:
        ports.append(self.port)
        return enter(self)

    monkeypatch.setattr(proxy, "_asked", spied)
    monkeypatch.setattr(proxy.Proxy, "__enter__", entered)
    shown = see(page, Writer(io.BytesIO(), "x.warc.gz"), How(way=LOOPBACK))

    seen = events(logged)
    assert len(seen) > 100, "the log was read"
    # Every connection is to the proxy; no packet goes past it, and no name is asked for.
    assert {p["address"] for n, p in seen if n == "TCP_CONNECT_ATTEMPT" and "address" in p} == {f"127.0.0.1:{ports[0]}"}
    names = {n for n, _ in seen}
    assert not names & {"UDP_BYTES_SENT", "DNS_TRANSACTION", "HOST_RESOLVER_SYSTEM_TASK", "QUIC_SESSION"}
    # What the browser asks on its own account leads nowhere: to a port that it refuses itself.
    urls = {p["url"] for n, p in seen if n == "URL_REQUEST_START_JOB" and "url" in p}
    own = {u for u in urls if u.startswith("http://127.0.0.1:1/")}
    pages = {"socket.example", "worker.example", "connect.example"}
    assert all(u in own or site.base in u or any(h in u for h in pages) for u in urls), urls
    # Nor does the proxy hear of anything but the page, its parts and what its script asked for.
    assert all(site.base in w or any(h in w for h in pages) for w in asked), asked
    assert any(w == page for w in asked) and sum(w.endswith("/odd") for w in asked) == 6
    assert not [line for line in shown.refused if "on its own account" in line]
    assert any("socket.example" in line for line in shown.refused), "what could not be recorded is told"

    # What it showed: the whole page, not the window; what the script made of it; a print of it.
    assert shown.title == "after"
    width, height, first = pixels(shown.screenshot)
    assert width == 1280 and height > 3000 and first == b"\x00\x00\xff"
    markup = shown.markup.decode()
    assert "&lt;written &amp; 'by' a script&gt;" in markup and "维族(新疆)" in markup
    assert shown.pdf.startswith(b"%PDF")
    import pypdfium2

    with pypdfium2.PdfDocument(shown.pdf) as document:
        text = "".join(document[i].get_textpage().get_text_bounded() for i in range(len(document)))
    assert "by'ascript" in "".join(text.split())  # a blank may be lost, by the font
