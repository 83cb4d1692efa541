"""Bytes: every term in every encoding and escape at its exact place; noise, alignment, company, bounds."""

from __future__ import annotations

import random
import time

import pytest

from sousveil.match import database
from sousveil.match.database import Matcher
from sousveil.match.lexicon import Entry, Lexicon
from sousveil.match.patterns import escape, escapes, spell

COMPANY = "gender, age, face: "


def searched(lexicon: Lexicon) -> list[Entry]:
    return [e for e in lexicon.entries if e.trait is not None and e.term.strength != "weak"]


def found(matcher: Matcher, data: bytes, offset: int, length: int, encoding: str) -> bool:
    """Whether a hit lies at the place: the whole of it, or a part that is a term of its own."""
    hits = matcher.match(data)
    exact = any((h.offset, h.length, h.encoding) == (offset, length, encoding) for h in hits)
    inside = any(offset <= h.offset and h.offset + h.length <= offset + length and h.encoding == encoding for h in hits)
    return exact or inside


def test_every_term_in_every_encoding(lexicon: Lexicon, matcher: Matcher) -> None:
    missed = []
    for entry in searched(lexicon):
        for encoding, raw in spell(entry.text):
            before = COMPANY.encode(encoding)
            data = before + raw + " ;".encode(encoding)
            if not found(matcher, data, len(before), len(raw), encoding):
                missed.append((entry.text, encoding))
    assert not missed


def test_every_certain_term_alone_is_enough(lexicon: Lexicon, matcher: Matcher) -> None:
    for entry in searched(lexicon):
        hit = matcher.matches(entry.text.encode())
        if entry.term.strength == "certain":
            assert hit, entry.text
        elif hit:
            # A part of it is certain, or two terms keep each other company.
            assert any(e.text.lower() in entry.text.lower() for e in searched(lexicon) if e.text != entry.text), (
                entry.text
            )


def test_every_term_in_every_escape(lexicon: Lexicon, matcher: Matcher) -> None:
    missed = []
    before = b'"gender, age": "'
    for entry in searched(lexicon):
        for kind, encoding in escapes(entry):
            escaped = escape(entry.text, kind, encoding)
            other = _upper_hex(escaped) if entry.text.isascii() or not any(c.isascii() for c in entry.text) else b""
            for raw in {escaped.encode(), other} - {b""}:
                hits = matcher.match(before + raw + b'"')
                if not any(len(before) <= h.offset and h.offset + h.length <= len(before) + len(raw) for h in hits):
                    missed.append((entry.text, kind, encoding, raw))
    assert not missed


def _upper_hex(text: str) -> bytes:
    if "\\U" in text:
        return text.encode()
    return (
        text.replace("\\u", "\0")
        .replace("\\x", "\1")
        .replace("&#x", "\2")
        .upper()
        .replace("\0", "\\u")
        .replace("\1", "\\x")
        .replace("\2", "&#x")
        .encode()
    )


@pytest.mark.parametrize(
    ("raw", "escape_kind", "encoding"),
    [
        (rb"\u7ef4\u65cf", "\\u", "utf-8"),
        (rb"\u7EF4\u65CF", "\\u", "utf-8"),
        (rb"\\u7ef4\\u65cf", "\\\\u", "utf-8"),
        (rb"\U00007ef4\U000065cf", "\\U", "utf-8"),
        (rb"\x{7ef4}\x{65cf}", "\\x{}", "utf-8"),
        (rb"\u{7ef4}\u{65cf}", "\\u{}", "utf-8"),
        (rb"\xe7\xbb\xb4\xe6\x97\x8f", "\\x", "utf-8"),
        (rb"\xce\xac\xd7\xe5", "\\x", "gb18030"),
        (b"&#x7ef4;&#x65cf;", "&#x;", "utf-8"),
        (b"&#32500;&#26063;", "&#;", "utf-8"),
        (b"%E7%BB%B4%E6%97%8F", "%", "utf-8"),
        (b"%e7%bb%b4%e6%97%8f", "%", "utf-8"),
        (b"%CE%AC%D7%E5", "%", "gb18030"),
        (b"=E7=BB=B4=E6=97=8F", "=", "utf-8"),
        (rb"\347\273\264\346\227\217", "\\o", "utf-8"),
    ],
)
def test_an_escape_is_found_at_its_place(matcher: Matcher, raw: bytes, escape_kind: str, encoding: str) -> None:
    (hit,) = matcher.match(b'{"label": "' + raw + b'"}')
    assert (hit.offset, hit.length, hit.escape, hit.encoding) == (11, len(raw), escape_kind, encoding)
    assert (hit.concept, hit.term, hit.trait, hit.strength) == ("uyghur", "维族", "ethnicity", "certain")


