"""What a hostile site, page or case could do to a capture: nothing gets round the proxy, nothing is lost by it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from site_on_loopback import ANSWERS, LOOPBACK, Site
from test_browser import Kept, ask, keeper
from test_watch import Vendor, round_, vendor

from sousveil.acquire.guard import Refused, target_of
from sousveil.acquire.proxy import Proxy
from sousveil.evidence import durable, keys, watching
from sousveil.evidence.browser import see
from sousveil.evidence.capture import Got, How, capture
from sousveil.evidence.case import MOST_SUBJECTS, Case
from sousveil.evidence.envelope import open_line, seal
from sousveil.evidence.ledger import MOST_LINE
from sousveil.evidence.paper import browser
from sousveil.evidence.verify import verify_case
from sousveil.evidence.warc import Writer
from sousveil.evidence.wrong import CaseError

__all__ = ["vendor"]


@contextmanager
def answering(path: str, head: bytes, body: bytes = b"") -> Iterator[None]:
    """Let the made-up site give one more answer."""
    ANSWERS[path] = b"HTTP/1.1 " + head + b"\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    try:
        yield
    finally:
        del ANSWERS[path]


@pytest.mark.skipif(not browser(), reason="no Chromium is installed")
def test_a_page_does_not_get_past_the_proxy_by_webrtc(site: Site) -> None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    listener.settimeout(0.2)
    port = listener.getsockname()[1]
    heard: list[bytes] = []
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                heard.append(listener.recv(2048))
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen)
    thread.start()
    page = (
        b"<title>asking</title><script>const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:%d'}]});"
        b"c.createDataChannel('x');"
        b"c.onicecandidate = e => { if (e.candidate) document.title += e.candidate.candidate };"
        b"c.createOffer().then(o => c.setLocalDescription(o)).then(() => document.title += ' asked')</script>" % port
    )
    try:
        with answering("/rtc", b"200 OK\r\nContent-Type: text/html", page):
            shown = see(site.base + "/rtc", Writer(io.BytesIO(), "x.warc.gz"), How(way=LOOPBACK))
    finally:
        over.set()
        thread.join()
        listener.close()
    assert "asked" in shown.title, "the page's script ran"
    assert heard == []
    assert "udp" not in shown.title.lower(), "nor does it learn an address of this machine"


@pytest.mark.parametrize(
    "url",
    ["http://clients2.google.com/time/1/current", "http://accounts.google.com/ListAccounts?x",
     "http://update.googleapis.com/service/update2", "http://safebrowsing.googleapis.com/v4"],
)  # fmt: skip
def test_what_a_browser_asks_its_maker_is_refused(url: str) -> None:
    kept: Kept = []
    with Proxy(keeper(kept), way=LOOPBACK) as proxy:
        said = ask(proxy.port, f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert said.startswith(b"HTTP/1.1 502")
        assert "on its own account" in proxy.refused[0]
    assert not kept


def one(case: Case, url: str, **options: int) -> Got:
    (got,) = capture(case, [url], How(way=LOOPBACK, robots=False, **options)).got
    return got


def test_a_body_that_unpacks_to_too_much_is_kept_as_sent_alone(site: Site, case: Case) -> None:
    bomb = gzip.compress(bytes(8 << 20), mtime=0)
    with answering("/bomb", b"200 OK\r\nContent-Encoding: gzip", bomb):
        got = one(case, site.base + "/bomb", most=1 << 20)
    assert "longer than 1,048,576 bytes when unpacked" in got.problem
    assert not got.sha256
    assert not [c for c in verify_case(case.root) if c.holds is False]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(b"first ", mtime=0) + gzip.compress(b"second", mtime=0)),
        (b"gzip", gzip.compress(b"first second", mtime=0) + bytes(7)),
        (b"deflate", zlib.compress(b"first second")),
        (b"deflate", zlib.compress(b"first second")[2:-4]),
    ],
    ids=["two members", "padded", "zlib", "raw"],
)
def test_bodies_are_unpacked_as_browsers_do(site: Site, case: Case, coding: bytes, body: bytes) -> None:
    with answering("/body", b"200 OK\r\nContent-Encoding: " + coding, body):
        got = one(case, site.base + "/body")
    assert case.objects.path(got.sha256).read_bytes() == b"first second"


def test_a_body_that_is_no_gzip_is_told(site: Site, case: Case) -> None:
    with answering("/not", b"200 OK\r\nContent-Encoding: gzip", b"\x1f\x8b\x08 no"):
        assert "no gzip" in one(case, site.base + "/not").problem


@pytest.mark.parametrize(
    ("location", "said"),
    [
        (b"http://[::1", "no address"),
        (b"http://[v1.x]/", "address"),
        (b"http://127.0.0.1:0/", "port 0"),
        (b"javascript:alert(1)", "only http:// and https://"),
        (b"http://127.0.0.1:99999/", "no address"),
    ],
)
def test_a_redirect_to_what_is_no_address_is_a_problem_and_no_crash(
    site: Site, case: Case, location: bytes, said: str
) -> None:
    with answering("/led", b"302 Found\r\nLocation: " + location):
        got = one(case, site.base + "/led")
    assert said in got.problem
    assert got.status == 302


def test_a_redirect_is_read_as_browsers_read_it(site: Site, case: Case) -> None:
    place = "/a%20%C3%BC"
    with answering("/led", "302 Found\r\nLocation:  /a ü ".encode()), answering(place, b"200 OK", b"there"):
        got = one(case, site.base + "/led")
    assert case.objects.path(got.sha256).read_bytes() == b"there"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com:0/", "port 0"),
        ("http://[example.com]/", "address"),
        ("http://fa\u00df.example/", "two ways"),
        ("http://\u03b2\u03cc\u03bb\u03bf\u03c2.example/", "two ways"),
        ("http://a\u200db.example/", "two ways"),
    ],
)
def test_an_address_that_others_would_read_otherwise_is_refused(url: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        target_of(url)


def test_a_name_in_other_letters_is_one_host() -> None:
    assert target_of("http://b\u00fccher.example/").host == "xn--bcher-kva.example"


def test_a_line_longer_than_is_read_again_is_never_written(case: Case) -> None:
    before = case.ledger.path.read_bytes()
    with pytest.raises(CaseError, match="longer than a line may be"):
        case.record("noted", {"text": "x" * MOST_LINE})
    assert case.ledger.path.read_bytes() == before


def test_what_a_large_product_is_made_of_stands_in_several_lines(case: Case) -> None:
    part = case.keep_bytes("part", b"part")
    case.record("scanned", {}, [part] * (MOST_SUBJECTS * 2 + 1))
    assert [(e.kind, len(e.subjects)) for e in list(case.entries())[-3:]] == [
        ("kept", MOST_SUBJECTS), ("kept", MOST_SUBJECTS), ("scanned", 1)
    ]  # fmt: skip
    assert not [c for c in verify_case(case.root) if c.holds is False]


@pytest.mark.parametrize(
    ("subjects", "predicate"),
    [
        ([{"name": "x", "digest": {"sha256": "../../../../etc/passwd"}}], {}),
        ([{"name": "x", "digest": {"sha256": "a" * 63 + "/"}}], {}),
        ([{"name": 7, "digest": {"sha256": "a" * 64}}], {}),
        ([{"name": "x", "digest": {"sha256": "a" * 64}, "annotations": {"size": -1}}], {}),
        ([{"name": "x", "digest": {"sha256": "a" * 64}, "annotations": []}], {}),
        ([], {"time": 7}),
        ([], {"event": None}),
        ([], {"event": "redacted", "objects": [{"sha256": "../x"}], "lines": []}),
        ([], {"event": "redacted"}),
    ],
)
def test_a_signed_line_of_another_form_is_no_event(
    case: Case, subjects: list[dict[str, object]], predicate: dict[str, object]
) -> None:
    private = keys.private_key(lambda new: b"")
    whole = {"time": "2026-01-01T00:00:00Z", "event": "noted", "number": 1, "previous": {"sha256": "0" * 64}}
    assert open_line(seal([], whole, private, "k"), private.public_key(), "k")
    with pytest.raises(CaseError, match=r"no event of a case|no in-toto statement"):
        open_line(seal(subjects, {**whole, **predicate}, private, "k"), private.public_key(), "k")


def test_an_envelope_written_otherwise_is_another_line(case: Case) -> None:
    private = keys.private_key(lambda new: b"")
    line = case.ledger.path.read_bytes().splitlines()[0]
    assert open_line(line, private.public_key(), case.keyid)
    envelope = json.loads(line)
    for other in (json.dumps(envelope, indent=1).encode(), line.replace(b'"keyid":', b'"keyid": '), line + b" "):
        with pytest.raises(CaseError):
            open_line(other, private.public_key(), case.keyid)
    # Base64's last letter before "=" has bits that no byte is made of.
    sig = envelope["signatures"][0]["sig"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(sig.rstrip("=")) - 1
    twin = sig[:at] + letters[letters.index(sig[at]) ^ 1] + sig[at + 1 :]
    with pytest.raises(CaseError, match="one form"):
        open_line(line.replace(sig.encode(), twin.encode()), private.public_key(), case.keyid)


def test_a_key_that_another_run_made_meanwhile_is_used(key: Path) -> None:
    first = keys.private_key(lambda new: b"")
    with pytest.raises(FileExistsError):
        durable.write(key, b"another key", replace=False)
    assert keys.public_pem(keys.private_key(lambda new: b"")) == keys.public_pem(first)


def test_a_key_has_one_form_byte_for_byte(tmp_path: Path) -> None:
    # The example of RFC 8410, section 10: a case's key is compared as text.
    path = tmp_path / "key.pem"
    body = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
    path.write_text(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    public = b"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    pem = b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % public
    assert keys.public_pem(keys.private_key(lambda new: b"", path)) == pem
    assert keys.fingerprint(pem) == hashlib.sha256(base64.b64decode(public)).hexdigest()


def test_a_part_is_never_written_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    monkeypatch.setattr("os.urandom", lambda n: bytes(n))
    monkeypatch.setattr("os.getpid", lambda: 7)
    (tmp_path / ".out.7-00000000.part").symlink_to(victim)
    with pytest.raises(FileExistsError):
        durable.write(tmp_path / "out", b"hostile")
    assert victim.read_text() == "untouched"


def test_who_is_led_to_a_door_has_seen_nothing_vanish(case: Case, vendor: Vendor) -> None:
    page = vendor.base + "/sdk"
    vendor.answers["/login"] = (200, "text/html", b"<title>Sign in</title>")
    watching.add(case, [page])
    round_(case)
    vendor.answers["/sdk"] = (302, "text/html", b"/login?next=/sdk")
    vendor.answers["/login?next=/sdk"] = vendor.answers["/login"]
    assert round_(case) == ({page: "refused"}, [])


@pytest.mark.parametrize(
    ("first", "later", "state"),
    [
        ("/f.zip?sign=1", "/f.zip?sign=2", "present"),
        ("/f.zip?id=1", "/f.zip", "moved"),
        ("/cdn1/f.zip", "/cdn2/f.zip", "present"),
    ],
    ids=["signed anew", "query dropped", "same bytes elsewhere"],
)
def test_another_address_of_the_same_is_no_vanishing(
    case: Case, vendor: Vendor, first: str, later: str, state: str
) -> None:
    url = vendor.base + "/get"
    vendor.answers[first] = (200, "application/zip", b"the file")
    vendor.answers["/get"] = (302, "text/html", first.encode())
    watching.add(case, [url])
    assert round_(case)[0] == {url: "present"}
    vendor.answers["/get"] = (302, "text/html", later.encode())
    vendor.answers[later] = (200, "application/zip", b"the file" if state == "present" else b"a home page")
    assert round_(case)[0] == {url: state}


def test_units_quote_what_a_shell_would_read() -> None:
    units = watching.units(Path("/srv/a case $HOME 100%"), "sousveil", 30, ["--proxy", "http://p:1/"])
    assert '"/srv/a case $$HOME 100%%"' in units["sousveil-watch.service"]
    assert "'/srv/a case $HOME 100\\%'" in units["crontab"]
    with pytest.raises(CaseError, match="line break"):
        watching.units(Path("/srv/a\nExecStart=evil"), "sousveil", 30)


@pytest.mark.parametrize("charset", [b"hex", b"zip", b"cp512", b"undefined", b"idna", b"no-such", b"x" * 5000])
def test_a_page_in_no_encoding_of_text_is_read_all_the_same(site: Site, case: Case, charset: bytes) -> None:
    body = b"<title>SDK</title>"
    with answering("/strange", b"200 OK\r\nContent-Type: text/html; charset=" + charset, body):
        got = one(case, site.base + "/strange")
    assert got.title == "SDK"
