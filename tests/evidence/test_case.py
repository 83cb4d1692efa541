"""A case keeps what it acknowledged and notices whatever was changed."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousveil.acquire.post import post
from sousveil.acquire.way import Way
from sousveil.evidence import keys, rfc3161, stamps
from sousveil.evidence import ledger as _ledger
from sousveil.evidence.case import Case
from sousveil.evidence.chronicle import told
from sousveil.evidence.envelope import authenticated
from sousveil.evidence.ledger import Entry
from sousveil.evidence.sealing import Witnesses, seal
from sousveil.evidence.verify import Claim, verify_case
from sousveil.evidence.wrong import CaseError


def wrong(root: Path, roots: bytes = b"") -> list[Claim]:
    return [c for c in verify_case(root, roots) if c.holds is False]


def test_an_untouched_case_holds_also_elsewhere_and_in_another_year(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not wrong(case.root)
    shutil.copytree(case.root, tmp_path / "stick" / "copy")
    for path in (tmp_path / "stick" / "copy").rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)
    assert not wrong(tmp_path / "stick" / "copy")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        assert not wrong(tmp_path / "stick" / "copy")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_line_is_checked_by_openssl_alone(case: Case, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    envelope = json.loads((case.root / "ledger.jsonl").read_bytes().splitlines()[2])
    (tmp_path / "signed").write_bytes(authenticated(base64.b64decode(envelope["payload"])))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(case.root / "signing-key.pub.pem"), "-rawin",
             "-in", "signed", "-sigfile", "sig"]  # fmt: skip
    assert subprocess.run(words, cwd=tmp_path, capture_output=True).returncode == 0


def _tamper(root: Path, choose: random.Random) -> str:
    """Change one thing that matters; return what."""
    ledger = root / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    objects = sorted(p for p in (root / "objects").rglob("*") if p.is_file())
    how = choose.choice(["flip", "cut", "swap", "delete", "double", "object-flip", "object-cut", "object-gone",
                         "object-same-size", "key", "insert"])  # fmt: skip
    if how == "flip":
        data = bytearray(ledger.read_bytes())
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        ledger.write_bytes(data)
    elif how == "cut":
        data = ledger.read_bytes()
        ledger.write_bytes(data[: -choose.randrange(1, len(lines[-1]) - 1)])
    elif how == "swap":
        i, j = choose.sample(range(len(lines)), 2)
        lines[i], lines[j] = lines[j], lines[i]
        ledger.write_bytes(b"".join(lines))
    elif how in ("delete", "double", "insert"):
        i = choose.randrange(len(lines) - 1)
        part = {"delete": [], "double": [lines[i]] * 2, "insert": [lines[i], b"{}\n"]}[how]
        ledger.write_bytes(b"".join([*lines[:i], *part, *lines[i + 1 :]]))
    elif how == "key":
        other = keys.private_key(lambda new: b"", root.parent / f"other-{choose.random()}.pem")
        (root / "signing-key.pub.pem").write_bytes(keys.public_pem(other))
    else:
        path = choose.choice(objects)
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        if how == "object-gone":
            path.unlink()
        elif how == "object-cut":
            path.write_bytes(data[:-1])
        elif how == "object-same-size":
            path.write_bytes(choose.randbytes(len(data)))
        else:
            data[choose.randrange(len(data))] ^= 1
            path.write_bytes(data)
    return how


def test_whatever_is_changed_is_named(case: Case, tmp_path: Path) -> None:
    choose = random.Random(7)
    for i in range(150):
        copy = tmp_path / f"t{i}"
        shutil.copytree(case.root, copy)
        how = _tamper(copy, choose)
        found = wrong(copy)
        assert found, how
        assert all(c.detail for c in found), how
        shutil.rmtree(copy)


def test_a_line_of_another_copy_does_not_follow(case: Case, tmp_path: Path) -> None:
    """Signed by the same key, with the right number: only the digest of its predecessor tells."""
    other = tmp_path / "copy"
    shutil.copytree(case.root, other)
    for root, texts in ((case.root, ("one", "two")), (other, ("another", "and its successor"))):
        copy = Case(root, case.public_pem, case._ask)
        for text in texts:
            copy.record("noted", {"text": text})
    mine, theirs = ((root / "ledger.jsonl").read_bytes().splitlines(keepends=True) for root in (case.root, other))
    (case.root / "ledger.jsonl").write_bytes(b"".join([*mine[:-1], theirs[-1]]))
    (found,) = wrong(case.root)
    assert found.detail == f"ledger.jsonl, line {len(mine)}: it does not follow the line before it"


def test_a_seal_counts_all_lines_before_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that another program writes while the seal is made."""
    entries = Case.entries
    others: list[threading.Thread] = []

    def read(self: Case) -> Iterator[Entry]:
        yield from entries(self)
        other = Case(case.root, case.public_pem, case._ask)
        others.append(threading.Thread(target=other.record, args=("noted", {"text": "meanwhile"})))
        others[-1].start()
        others[-1].join(0.3)

    with monkeypatch.context() as patched:
        patched.setattr(Case, "entries", read)
        list(seal(case, Witnesses(()), post))
    for thread in others:
        thread.join(10)
    (sealed,) = [entry for entry in case.entries() if entry.kind == "sealed"]
    assert sealed.predicate["lines"] == sealed.number - 1
    assert [entry.kind for entry in case.entries()].count("noted") == 1 + len(others)


