"""What a registry can do wrong, each ending in a sentence, in bounded time."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sousveil.acquire import AcquireError, web
from sousveil.acquire.environment import goes_direct
from sousveil.acquire.web import Settings, Web
from sousveil.acquire.wording import WebError

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def quick() -> Iterator[Web]:
    with Web(Settings(timeout=0.6), lambda url: "") as opened:
        yield opened


def everything(opened: Web, url: str) -> bytes:
    with opened.stream(url, lambda done, total: None) as (_, chunks):
        return b"".join(chunks)


@pytest.fixture(params=["page", "stream"])
def get(request: pytest.FixtureRequest, quick: Web) -> Callable[[str], bytes]:
    if request.param == "page":
        return lambda url: quick.page(url, "*/*").body
    return lambda url: everything(quick, url)


def test_a_body_with_and_without_length_arrives(registry: Any, get: Callable[[str], bytes]) -> None:
    registry.put("/a", b"abc")
    registry.raw("/b", OK + b"\r\nabc")
    registry.raw("/c", OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
    for path in "abc":
        assert get(f"{registry.url}/{path}") == b"abc"


def fails(get: Callable[[str], bytes], url: str, says: str, within: float = 4.0) -> None:
    started = time.monotonic()
    with pytest.raises(WebError, match=f"(?s){says}") as caught:
        get(url)
    assert time.monotonic() - started < within
    assert str(caught.value).isprintable()
    assert "127.0.0.1" in str(caught.value)


def test_a_registry_that_is_down(get: Callable[[str], bytes]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fails(get, f"http://127.0.0.1:{port}/x", "no connection: Connection refused")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (OK + b"Content-Length: 10\r\n\r\nabc", "cut short"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "cut short"),
        (b"", "cut short"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"),
        (OK + b"X: " + b"y" * 300_000 + b"\r\n\r\n", "cut short, or is not HTTP|broke"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", r"failed \(500\)"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", r"failed \(503\)"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "refused.*credentials"),
        (b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "proxy asks"),
        (b"HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", "too many"),
        (b"HTTP/1.1 204 No\r\n\r\n", "unexpected answer"),
        (b"HTTP/1.1 302 No\r\nContent-Length: 0\r\n\r\n", "unexpected answer"),
    ],
)
def test_answers_that_are_none(registry: Any, get: Callable[[str], bytes], answer: bytes, says: str) -> None:
    registry.raw("/x", answer)
    fails(get, f"{registry.url}/x", says)


def test_silence_before_and_within_an_answer(registry: Any, get: Callable[[str], bytes]) -> None:
    registry.raw("/before", b"", OK, pause=20)
    registry.raw("/head", OK, b"X: y\r\n", pause=20)
    registry.raw("/body", OK + b"Content-Length: 9\r\n\r\na", b"b", pause=20)
    for path in ("before", "head", "body"):
        fails(get, f"{registry.url}/{path}", "too slow")


def test_a_drip_that_never_trips_a_read_timeout(registry: Any, get: Callable[[str], bytes]) -> None:
    registry.raw("/head", OK, *[b"X: y\r\n"] * 100, pause=0.1)
    registry.raw("/body", OK + b"\r\n", *[b"a"] * 100, pause=0.1)
    for path in ("head", "body"):
        fails(get, f"{registry.url}/{path}", "too slow", within=3.0)


def test_a_long_download_may_take_longer_than_the_silence_allowed(registry: Any, quick: Web) -> None:
    registry.raw("/x", OK + b"\r\n", *[b"a" * 4096] * 10, pause=0.15)
    assert len(everything(quick, f"{registry.url}/x")) == 40_960


def test_redirects(registry: Any, second_registry: Any, get: Callable[[str], bytes]) -> None:
    second_registry.put("/there", b"abc")
    registry.redirect("/one", "/two")
    registry.redirect("/two", f"{second_registry.url}/there")
    assert get(f"{registry.url}/one") == b"abc"
    registry.redirect("/loop", "/loop")
    fails(get, f"{registry.url}/loop", "redirects more than 10 times")
    registry.redirect("/file", "file:///etc/passwd")
    fails(get, f"{registry.url}/file", "not a web address")
    registry.redirect("/bad", "http://[")
    fails(get, f"{registry.url}/bad", "not a valid web address|not a web address")


def test_protected_is_never_left_for_unprotected() -> None:
    with pytest.raises(WebError, match="unprotected"):
        web.redirected("https://registry.test/a", "http://registry.test/a")


def test_credentials_go_to_their_host_and_into_no_message(registry: Any, second_registry: Any) -> None:
    registry.redirect("/simple/", f"{second_registry.url}/there?X-Signature=topsecret")
    second_registry.put("/there?X-Signature=topsecret", b"", status=500)

    def credentials(url: str) -> str:
        return "Bearer topsecret" if url.startswith(registry.url) else ""

    with Web(Settings(timeout=2), credentials) as opened, pytest.raises(WebError) as caught:
        opened.page(f"{registry.url}/simple/", "*/*")
    assert "topsecret" not in str(caught.value)
    assert registry.asked[0][1]["authorization"] == "Bearer topsecret"
    assert all("authorization" not in headers for _, headers in second_registry.asked)


def test_credentials_with_illegal_characters_are_not_quoted(registry: Any) -> None:
    bad = Web(Settings(timeout=2), lambda url: "Bearer top\nsecret")
    with bad as opened, pytest.raises(WebError, match="illegal characters") as caught:
        opened.page(f"{registry.url}/x", "*/*")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_packed_answers(registry: Any, quick: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def packed(path: str, body: bytes, encoding: bytes = b"gzip") -> str:
        head = OK + b"Content-Encoding: " + encoding + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        registry.raw(path, head + body)
        return registry.url + path

    whole = gzip.compress(b"abc" * 100_000)
    assert quick.page(packed("/a", whole), "*/*").body == b"abc" * 100_000
    for url, says in (
        (packed("/b", whole[:-20]), "cut short"),
        (packed("/c", b"not gzip"), "broken"),
        (packed("/d", b"", b"zstd"), "encoding that was not asked for"),
    ):
        with pytest.raises(WebError, match=says):
            quick.page(url, "*/*")
    monkeypatch.setattr(web, "MAX_PAGE", 1 << 20)
    with pytest.raises(WebError, match="too long"):
        quick.page(packed("/e", gzip.compress(bytes(50 << 20))), "*/*")


def test_a_file_is_taken_as_sent(registry: Any, quick: Web) -> None:
    body = gzip.compress(b"abc")
    registry.raw("/x.tar.gz", OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert everything(quick, f"{registry.url}/x.tar.gz") == body
    assert registry.asked[0][1]["accept-encoding"] == "identity"


def test_an_index_without_end(registry: Any, quick: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_PAGE", 1 << 20)
    registry.raw("/x", OK + b"\r\n", *[bytes(1 << 16)] * 40)
    with pytest.raises(WebError, match="too long for an index"):
        quick.page(f"{registry.url}/x", "*/*")


def test_a_proxy_is_used_and_bypassed(registry: Any, second_registry: Any) -> None:
    second_registry.answers["http://registry.test/x"] = None
    second_registry.put("http://registry.test/x", b"through")
    proxy = second_registry.url.replace("http://", "http://user:pa%40ss@")
    with Web(Settings(timeout=2, proxies={"http": proxy}, no_proxy="127.0.0.1"), lambda url: "") as opened:
        assert opened.page("http://registry.test/x", "*/*").body == b"through"
        registry.put("/direct", b"direct")
        assert opened.page(f"{registry.url}/direct", "*/*").body == b"direct"
    assert second_registry.asked[0][1]["proxy-authorization"] == "Basic dXNlcjpwYUBzcw=="
    bad = Settings(timeout=2, proxies={"http": "ftp://user:topsecret@proxy.test"})
    with Web(bad, lambda url: "") as opened, pytest.raises(WebError, match=r"proxy.*cannot be used") as caught:
        opened.page("http://registry.test/x", "*/*")
    assert "topsecret" not in str(caught.value)


def test_certificates_that_cannot_be_read_are_said() -> None:
    for settings in (Settings(ca_file="/no/such.pem"), Settings(ca_text="rubbish"), Settings(client_cert="/no/such")):
        with Web(settings, lambda url: "") as opened, pytest.raises(AcquireError, match="certificates configured"):
            opened.page("https://127.0.0.1:1/", "*/*")


@pytest.mark.parametrize(
    ("host", "port", "rules", "direct"),
    [
        ("a.test", None, "*", True),
        ("a.test", None, "a.test", True),
        ("sub.a.test", None, ".a.test", True),
        ("sub.a.test", None, "*.a.test", True),
        ("ba.test", None, "a.test", False),
        ("a.test", 8080, "x, a.test:8080", True),
        ("a.test", 80, "a.test:8080", False),
        ("127.0.0.1", 80, "127.0.0.0/8", True),
        ("::1", 80, "::1", True),
        ("[::1]", 80, "[::1]", True),
        ("a.test", None, "", False),
        ("a.test", None, " , ,", False),
    ],
)
def test_who_goes_without_a_proxy(host: str, port: int | None, rules: str, direct: bool) -> None:
    assert goes_direct(host, port, rules) is direct
