"""What was captured is what went over the wire, and nothing but public addresses is talked to."""

from __future__ import annotations

import gzip
import io
import ipaddress
import re
import socket
import threading
from pathlib import Path

import pytest
from site_on_loopback import ANSWERS, LOOPBACK, Site

from sousveil.acquire.guard import Refused, closed, pinned, target_of
from sousveil.acquire.way import Way, connect, proxy_of
from sousveil.acquire.wire import Limits, exchange
from sousveil.acquire.wording import AcquireError
from sousveil.evidence.capture import How, capture, events
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify_case


@pytest.mark.parametrize("path", [p for p in ANSWERS if p not in ("/loop", "/loop2")])
def test_the_bytes_are_those_of_the_wire(site: Site, path: str) -> None:
    sink = io.BytesIO()
    one = exchange(target_of(site.base + path), sink, way=LOOPBACK)
    assert sink.getvalue() == ANSWERS[path]
    assert one.request == site.asked[-1]
    assert (one.address, one.size) == ("127.0.0.1", len(ANSWERS[path]))
    assert one.truncated == ("disconnect" if path in ("/cut", "/no-http") else "")


def test_an_answer_is_cut_at_its_bound(site: Site) -> None:
    one = exchange(target_of(site.base + "/packed"), io.BytesIO(), way=LOOPBACK, limits=Limits(most=60))
    assert one.truncated == "length"


def records(raw: bytes) -> list[tuple[dict[str, str], bytes]]:
    """Read a WARC by its grammar alone."""
    data = gzip.decompress(raw)
    out = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "WARC/1.1"
        fields = dict(line.split(": ", 1) for line in lines[1:])
        size = int(fields["Content-Length"])
        out.append((fields, rest[:size]))
        assert rest[size : size + 4] == b"\r\n\r\n"
        data = rest[size + 4 :]
    return out


def test_a_page_comes_with_its_parts_and_a_download_with_its_redirect(site: Site, case: Case) -> None:
    captured = capture(case, [site.base + "/page", site.base + "/dl"], How(way=LOOPBACK))
    found = {one.url.removeprefix(site.base): one for one in captured.got}
    assert {"/page", "/dl", "/a.css", "/b.gif", "/i.png", "/robots.txt"} == set(found)
    assert found["/dl"].final == site.base + "/sdk.zip"
    assert case.objects.path(found["/dl"].sha256).read_bytes() == b"DH\x03\x04"
    assert found["/page"].title == "SDK"
    case.record("acquired", {"answers": list(events(captured))}, list(captured.subjects))
    assert not [c for c in verify_case(case.root) if c.holds is False]
    kept = records(case.objects.path(captured.warc).read_bytes())
    answers = [block for fields, block in kept if fields["WARC-Type"] == "response"]
    for path in ("/page", "/dl", "/sdk.zip", "/a.css"):
        assert ANSWERS[path] in answers
    asked = [block for fields, block in kept if fields["WARC-Type"] == "request"]
    assert sorted(asked) == sorted(site.asked)
    # A response can be read at the offset that was noted.
    one = found["/i.png"]
    raw = case.objects.path(captured.warc).read_bytes()[one.offset : one.offset + one.length]
    assert records(raw)[0][1] == ANSWERS["/i.png"]


def test_a_head_is_told_from_the_body_as_clients_do(site: Site, case: Case) -> None:
    captured = capture(case, [site.base + p for p in ("/lines", "/interim")], How(way=LOOPBACK, robots=False))
    assert [case.objects.path(one.sha256).read_bytes() for one in captured.got] == [b"abc", b"abc"]


def test_what_is_no_http_is_kept_as_sent_and_told(site: Site, case: Case) -> None:
    captured = capture(case, [site.base + "/no-http"], How(way=LOOPBACK, robots=False))
    (got,) = captured.got
    assert (got.status, got.sha256) == (0, "") and got.length and "is no HTTP" in got.problem
    assert b"SSH-2.0-made-up" in gzip.decompress(case.objects.path(captured.warc).read_bytes())


@pytest.mark.parametrize(("most", "seconds", "said"), [(4, 60.0, "5 more: a run asks 4 times"), (99, 0.0, "at most")])
def test_a_run_has_an_end_and_says_what_it_left(
    site: Site, case: Case, monkeypatch: pytest.MonkeyPatch, most: int, seconds: float, said: str
) -> None:
    monkeypatch.setattr("sousveil.evidence.capture.MOST_REQUESTS", most)
    captured = capture(case, [site.base + "/many"], How(way=LOOPBACK, robots=False, seconds=seconds))
    assert captured.got[-1].problem.startswith("not asked for") and said in captured.got[-1].problem