def test_a_false_friend_is_known_behind_an_escape(matcher: Matcher) -> None:
    assert not matcher.match(rb"'\u4f4e\u7ef4\u65cf'")
    assert not matcher.match("低维族".encode("gb18030"))
    assert not matcher.match("低维族".encode("utf-16-le"))
    assert not matcher.match("x = '私人种子'".encode())
    assert matcher.match(rb"'\u9ad8\uff1a\u7ef4\u65cf'")


@pytest.mark.parametrize(
    "text",
    [
        "gender age race_label", "gender age emRace", "gender age RACE_TYPE", "gender age NETRaceInfo",
        "gender age faceRace", "gender age: race", "race gender age",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_joints_in_bytes(matcher: Matcher, text: str, encoding: str) -> None:
    hits = matcher.match(text.encode(encoding))
    assert [h.encoding for h in hits] == [encoding]


@pytest.mark.parametrize("word", ["trace", "embrace", "TRACE", "Trace", "racer", "combination", "castel", "skinny"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_words_that_only_contain_a_term(matcher: Matcher, word: str, encoding: str) -> None:
    assert not matcher.match(f"gender age face {word} person".encode(encoding))


def test_a_likely_term_needs_company(matcher: Matcher) -> None:
    filler = "x = compute(y)\n" * 200
    assert not matcher.match(b"int race;")
    assert matcher.match(b"int race; int gender;")
    assert not matcher.match(f"int race;\n{filler}int gender;".encode())
    assert matcher.match("race; 性别".encode())
    assert matcher.match("race; 性别".encode("gb18030"))
    assert matcher.match("race; 性别".encode("utf-16-le"))
    assert matcher.match(rb'{"race": 1, "x": "\u5e74\u9f84"}')
    assert matcher.match(b"race; religion;")
    assert not matcher.match(b"race; races; racial;")
    assert matcher.match(b"race = {0: 'white', 1: 'black'}")
    assert not matcher.match(b"race = 'white'")
    assert not matcher.match(b"message page image race")
    assert matcher.match(b"int race;", "sdk/face/attributes.h")


def test_gbk_is_found_only_at_its_characters(matcher: Matcher) -> None:
    (hit,) = matcher.match("typedef int emNation; // 民族\n".encode("gb18030"))[-1:]
    assert (hit.term, hit.encoding, hit.length) == ("民族", "gb18030", 4)
    # The same four bytes across the borders of other characters.
    assert not matcher.match(b"//" + b"\xb0" + "民族".encode("gb18030") + b"\xa1\n")


def test_utf8_text_has_no_hits_in_older_encodings(matcher: Matcher, lexicon: Lexicon) -> None:
    text = "\n".join(e.text + "，年龄，性别" for e in searched(lexicon) if e.term.language.startswith("zh"))
    assert {h.encoding for h in matcher.match(text.encode())} == {"utf-8"}
    gbk = [e for e in searched(lexicon) if e.term.language == "zh-Hans"]
    text = "\n".join("识别结果：" + e.text + "，年龄，性别" for e in gbk)
    assert {h.encoding for h in matcher.match(text.encode("gb18030"))} <= {"gb18030", "utf-8"}


def test_random_bytes_hold_nothing(matcher: Matcher) -> None:
    assert len(matcher.match(random.Random(7).randbytes(10_000_000))) <= 1


def test_a_dot_net_user_string_is_found(matcher: Matcher) -> None:
    raw = "民族".encode("utf-16-le")
    before = b"\x09a\0b\0c\0d\0\x00" + bytes([len(raw) + 1])
    (hit,) = matcher.match(before + raw + b"\x01\x05x\0y\0\x00")
    assert (hit.term, hit.offset, hit.length, hit.encoding) == ("民族", len(before), len(raw), "utf-16-le")


def test_the_byte_order_is_told(matcher: Matcher) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeffclass FaceInfo { string ethnicity; }"
        (hit,) = matcher.match(text.encode(encoding))
        assert (hit.encoding, hit.offset) == (encoding, 2 * text.index("ethnicity"))


def test_hits_are_sorted_and_never_nested(matcher: Matcher) -> None:
    hits = matcher.match("少数民族 民族 维吾尔族 维吾尔 ethnic group ethnicity".encode())
    assert [h.offset for h in hits] == sorted(h.offset for h in hits)
    assert [h.term for h in hits[:4]] == ["少数民族", "民族", "维吾尔族", "维吾尔"]


def test_memoryviews_and_the_empty_file(matcher: Matcher) -> None:
    assert not matcher.match(b"")
    assert len(matcher.match(memoryview(bytearray(b"xx uyghur")))) == 1
    assert matcher.match(b"uyghur")[0].offset == 0


def test_dense_files_end_soon_and_say_so(matcher: Matcher) -> None:
    start = time.process_time()
    hits = matcher.match(b"a,Hispanic,gender\n" * 200_000)
    assert len(hits) == database.MOST_HITS
    assert hits.truncated
    false = matcher.match(b"gender age race condition\n" * 120_000)
    assert not false
    assert false.truncated
    assert time.process_time() - start < 15


def snippets(seed: int, size: int) -> bytes:
    rng = random.Random(seed)
    parts: list[bytes] = []
    length = 0
    words = [
        "race",
        "gender",
        "维族",
        "低维族",
        "民族",
        "ethnicity",
        "emRace",
        "trace",
        "race condition",
        "skin",
        "age",
    ]
    while length < size:
        word = rng.choice(words)
        encoding = rng.choice(["utf-8"] * 6 + ["gb18030", "utf-16-le", "utf-32-be"])
        part = f" {word} ".encode(encoding) + b"." * rng.choice([0, 3, 50, 400, 1400, 1490, 1510, 3000])
        parts.append(part)
        length += len(part)
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("step", [1000, 4096, 30_011])
def test_chunks_give_what_the_whole_gives(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch, seed: int, step: int
) -> None:
    monkeypatch.setattr(database, "_WINDOW", 20_000)
    data = snippets(seed, 120_000)
    whole = matcher.match(data)
    assert matcher.scan_chunks(data[i : i + step] for i in range(0, len(data), step)) == whole
    assert bool(whole) == matcher.matches(data)


def test_chunks_are_read_to_the_end(matcher: Matcher) -> None:
    seen = 0

    def chunks():  # type: ignore[no-untyped-def]
        nonlocal seen
        for _ in range(20):
            seen += 1
            yield b"uyghur " * 30_000

    hits = matcher.scan_chunks(chunks())
    assert hits.truncated
    assert len(hits) == database.MOST_HITS
    assert seen == 20


@pytest.mark.parametrize(
    ("path", "terms"),
    [
        ("models/race_model_single_batch.onnx", ["race"]),
        ("sdk.zip!/com/company/face/EM_RACE_TYPE.java", ["race"]),
        ("民族宗教工作.html", ["民族", "宗教"]),
        ("app/models/demography/Race.py", ["race"]),
        ("go/src/internal/race/race.go", []),
        ("lib/trace.c", []),
        ("locale/moment.js", []),
        ("assets/skin.css", []),
        ("uyghur.txt", ["Uyghur"]),
    ],
)
def test_names_of_artifacts(matcher: Matcher, path: str, terms: list[str]) -> None:
    assert [t.term for t in matcher.name_hits(path)] == terms
