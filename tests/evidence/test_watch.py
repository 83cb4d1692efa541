"""Watching notices what changed and went, in its time window, and calls nothing gone that is only out of reach."""

from __future__ import annotations

import http.server
import ipaddress
import threading
from collections.abc import Iterator

import pytest

from sousveil.acquire.way import Way
from sousveil.evidence import watching
from sousveil.evidence.capture import How
from sousveil.evidence.case import Case
from sousveil.evidence.verify import verify_case
from sousveil.evidence.wrong import CaseError

HOW = How(way=Way((ipaddress.ip_network("127.0.0.0/8"),)), robots=False)


class Vendor:
    """A made-up vendor's site whose answers are set by the test: path to (status, type, body or location)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = outer.answers.get(self.path, (404, "text/html", b"not here"))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._make = lambda port: http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server = self._make(0)
        self.port = self._server.server_port
        self.base = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    made.answers = {
        "/": (200, "text/html", b"<title>Welcome</title>"),
        "/sdk": (200, "text/html", b"<title>SDK</title>\n<p>Version 3.2\n<p>Download below\n"),
        "/get": (302, "text/html", b"/files/sdk.zip"),
        "/files/sdk.zip": (200, "application/zip", b"DH\x03\x04 made up"),
    }
    yield made
    made.close()


def round_(case: Case) -> tuple[dict[str, str], list[watching.Notice]]:
    notices: list[watching.Notice] = []
    return {url: one.state for url, one in watching.run(case, HOW, 60, notices.append)}, notices


def test_a_vanishing_is_noticed_with_its_window(case: Case, vendor: Vendor) -> None:
    page, file = vendor.base + "/sdk", vendor.base + "/get"
    assert watching.add(case, [page, file, page]) == [page, file]
    assert round_(case) == ({page: "present", file: "present"}, [])
    assert round_(case)[1] == []

    vendor.answers["/sdk"] = (200, "text/html", b"<title>SDK</title>\n<p>Version 3.3\n<p>Download below\n")
    states, notices = round_(case)
    assert [(n.event, n.url) for n in notices] == [("changed", page)]
    assert "2 lines differ" in notices[0].text
    (changed,) = [e for e in case.entries() if e.kind == "changed"]
    kept = case.objects.path(changed.subjects[0]["digest"]["sha256"]).read_text()
    assert "-<p>Version 3.2" in kept and "+<p>Version 3.3" in kept
    assert all(case.objects.path(changed.predicate[k]).exists() for k in ("before", "after"))

    del vendor.answers["/files/sdk.zip"]
    states, notices = round_(case)
    assert states == {page: "present", file: "gone"}
    gone = gone_file = notices[0]
    assert (gone.event, gone.url) == ("gone", file)
    seen = [e.predicate["time"] for e in case.entries() if e.kind == "watched" and e.predicate["url"] == file]
    assert (gone.last_seen, gone.first_missed) == (seen[-2], seen[-1])
    assert round_(case)[1] == [], "gone is said once"

    vendor.answers["/sdk"] = (302, "text/html", b"/")
    states, notices = round_(case)
    assert states[page] == "moved"
    assert [(n.event, n.url) for n in notices] == [("moved", page)]
    assert notices[0].text == f'it leads to {vendor.base}/ now, "Welcome"'
    led = watching.watched(case)[page].observed
    assert round_(case)[1] == []
    vendor.answers["/sdk"] = (404, "text/html", b"")
    (gone,) = round_(case)[1]
    assert gone.event == "gone" and led < gone.last_seen < gone.first_missed, "since it led elsewhere, not before"
    vendor.answers["/sdk"] = (302, "text/html", b"/")
    assert round_(case)[1] == []

    vendor.answers["/files/sdk.zip"] = (200, "application/zip", b"DH\x03\x04 made up")
    (back,) = round_(case)[1]
    assert (
        back.event == "back" and back.last_seen == gone_file.last_seen and back.first_missed == gone_file.first_missed
    )
    (told,) = [e.predicate for e in case.entries() if e.kind == "back"]
    assert gone_file.first_missed < told["window"]["last-missed"] < told["window"]["first-there"]
    assert not [c for c in verify_case(case.root) if c.holds is False]


@pytest.mark.parametrize(("status", "state"), [(403, "refused"), (429, "refused"), (451, "refused"), (503, "failing")])
def test_a_refusal_is_no_vanishing(case: Case, vendor: Vendor, status: int, state: str) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    round_(case)
    vendor.answers["/sdk"] = (status, "text/html", b"go away")
    assert round_(case) == ({page: state}, [])
    assert not watching.watched(case)[page].missed


def test_what_cannot_be_reached_is_no_vanishing(case: Case, vendor: Vendor) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    round_(case)
    vendor.close()
    assert round_(case) == ({page: "unreachable"}, [])
    assert watching.watched(case)[page].seen
    vendor._server = vendor._make(vendor.port)
    vendor.start()


def test_the_window_spans_what_could_not_be_asked(case: Case, vendor: Vendor) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    round_(case)
    seen = watching.watched(case)[page].seen
    vendor.answers["/sdk"] = (503, "text/html", b"")
    round_(case)
    vendor.answers["/sdk"] = (410, "text/html", b"")
    (gone,) = round_(case)[1]
    assert gone.last_seen == seen


def test_what_stands_there_now_is_told_with_type_title_and_when_it_stood_there_before(
    case: Case, vendor: Vendor
) -> None:
    file, page = vendor.base + "/files/sdk.zip", vendor.base + "/sdk"
    watching.add(case, [file, page])
    round_(case)
    before = dict(vendor.answers)
    vendor.answers["/files/sdk.zip"] = (200, "text/html", b"<title>Not \x1b[2J found</title>")
    vendor.answers["/sdk"] = (200, "text/html", b"<title>Sign in</title>\n<p>Version 3.2\n<p>Download below\n")
    told = {n.url: n.text for n in round_(case)[1]}
    other = 'text/html in the place of application/zip, "Not \x1b[2J found" in the place of ""'
    assert told == {
        file: f"it holds something else, {other}",
        page: 'it holds something else, "Sign in" in the place of "SDK" (2 lines differ)',
    }
    vendor.answers = before
    since = watching.watched(case)[page].known_seen
    told = {n.url: n.text for n in round_(case)[1]}
    assert all(text.startswith("it holds again what it held at 20") for text in told.values()) and since


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_an_answer_that_cannot_be_unpacked_has_not_changed(case: Case, vendor: Vendor, coding: str) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    round_(case)
    vendor.answers["/sdk"] = (200, f"text/html\r\nContent-Encoding: {coding}", b"\x0b\x02\x80packed\x03")
    assert round_(case) == ({page: "failing"}, [])
    assert f"content encoding {coding} is not read" in watching.watched(case)[page].how


def test_a_redirect_that_is_not_followed_is_told(case: Case, vendor: Vendor) -> None:
    page, round_and_round = vendor.base + "/sdk", vendor.base + "/get"
    watching.add(case, [page, round_and_round])
    round_(case)
    vendor.answers["/sdk"] = (302, "text/html", b"file:///etc/passwd")
    vendor.answers["/get"] = (302, "text/html", b"/get")
    assert round_(case) == ({page: "failing", round_and_round: "failing"}, [])
    assert "only http:// and https://" in watching.watched(case)[page].how
    assert "redirects more than" in watching.watched(case)[round_and_round].how


def test_a_clock_that_was_set_back_is_told(case: Case, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    clock = 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: clock)
    round_(case)
    clock -= 3600.0
    del vendor.answers["/sdk"]
    (gone,) = round_(case)[1]
    assert gone.window == "between 2027-01-15 08:00:00 and 07:00:00 UTC, by a clock that was set back in between"


def test_two_runs_at_once_are_one(case: Case) -> None:
    with watching.only_run(case) as first, watching.only_run(case) as second:
        assert (first, second) == (True, False)


def test_only_what_is_watched_can_be_let_go(case: Case, vendor: Vendor) -> None:
    with pytest.raises(CaseError, match="is not watched"):
        watching.remove(case, vendor.base)
    watching.add(case, [vendor.base])
    watching.remove(case, vendor.base)
    assert watching.watched(case) == {}


def test_units_name_the_case_and_the_interval(case: Case) -> None:
    units = watching.units(case.root, "/usr/bin/sousveil", 30)
    assert f"ExecStart=/usr/bin/sousveil watch run --case {case.root}" in units["sousveil-watch.service"]
    assert "OnUnitActiveSec=30min" in units["sousveil-watch.timer"]
    assert units["crontab"].startswith("*/30 * * * * ")


def test_a_token_that_is_made_anew_is_told_with_its_name(case: Case, vendor: Vendor) -> None:
    page = vendor.base + "/sdk"
    watching.add(case, [page])
    for number in range(3):
        text = f"<title>SDK</title>\n<script nonce='{number}'></script>\n<p>Version 3.2\n"
        vendor.answers["/sdk"] = (200, "text/html", text.encode())
        told = round_(case)[1]
    assert [n.text for n in told] == ["it holds something else, but only in values of nonce (2 lines differ)"]
    changed = [e for e in case.entries() if e.kind == "changed"]
    assert [e.predicate["only-values-of"] for e in changed] == [["nonce"], ["nonce"]]
    assert all(e.subjects for e in changed), "the difference is kept all the same"