def test_a_cut_off_end_is_seen_by_its_stamp(case: Case, authority, tmp_path: Path) -> None:
    assert list(seal(case, Witnesses((authority.url,)), post)) == [
        "sealed: 8 events, 6 objects",
        f"stamped: {authority.url}",
    ]
    roots = authority.roots.read_bytes()
    assert not wrong(case.root, roots)
    assert [c.holds for c in verify_case(case.root, roots) if "time stamp" in c.what] == [True]
    # Without roots a stamp proves nothing yet, and is no error.
    assert [c.holds for c in verify_case(case.root) if "time stamp" in c.what] == [None]
    ledger = case.root / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    (found,) = wrong(case.root, roots)
    assert "cut off" in found.detail


def test_a_stamp_of_another_line_or_another_authority_is_refused(case: Case, authority, tmp_path: Path) -> None:
    list(seal(case, Witnesses((authority.url,)), post))
    (stamp,) = [s for s in stamps.every(case.root / "stamps") if not s.waiting]
    good = stamp.path.read_bytes()
    for i in range(0, len(good), max(1, len(good) // 40)):
        spoilt = bytearray(good)
        spoilt[i] ^= 0x10
        stamp.path.write_bytes(spoilt)
        assert ["time stamp" in claim.what for claim in wrong(case.root, authority.roots.read_bytes())] == [True], i
    stamp.path.write_bytes(authority.reply(rfc3161.request(b"another line")))
    assert ["time stamp" in claim.what for claim in wrong(case.root, authority.roots.read_bytes())] == [True]
    stamp.path.write_bytes(good)
    other = tmp_path / "other.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 3 -subj /CN=Another -out"
    subprocess.run(["openssl", *words.split(), str(other)], check=True, capture_output=True)
    assert ["time stamp" in claim.what for claim in wrong(case.root, other.read_bytes())] == [True]


def test_one_authority_that_answers_nonsense_does_not_stop_the_others(case: Case, authority) -> None:
    bad = "http://127.0.0.1:9/bad"
    said: list[str] = []
    with pytest.raises(CaseError, match="is no stamp of this line"):
        said.extend(seal(case, Witnesses((bad, authority.url)), lambda u, b, t: b"no" if u == bad else post(u, b, t)))
    assert [s.authority for s in stamps.every(case.root / "stamps") if not s.waiting] == [authority.url]


def test_through_a_proxy_an_authority_is_asked_by_name_and_never_directly(case: Case) -> None:
    asked: list[bytes] = []

    class Proxy(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(4096))
            self.request.sendall(b"HTTP/1.1 502 no\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        way = Way(proxy=f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(OSError, match="502"):
            post("http://stamps.invalid/tsr", b"x", "application/timestamp-query", way)
        server.shutdown()
    assert asked == [b"CONNECT stamps.invalid:80 HTTP/1.1\r\nHost: stamps.invalid:80\r\n\r\n"]


def test_a_request_waits_while_the_authority_is_away(case: Case, authority) -> None:
    authority.up = False
    assert list(seal(case, Witnesses((authority.url,)), post))[-1].startswith(f"waits: {authority.url} (")
    assert any(c.holds is None and "asks again" in c.detail for c in verify_case(case.root))
    authority.up = True
    assert list(seal(case, Witnesses(()), post)) == [f"stamped: {authority.url}"]
    assert not wrong(case.root, authority.roots.read_bytes())


def test_a_torn_line_is_cut_off_and_said(case: Case) -> None:
    ledger = case.root / "ledger.jsonl"
    with ledger.open("ab") as file:
        file.write(b'{"payload": "half a li')
    assert wrong(case.root)
    Case.open(case.root, lambda new: b"").record("noted", {"text": "after"})
    assert not wrong(case.root)
    kinds = [e.kind for e in Case.open(case.root).entries()]
    assert kinds[-2:] == ["cut-off", "noted"]
    assert [p.read_bytes() for p in (case.root / "cut-off").iterdir()] == [b'{"payload": "half a li']


_WRITER = """
import sys
from collections.abc import Iterator
from pathlib import Path
from sousveil.evidence.case import Case
from sousveil.evidence.chronicle import told
case = Case.open(Path(sys.argv[1]), lambda new: b"")
product = Path(sys.argv[1]).parent / f"big-{sys.argv[2]}"
product.write_bytes(sys.argv[2].encode() * 400_000)
for i in range(1000):
    kept = [case.keep(f"{sys.argv[2]}-{i}", product)] if i % 3 == 0 else []
    print(case.record("acquired", {"i": i}, kept).digest, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_loses_nothing_that_it_acknowledged(case: Case) -> None:
    choose = random.Random(3)
    acknowledged: set[str] = set()
    for i in range(8):
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(case.root), str(i)], stdout=subprocess.PIPE)
        assert process.stdout
        acknowledged.add(process.stdout.readline().decode().strip())
        time.sleep(choose.random() * 0.05)
        process.kill()
        acknowledged |= {line.decode().strip() for line in process.stdout if line.endswith(b"\n")}
        process.wait()
        process.stdout.close()
        Case.open(case.root, lambda new: b"").record("noted", {"text": "next start"})
        assert not wrong(case.root)
    digests = {e.digest for e in Case.open(case.root).entries()}
    assert {a for a in acknowledged if len(a) == 64} <= digests


def test_a_key_with_a_passphrase(key: Path, tmp_path: Path) -> None:
    case = Case.new(tmp_path / "c", "", lambda new: b"secret")
    assert b"ENCRYPTED" in key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(CaseError, match="passphrase is not the right one"):
        Case.open(case.root, lambda new: b"wrong").record("noted", {})
    Case.open(case.root, lambda new: b"secret").record("noted", {})


def test_another_key_cannot_go_on_with_a_case(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOUSVEIL_KEY", str(tmp_path / "another.pem"))
    with pytest.raises(CaseError, match="another signing key"):
        Case.open(case.root, lambda new: b"").record("noted", {})


def test_appending_costs_the_same_however_long_the_ledger(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = case.ledger
    read: list[int] = []
    real = _ledger._read_at

    def counting(fd: int, count: int, at: int) -> bytes:
        read.append(count)
        return real(fd, count, at)

    monkeypatch.setattr(_ledger, "_read_at", counting)
    for _ in range(300):
        case.record("noted", {"text": "x"})
    assert ledger.path.stat().st_size > 150_000
    assert max(read) <= 1 << 16


def test_events_are_told_in_a_person_s_words(case: Case) -> None:
    url = "http://a.example/x"
    case.record("watched", {"url": url, "state": "present", "status": 200, "final": url, "sha256": "ab"})
    window = {"last-seen": "2026-01-01T00:00:05.1Z", "first-missed": "2026-01-01T00:00:09.1Z"}
    case.record("gone", {"url": url, "how": "it answers 404", "window": window})
    answers = [{"url": url, "status": 200, "final": url + "/y", "sha256": "c" * 64}]
    answers += [{"url": f"http://b.example/{i}", "status": 0, "problem": f"http://b.example/{i}: no"} for i in range(9)]
    shown = [{"url": url, "download": True}, {"url": url, "problem": f"{url}: the browser ended"}]
    case.record("acquired", {"urls": [url], "answers": answers, "as-shown": shown})
    case.record("scanned", {"product": "x", "complete": True, "python": "3.11"})
    watched, gone, acquired, scanned = (told(e) for e in list(case.entries())[-4:])
    assert watched == [f"looked at: {url}: present", "SHA-256: ab", "status: 200"]
    assert gone == [f"gone: {url}", "between 2026-01-01 00:00:05 and 00:00:09 UTC", "how: it answers 404"]
    assert acquired[:3] == ["acquired", f"{url} -> {url}/y  200  {'c' * 16}…", "http://b.example/0  no"]
    assert acquired[-3:] == ["and 2 more", f"{url}  a browser saves it and shows nothing",
                             f"{url}  not seen in a browser: the browser ended"]  # fmt: skip
    assert scanned == ["scanned", "complete: yes", "product: x"]


def test_every_line_is_about_something_as_a_statement_of_in_toto_is(case: Case) -> None:
    first, *others = case.ledger.lines()
    said = [json.loads(base64.b64decode(json.loads(line)["payload"])) for _, line in (first, *others)]
    assert all(len(one["subject"]) == 1 for one in said)
    assert said[0]["subject"][0]["digest"]["sha256"] == case.keyid
    assert said[-1]["subject"][0]["digest"]["sha256"] == said[-1]["predicate"]["previous"]["sha256"]
    assert list(case.entries())[-1].subjects == []


def test_an_event_says_what_the_system_knows_of_its_clock(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from sousveil.evidence import clock

    if sys.platform.startswith("linux"):
        assert clock.known().get("kept") in (True, False)
    monkeypatch.setattr(clock, "known", lambda: {"kept": True, "within-us": 1500})
    case.record("noted", {"text": "now"})
    monkeypatch.setattr(clock, "known", dict)
    case.record("noted", {"text": "and now"})
    last = [entry.predicate for entry in case.entries()][-2:]
    assert last[0]["clock"] == {"kept": True, "within-us": 1500} and "clock" not in last[1]
    assert not wrong(case.root)


def test_the_second_digest_is_checked_too(case: Case) -> None:
    """SHA-512 is on record for the day on which SHA-256 alone is not enough."""
    good = case.keep_bytes("good.bin", b"what was kept")
    case.record("acquired", {}, [good])
    assert not [c for c in verify_case(case.root) if c.holds is False]
    bad = case.keep_bytes("bad.bin", b"something else")
    bad["digest"]["sha512"] = good["digest"]["sha512"]
    case.record("acquired", {}, [bad])
    (wrong,) = [c for c in verify_case(case.root) if c.holds is False]
    assert bad["digest"]["sha256"][:16] in wrong.what and "its SHA-512 is" in wrong.detail
