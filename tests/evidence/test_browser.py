"""A browser's every exchange goes through the recording proxy, as sent; what it must not reach is refused."""

from __future__ import annotations

import gzip
import io
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
from site_on_loopback import ANSWERS, LOOPBACK, Site

from sousveil.acquire.proxy import Proxy
from sousveil.acquire.wire import Exchange
from sousveil.acquire.wording import AcquireError
from sousveil.evidence.browser import see
from sousveil.evidence.capture import How
from sousveil.evidence.paper import browser
from sousveil.evidence.warc import Writer

Kept = list[tuple[Exchange, bytes]]


def ask(port: int, head: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(head)
        out = b""
        while part := sock.recv(65536):
            out += part
        return out


def keeper(kept: Kept):
    def done(one: Exchange, answer: BinaryIO) -> None:
        answer.seek(0)
        kept.append((one, answer.read()))

    return done


@pytest.mark.parametrize("path", ["/odd", "/chunked", "/cut", "/until-close", "/packed"])
def test_what_goes_through_is_what_was_sent(site: Site, path: str) -> None:
    kept: Kept = []
    with Proxy(keeper(kept), way=LOOPBACK) as proxy:
        url = f"{site.base}{path}".encode()
        said = ask(
            proxy.port, b"GET " + url + b" HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nProxy-Connection: keep-alive\r\n\r\n"
        )
    assert said == ANSWERS[path]
    ((one, answer),) = kept
    assert answer == ANSWERS[path]
    assert one.request == site.asked[-1]
    assert b"Proxy-Connection" not in one.request and one.request.startswith(f"GET {path} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://user@example.com/"]
)
def test_what_a_page_must_not_reach_is_refused_and_told(url: str) -> None:
    kept: Kept = []
    with Proxy(keeper(kept)) as proxy:
        said = ask(proxy.port, f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 502")
        assert len(proxy.refused) == 1 and url in proxy.refused[0]
    assert not kept


def test_tls_ends_here_and_the_servers_own_chain_is_kept(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    words = "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost "
    words += "-addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve() -> None:
        sock, _ = listener.accept()
        with context.wrap_socket(sock, server_side=True) as inner:
            inner.recv(65536)
            inner.sendall(ANSWERS["/odd"])

    threading.Thread(target=serve, daemon=True).start()
    kept: Kept = []
    trusted = ssl.create_default_context(cafile=str(tmp_path / "c.pem"))
    with Proxy(keeper(kept), way=LOOPBACK, upstream=trusted) as proxy:
        sock = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
        sock.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
        with ours.wrap_socket(sock, server_hostname="127.0.0.1") as inner:
            inner.sendall(b"GET /odd HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b""
            while part := inner.recv(65536):
                said += part
    listener.close()
    assert said == ANSWERS["/odd"]
    ((one, _),) = kept
    assert one.secured is not None and one.secured.version.startswith("TLS")
    assert one.secured.chain[0] == ssl.PEM_cert_to_DER_cert((tmp_path / "c.pem").read_text())


SCRIPTED = (
    b"<html><head><title>before</title><link rel=stylesheet href='/a.css'></head><body><img src='/i.png'><script>"
    b"document.title = 'after'; fetch('/odd'); fetch('http://10.9.9.9/inside').catch(() => 0);"
    b"document.body.append('written by a script')</script></body></html>"
)


@pytest.mark.skipif(not browser(), reason="no Chromium is installed")
def test_a_download_is_told_from_a_page(site: Site) -> None:
    shown = see(site.base + "/dl", Writer(io.BytesIO(), "x.warc.gz"), How(way=LOOPBACK))
    assert shown.download and not shown.screenshot and not shown.markup and not shown.pdf
    assert {line.split()[1] for line in site.asked} == {b"/dl", b"/sdk.zip"}
    with pytest.raises(AcquireError, match="the browser says"):
        see(site.base + "/empty", Writer(io.BytesIO(), "x.warc.gz"), How(way=LOOPBACK))


@pytest.mark.skipif(not browser(), reason="no Chromium is installed")
def test_a_page_is_kept_as_a_browser_shows_it(site: Site) -> None:
    ANSWERS["/scripted"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (
        len(SCRIPTED),
        SCRIPTED,
    )
    out = io.BytesIO()
    try:
        shown = see(site.base + "/scripted", Writer(out, "x.warc.gz"), How(way=LOOPBACK))
    finally:
        del ANSWERS["/scripted"]
    assert shown.title == "after"
    assert b"written by a script" in shown.markup
    assert shown.screenshot.startswith(b"\x89PNG") and shown.pdf.startswith(b"%PDF")
    asked = {line.split()[1].decode() for line in site.asked}
    assert {"/scripted", "/a.css", "/i.png", "/odd"} <= asked
    assert any("10.9.9.9" in line for line in shown.refused)
    kept = gzip.decompress(out.getvalue())
    assert all(request in kept for request in site.asked)


def test_what_cannot_be_written_down_is_no_end_of_the_answer(site: Site) -> None:
    def full(one: Exchange, answer: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    with Proxy(full, way=LOOPBACK) as proxy:
        ask(proxy.port, f"GET {site.base}/odd HTTP/1.1\r\n\r\n".encode())
    assert proxy.unwritten is not None and "No space left" in str(proxy.unwritten.__cause__)