def test_every_object_that_a_capture_keeps_is_named(site: Site, case: Case) -> None:
    captured = capture(case, [site.base + "/page"], How(way=LOOPBACK))
    case.record("acquired", {}, captured.subjects)
    assert all(claim.holds for claim in verify_case(case.root))


def test_redirects_that_mislead_are_refused_and_told(site: Site, case: Case) -> None:
    urls = [site.base + path for path in ("/away", "/inside", "/loop")]
    captured = capture(case, urls, How(way=LOOPBACK, robots=False))
    problems = [one.problem for one in captured.got]
    assert "only http:// and https://" in problems[0]
    assert "not a public address" in problems[1]
    assert "redirects more than" in problems[2]


def test_bodies_are_kept_without_their_encodings(site: Site, case: Case) -> None:
    urls = [site.base + path for path in ("/packed", "/chunked", "/until-close")]
    captured = capture(case, urls, How(way=LOOPBACK, robots=False))
    bodies = [case.objects.path(one.sha256).read_bytes() for one in captured.got]
    assert bodies == [b"packed words", b"abc0123456789", b"all there is"]


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:10::1", "2001:20::1",
        "2002:7f00:1::", "2002:a00:1::", "2002:c0a8:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fec0::1", "ff02::1", "ff05::2", "::127.0.0.1", "::ffff:0:127.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert closed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "151.101.1.6", "2606:4700:4700::1111", "2a00:1450:4001::200e", "64:ff9b::808:808"],
)
def test_public_addresses_are_talked_to(address: str) -> None:
    assert not closed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:25/", "http://", "http:///x", "//example.com",
        "http://user@example.com/", "http://example.com@127.0.0.1/", "http://a:b@example.com/", "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/", "http://example.com:99999/", "http://[::1", "javascript:alert(1)",
        "data:text/html,x", "http://exam%70le.com/", "http://example.com\x00.evil/", "http://" + "a" * 64 + "é.com/",
    ],
)  # fmt: skip
def test_addresses_that_can_be_read_two_ways_are_refused(url: str) -> None:
    with pytest.raises(AcquireError):
        target_of(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST.", "[::1]", "0",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
)  # fmt: skip
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(AcquireError):
        pinned(target_of(f"http://{host}/"))


# Forms that other guards' own tests and public lists of bypasses hold (guards of webhooks in Go, PHP, Elixir and
# TypeScript; lists for testers): other radices, short and padded octets, signs that fold to digits or dots, carriers.
_SPELT = (
    "http://017700000001/", "http://0177.0.0.01/", "http://0177.00.00.01/", "http://0300.0250.0.1/", "http://012.0.0.1/",
    "http://0x7f.0.0.1/", "http://0x7f.0x0.0x0.0x1/", "http://0xA9.0xFE.0xA9.0xFE/", "http://127.0.1/", "http://10.1/",
    "http://192.168.1/", "http://127.0.0x1/", "http://2852039166/", "http://0xa9fea9fe/", "http://3232235521/",
    "http://127.0.0.1:80/", "http://127.0.0.1:6379/", "http://127.0.0.1./", "http://0.0.0.0:22/", "http://0/",
    "http://00000177.0.0.1/", "http://0x00000000000000007f000001/", "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials", "http://100.100.100.200/latest/meta-data/", "http://192.0.0.192/latest/",
    "http://127。0。0。1/", "http://127．0．0．1/", "http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://localhost:3000/",
    "http://LocalHost/", "http://ｌｏｃａｌｈｏｓｔ/", "http://127.0.0.1#allowed.com", "http://127.0.0.1?allowed.com",
    "http://127.0.0.1:80@allowed.com/", "http://allowed.com@127.0.0.1/", "http://127.0.0.1%00/", "http:127.0.0.1",
    "http:///127.0.0.1/", "http:\\\\127.0.0.1\\", "http://evil.com\\@127.0.0.1/", "http://[0:0:0:0:0:0:0:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::ffff:0x7f.1]/", "http://[::]/",
    "http://[::]:22/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[fd00:ec2::254]/latest/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[2002:7f00:1::]/", "http://[ff02::1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/", "http://[::1]:80/", "http://[::127.0.0.1]/",
    "dict://127.0.0.1:11211/info", "gopher://127.0.0.1:6379/_x", "tftp://127.0.0.1/x", "ldap://127.0.0.1/", "ws://[::1]/",
)  # fmt: skip


