"""Calendars and logs: asked with a digest, kept as they answered, checked without a network, believed no further."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from witnesses_on_loopback import HEIGHT, Calendar, Log, mined, tree_path, tree_root

from sousveil.acquire.post import post
from sousveil.evidence import calendars, export, logs, ots, stamps
from sousveil.evidence.case import Case
from sousveil.evidence.sealing import Witnesses, seal
from sousveil.evidence.verify import Claim, anchors, verify
from sousveil.evidence.witness import Anchors
from sousveil.evidence.wrong import CaseError


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    made = Calendar()
    yield made
    made.close()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.close()


def of(case: Case, word: str, **trusted: object) -> Claim:
    (claim,) = [c for c in verify(case.root, anchors(**trusted)) if word in c.what]  # type: ignore[arg-type]
    return claim


def headers(height: int, header: bytes) -> str:
    return f"# by a node\n{height} {header.hex()}\n"


def test_a_calendar_promises_and_later_a_block_holds_it(case: Case, calendar: Calendar) -> None:
    named = Witnesses((), [calendar.url])
    calendar.up = False
    assert list(seal(case, named, post))[-1].startswith(f"waits: {calendar.url} (")
    assert any("asks again" in c.detail and c.holds is None for c in verify(case.root))
    calendar.up = True
    assert list(seal(case, Witnesses(()), post)) == [f"promised: {calendar.url}"]
    digest = bytes.fromhex(case.ledger.head() or "")
    assert calendar.asked[-1] == ("/digest", digest), "it sees the digest and nothing else"
    claim = of(case, "calendar")
    assert claim.holds is None and "in no block yet" in claim.detail
    assert list(seal(case, named, post)) == [f"waits for a block: {calendar.url}"]
    calendar.mined = True
    assert list(seal(case, named, post)) == [f"in a block: {calendar.url}"]
    asked = len(calendar.asked)
    assert list(seal(case, named, post)) == [] and len(calendar.asked) == asked, "what is there is not asked for again"
    claim = of(case, "calendar")
    root = calendar.header[36:68][::-1].hex()
    assert claim.holds is None and f"block {HEIGHT} must have the Merkle root {root}" in claim.detail
    claim = of(case, "calendar", headers=headers(HEIGHT, calendar.header))
    assert claim.holds is True and f"in block {HEIGHT}" in claim.detail and "2026-09-21" in claim.detail
    assert of(case, "calendar", headers=headers(HEIGHT + 1, calendar.header)).holds is None
    claim = of(case, "calendar", headers=headers(HEIGHT, mined(b"\x01" * 32)))
    assert claim.holds is False and "has the Merkle root" in claim.detail
    with pytest.raises(CaseError, match="work was not done"):
        anchors(headers=headers(HEIGHT, calendar.header[:-8] + bytes.fromhex("ffff001d") + calendar.header[-4:]))
    with pytest.raises(CaseError, match="line 1"):
        anchors(headers="812345 00")


def test_a_calendar_is_asked_where_its_user_named_it(case: Case, calendar: Calendar) -> None:
    list(seal(case, Witnesses((), [calendar.url]), post))
    assert "https://calendar.example" in of(case, "calendar").detail
    asked: list[str] = []

    def spied(url: str, body: bytes | None, kind: str) -> bytes:
        asked.append(url)
        return post(url, body, kind)

    list(seal(case, Witnesses(()), spied))
    assert asked and all(url.startswith(calendar.url + "/timestamp/") for url in asked)


def test_a_witness_that_can_never_be_asked_is_refused_before_anything_is_sealed(case: Case, calendar: Calendar) -> None:
    words = [sys.executable, "-m", "sousveil", "case", "seal", "--case", str(case.root)]
    done = subprocess.run(
        [*words, "--calendar", calendar.url, "--calendar", "ftp://127.0.0.1/"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "ftp://127.0.0.1/: a witness is asked at an http:// or https:// address" in done.stderr
    assert not calendar.asked
    assert all(e.kind != "sealed" for e in Case.open(case.root).entries())


def test_a_proof_of_another_line_or_of_none_is_wrong(case: Case, calendar: Calendar) -> None:
    list(seal(case, Witnesses((), [calendar.url]), post))
    (stamp,) = stamps.every(case.root / "stamps")
    good = stamp.path.read_bytes()
    stamp.path.write_bytes(good.replace(bytes.fromhex(stamp.line), bytes(32)))
    assert of(case, "calendar").holds is False
    stamp.path.write_bytes(good[:-3])
    assert of(case, "calendar").holds is False
    other = stamp.path.with_name("0" * 64 + stamp.path.name[64:])
    other.write_bytes(ots.proof(ots.Node(bytes(32), [ots.promise("https://x.example")])))
    stamp.path.write_bytes(good)
    claims = [c for c in verify(case.root) if "calendar" in c.what]
    assert [c.holds for c in claims] == [False, None] and "not in the ledger" in claims[0].detail


def test_a_hostile_calendar_makes_no_stamp(case: Case, calendar: Calendar, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (b"", b"<html>", b"\xff" * 9000, b"\x67\x00", b"\x08" * 300 + b"\x00", b"\x00" + bytes(8) + b"\x00"):
        monkeypatch.setattr(calendar, "reply", lambda path, body, answer=answer: (200, answer))
        with pytest.raises(CaseError, match="its answer is no"):
            list(seal(case, Witnesses((), [calendar.url]), post))
    assert all(s.waiting for s in stamps.every(case.root / "stamps"))


def test_a_log_holds_an_entry(case: Case, log: Log) -> None:
    assert list(seal(case, Witnesses((), (), [log.url]), post))[-1] == f"entered: {log.url}"
    body, head = log.asked[-1][1], case.ledger.head()
    sent = json.loads(body)
    assert sent["spec"].pop("data") == {"hash": {"algorithm": "sha256", "value": head}}
    assert set(sent["spec"]["signature"]) == {"content", "publicKey"}, "a key made for it, and nothing of the line"
    claim = of(case, "log's entry")
    assert claim.holds is None and "entry 511 of the log since 2026-09-21" in claim.detail
    assert of(case, "log's entry", logs=log.pem).holds is True
    other = Log()
    other.close()
    assert of(case, "log's entry", logs=other.pem + b"-----BEGIN x").holds is False
    assert of(case, "log's entry", logs=other.pem + log.pem).holds is True


@pytest.mark.parametrize("seed", range(6))
def test_every_changed_entry_is_noticed(case: Case, log: Log, seed: int) -> None:
    list(seal(case, Witnesses((), (), [log.url]), post))
    (stamp,) = stamps.every(case.root / "stamps")
    good = json.loads(stamp.path.read_bytes())
    trusted = Anchors(logs=log.pem)
    digest = bytes.fromhex(stamp.line)
    assert logs.judge(stamp.path.read_bytes(), digest, trusted).valid
    choose = random.Random(seed)
    places = ["body", "integratedTime", "logID", "logIndex", "signedEntryTimestamp", "rootHash", "treeSize", "hashes",
              "inclusionIndex", "root", "size", "signature"]  # fmt: skip
    for place in places:
        changed = json.loads(json.dumps(good))
        (entry,) = changed.values()
        proof = entry["verification"]["inclusionProof"]
        text, _, signatures = proof["checkpoint"].partition("\n\n")
        lines = text.split("\n")

        def flipped(value: str) -> str:
            at = choose.randrange(2, len(value) - 4)
            return value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]

        if place in ("integratedTime", "logIndex"):
            entry[place] += 1
        elif place in ("body", "logID"):
            entry[place] = flipped(entry[place])
        elif place == "signedEntryTimestamp":
            entry["verification"][place] = flipped(entry["verification"][place])
        elif place == "rootHash":
            proof[place] = "00" + proof[place][2:]
        elif place == "treeSize":
            proof[place] += 1
        elif place == "inclusionIndex":
            proof["logIndex"] -= 1
        elif place == "hashes":
            proof[place] = proof[place][choose.choice([1, 0]) :][: -1 if choose.random() < 0.5 else None] or ["00"]
            if proof[place] == next(iter(good.values()))["verification"]["inclusionProof"]["hashes"]:
                proof[place].reverse()
        elif place == "signature":
            name, signature = signatures.rstrip("\n").rsplit(" ", 1)
            proof["checkpoint"] = f"{text}\n\n{name} {flipped(signature[8:]).rjust(len(signature), 'A')}\n"
        else:
            lines[{"size": 1, "root": 2}[place]] = {"size": "13", "root": flipped(lines[2])}[place]
            proof["checkpoint"] = "\n".join(lines) + "\n\n" + signatures
        assert logs.judge(json.dumps(changed).encode(), digest, trusted).valid is False, place
    assert logs.judge(json.dumps(good).encode(), bytes(32), trusted).valid is False


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=80).map(lambda t: json.dumps({"x": t}).encode()))
def test_no_bytes_make_a_log_s_answer_but_a_log_s(data: bytes) -> None:
    assert logs.judge(data, bytes(32), Anchors()).valid is False


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33])
def test_where_an_entry_is_in_a_tree_is_told_as_the_standard_says(size: int) -> None:
    leaves = [b"entry %d" % i for i in range(size)]
    root = tree_root(leaves)
    for index, leaf in enumerate(leaves):
        path = list(tree_path(index, leaves))
        assert logs.included(leaf, index, size, path, root)
        assert not logs.included(leaf, index + 1, size, path, root)
        assert not logs.included(leaf + b"x", index, size, path, root)
        assert not logs.included(leaf, index, size, [*path, root], root)
        assert not path or not logs.included(leaf, index, size, path[:-1], root)
    assert not logs.included(leaves[0], -1, size, [], root)


def trees(message: bytes, deeper: int = 5) -> st.SearchStrategy[ots.Node]:
    """Return proofs over a message."""

    @st.composite
    def one(draw: st.DrawFn) -> ots.Node:
        node = ots.Node(message)
        leaf = st.one_of(
            st.integers(0, 1 << 24).map(ots.block),
            st.sampled_from(["https://a.example", "http://b.example:8080/x"]).map(ots.promise),
            st.builds(
                ots.Leaf, st.binary(min_size=8, max_size=8).filter(lambda t: t[0] > 0x90), st.binary(max_size=40)
            ),
        )
        node.leaves = draw(st.lists(leaf, max_size=2, unique=True))
        steps = draw(st.lists(st.sampled_from([2, 8, 0xF0, 0xF1, 0xF2]), max_size=2, unique=True)) if deeper else []
        for tag in steps:
            more = draw(st.binary(min_size=1, max_size=40)) if tag in (0xF0, 0xF1) else b""
            step, after = ots._step(ots._Reader(ots.number(len(more)) + more), tag, message)
            node.steps.append((step, draw(trees(after, deeper - 1))))
        if not node.leaves and not node.steps:
            node.leaves.append(ots.block(1))
        return node

    return one()


@settings(max_examples=80, deadline=None)
@given(st.binary(min_size=32, max_size=32).flatmap(trees), st.integers(0, 1 << 30))
def test_what_is_written_is_read_and_what_is_damaged_is_refused_or_another(tree: ots.Node, seed: int) -> None:
    data = ots.proof(tree)
    assert ots.read_proof(data) == tree and ots.read_tree(tree.written(), tree.message) == tree
    choose = random.Random(seed)
    for _ in range(20):
        damaged = bytearray(data)
        at = choose.randrange(len(damaged))
        match choose.randrange(3):
            case 0:
                damaged[at] ^= 1 << choose.randrange(8)
            case 1:
                del damaged[at:]
            case _:
                damaged[at:at] = choose.randbytes(2)
        try:
            other = ots.read_proof(bytes(damaged))
        except ots.NoProof:
            continue
        assert sorted(ots.proof(other)) == sorted(damaged), "each proof has one form, but for where leaves stand"
        assert other != tree or bytes(damaged) == data
    for end in range(len(data)) if len(data) < 300 else choose.sample(range(len(data)), 60):
        with pytest.raises(ots.NoProof):
            ots.read_proof(data[:end])
    with pytest.raises(ots.NoProof):
        ots.read_proof(data + b"\x00")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for text in (data, ots.MAGIC + b"\x01\x08" + data):
        try:
            ots.read_proof(text)
        except ots.NoProof:
            pass
        assert calendars.judge(text, bytes(32), Anchors()).valid is not True
    try:
        calendars.headers(data.decode("latin-1"))
    except CaseError:
        pass


def test_a_known_proof_reads_as_others_read_it() -> None:
    """Of the made-up digest of 32 zero bytes, by hand from the format's description."""
    data = (
        bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e8929401")
        + b"\x08" + bytes(32) + b"\xf0\x02ab\x08\xff\x00" + bytes.fromhex("83dfe30d2ef90c8e") + b"\x12\x11https://c.example"
        + b"\x00" + bytes.fromhex("0588960d73d71901") + b"\x03\xb9\xca\x31"
    )  # fmt: skip
    (promised, promise), (held, block) = ots.read_proof(data).every()
    assert promised is held and held.message == hashlib.sha256(bytes(32) + b"ab").digest()
    assert (promise.calendar, block.height) == ("https://c.example", 0x39 | 0x4A << 7 | 0x31 << 14)
    assert ots.proof(ots.read_proof(data)) == data


def test_what_calendars_and_logs_gave_goes_with_an_export(
    case: Case, calendar: Calendar, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sousveil.evidence.paper.browser", lambda: "")
    list(seal(case, Witnesses((), [calendar.url], [log.url]), post))
    made = export.bag(case, tmp_path / "out").folder
    assert {p.suffix for p in (made / "data" / "stamps").iterdir()} == {".ots", ".rekor", ".url"}
    claims = {c.what.split(" by ")[0]: c.holds for c in verify(made, anchors(logs=log.pem)) if " by http" in c.what}
    assert claims == {"the calendar's proof": None, "the log's entry": True}
    if not (shutil.which("jq") and shutil.which("openssl")):
        pytest.skip("jq or openssl is not installed")
    run = subprocess.run(["sh", str(made / "verify.sh")], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.count("not checked here") == 2