@pytest.mark.parametrize("url", _SPELT)
def test_what_other_guards_are_tested_with_is_refused(url: str) -> None:
    with pytest.raises(AcquireError):
        pinned(target_of(url))


@pytest.mark.parametrize("url", ["http://198.17.255.255/", "http://198.20.0.1/", "http://93.184.216.34/",
                                 "https://1.2.3.4:8080/x", "http://[2606:4700:4700::1111]:8443/",
                                 "http://172.15.255.255/", "http://172.32.0.1/", "http://100.63.255.255/",
                                 "http://100.128.0.1/", "http://11.0.0.1/", "http://169.253.255.255/"])  # fmt: skip
def test_the_neighbours_of_what_is_refused_pass(url: str) -> None:
    assert pinned(target_of(url))[0] in url


@pytest.mark.parametrize(
    "host", ["127.0.0.1.nip.io", "localtest.me", "metadata.google.internal", "make-127-0-0-1-rr.1u.ms"]
)
@pytest.mark.parametrize("answer", ["127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:10.0.0.1"])
def test_a_name_that_leads_inside_is_refused(host: str, answer: str) -> None:
    with pytest.raises(Refused):
        pinned(target_of(f"http://{host}/"), resolve=lambda name, port: [answer])


def test_a_name_that_resolves_inside_as_well_is_refused_and_the_first_answer_is_pinned() -> None:
    target = target_of("http://vendor.example/")
    with pytest.raises(Refused, match=r"10\.0\.0\.9"):
        pinned(target, resolve=lambda host, port: ["8.8.8.8", "10.0.0.9"])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["192.0.2.1"]

    with pytest.raises(AcquireError):
        exchange(target, io.BytesIO(), way=Way(resolve=rebinding))
    assert asked == ["vendor.example"]


def test_the_case_says_what_was_asked_in_the_users_own_name(site: Site, case: Case, tmp_path: Path) -> None:
    capture(case, [site.base + "/odd"], How(way=LOOPBACK, agent="Mozilla/5.0 test", robots=False))
    assert re.search(rb"\r\nUser-Agent: Mozilla/5.0 test\r\n", site.asked[-1])


class Tunnel:
    """A proxy on loopback, SOCKS 5 or CONNECT, that leads everything to the site and writes down what it was asked."""

    def __init__(self, port: int) -> None:
        self.asked: list[bytes] = []
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        head = client.recv(4096)
        if head[:1] == b"\x05":
            client.sendall(b"\x05\x00")
            self.asked.append(client.recv(4096))
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        else:
            self.asked.append(head)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            server.sendall(client.recv(65536))
            while part := server.recv(65536):
                client.sendall(part)

    def close(self) -> None:
        self._server.close()


@pytest.mark.parametrize("scheme", ["socks5h", "http"])
def test_through_a_proxy_no_name_is_resolved_here(site: Site, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tunnel = Tunnel(int(site.base.rpartition(":")[2]))
    real = socket.getaddrinfo

    def guarded(host: str, *rest: object, **more: object) -> object:
        assert host == "127.0.0.1", f"{host} was resolved on this machine"
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    sink = io.BytesIO()
    way = Way(proxy=f"{scheme}://127.0.0.1:{tunnel.port}")
    one = exchange(target_of("http://hidden.example/odd"), sink, way=way)
    assert sink.getvalue() == ANSWERS["/odd"]
    assert b"hidden.example" in tunnel.asked[0]
    assert one.answers == () and one.address == "127.0.0.1"
    tunnel.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1", "localhost", "a.localhost"]
)
def test_a_proxy_is_not_led_inside_either(host: str) -> None:
    with pytest.raises(Refused):
        connect(target_of(f"http://{host}/"), Way(proxy="socks5h://127.0.0.1:1"), 1)


@pytest.mark.parametrize(
    "text", ["socks5://127.0.0.1:9050", "127.0.0.1:9050", "http://x", "ftp://x:1", "http://u:p@x:1", "http://x:99999"]
)
def test_a_proxy_that_is_none_or_leaks_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        proxy_of(text)


def test_another_address_of_a_name_is_tried_where_the_first_does_not_answer(site: Site) -> None:
    target = target_of(f"http://vendor.example:{site.base.rpartition(':')[2]}/")
    way = Way(LOOPBACK.allowed, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    sock, address, answers = connect(target, way, 5.0)
    sock.close()
    assert (address, list(answers)) == ("127.0.0.1", ["127.0.0.2", "127.0.0.1"])
