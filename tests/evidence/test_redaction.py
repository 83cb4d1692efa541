"""A name that is taken out is found however it is written: encoded, escaped, packed, cut in two by what reads it."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import quopri
import time
import unicodedata
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import pdf
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.evidence import export, redaction, traces
from sousveil.evidence.case import Case
from sousveil.evidence.needles import Needles
from sousveil.evidence.wrong import CaseError

NAMES = ("Jörg Wüsten", "王小明", "Ана Петрова", "Nguyễn Văn Á", "김철수", "Zoë 🦊 X", "محمد علي", "Jane Q. Source")
NEEDLES = {name: Needles(name) for name in NAMES}


def _ways(name: str) -> Iterator[tuple[str, bytes]]:
    for text in (name, name.upper(), name.swapcase(), unicodedata.normalize("NFD", name)):
        yield "decimal", "".join(f"&#{ord(c)};" for c in text).encode()
        yield "hex", text.encode("ascii", "xmlcharrefreplace").replace(b"&#", b"&amp;#")
        yield "named", "".join(f"&{html.entities.codepoint2name.get(ord(c))};" if ord(c) in
                               html.entities.codepoint2name else c for c in text).encode()  # fmt: skip
        yield "wide references", "".join(f"&#{ord(c)};" for c in text).encode("utf-16-le")
        yield "JSON", json.dumps(text).encode()
        yield "JSON in JSON", json.dumps({"a": json.dumps([text])}).upper().replace("\\U", "\\u").encode()
        yield "Python", text.encode("unicode_escape")
        yield "bytes of Python", repr(text.encode()).encode()
        yield "JavaScript", "".join(f"\\u{{{ord(c):x}}}" for c in text).encode()
        yield "style sheet", "".join(f"\\{ord(c):x} " for c in text).encode()
        yield "octal", "".join(f"\\{b:03o}" if b > 127 else chr(b) for b in text.encode()).encode()
        yield "address", urllib.parse.quote_plus(text).encode()
        yield "address in an address", urllib.parse.quote(urllib.parse.quote(text)).encode()
        yield "mail", quopri.encodestring(("x" * 70 + text).encode())
        yield "mail's header", b"=?utf-8?Q?" + quopri.encodestring(text.encode(), header=True) + b"?="
        yield "tags", "".join(f"<b>{c}</b>" if c != " " else c for c in text).encode()
        yield "runs", "</w:t></w:r><w:r><w:t>".join(text.split()).encode()
        yield "part of an address", "-".join(text.split()).encode()
        yield "soft", "\u00ad".join(text).encode()
        yield "mail's body", base64.encodebytes(b"z" * 50 + text.encode() + b"q" * 90)
        yield "Base64 twice", base64.b64encode(json.dumps({"p": base64.b64encode(text.encode()).decode()}).encode())
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-be", "gb18030", "big5", "shift_jis", "euc_kr",
                         "windows-1251", "windows-1252", "windows-1256", "koi8_r"):  # fmt: skip
            try:
                yield encoding, b".." + text.encode(encoding) + b".."
            except UnicodeEncodeError:
                continue
    label = name.replace(" ", "").lower()
    if not label.isascii():
        yield "host", b"http://xn--" + f"a{label}b".encode("punycode") + b".example/"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    missed = [way for way, data in _ways(name) if not NEEDLES[name].within([data])]
    assert not missed
    assert not NEEDLES[name].within([b"nothing of the kind", bytes(range(256)) * 9])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(n, d) for n in NAMES for _, d in _ways(n)]), st.integers(0, 1 << 12), st.data())
def test_no_border_hides_it(one: tuple[str, bytes], before: int, data: st.DataObject) -> None:
    name, written = one
    whole = b"\n" * ((1 << 20) - before) + written + b"\n" * 100
    at = data.draw(st.integers(max(0, len(whole) - 200 - len(written)), len(whole)))
    assert NEEDLES[name].within([whole[:at], whole[at:]])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_search(data: bytes) -> None:
    NEEDLES["Jörg Wüsten"].within([data, data[::-1]])


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def _captured(kind: bytes, body: bytes) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n%b" % (kind, body)
    head = b"WARC/1.1\r\nContent-Type: application/http;msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(block)
    return gzip.compress(head + block + b"\r\n\r\n")


def test_documents_are_read_and_the_rest_stays(case: Case, tmp_path: Path) -> None:
    name = "Jane Q. Source"
    letter = pdf([[(50, 700, 12, f"a letter from {name}")]])
    run = b"<w:document><w:p><w:r><w:t>Jan</w:t></w:r><w:r><w:t>e Q. Sou</w:t></w:r><w:r><w:t>rce</w:t></w:r></w:p>"
    hold = {
        "letter.pdf": letter,
        "in-a-zip.zip": _zip(a_txt=b"nothing", manual_pdf=letter),
        "runs.zip": _zip(document_xml=run),
        "a.warc.gz": _captured(b"application/pdf", letter),
        "b.warc.gz": _captured(b"application/zip", _zip(manual_pdf=letter)),
        "named.zip": _zip(**{"by jane q. source_txt": b"x"}),
    }
    free = {
        "other.pdf": pdf([[(50, 700, 12, "a letter from somebody else")]]),
        "c.warc.gz": _captured(b"application/pdf", pdf([[(50, 700, 12, "a letter from somebody else")]])),
    }
    kept = {}
    for file, data in {**hold, **free}.items():
        (tmp_path / file).write_bytes(data)
        kept[file] = case.keep(file, tmp_path / file)
        case.record("acquired", {"of": "something"}, [kept[file]])
    plan = redaction.plan(case, [redaction.wish_of(f"name:{name}=protects a source")])
    digests = {file: subject["digest"]["sha256"] for file, subject in kept.items()}
    assert {file for file, digest in digests.items() if digest in plan.objects} == set(hold)


def test_a_name_is_looked_for_in_files_of_a_folder(case: Case, tmp_path: Path) -> None:
    from sousveil.acquire import Acquired, Input
    from sousveil.evidence.products import Keeper
    from sousveil.pipeline import scan

    folder = tmp_path / "product"
    folder.mkdir()
    (folder / "manual.pdf").write_bytes(pdf([[(50, 700, 12, "written by Jane Q. Source")]]))
    (folder / "a.h").write_text("int a;")
    keeper = Keeper(case, False)
    report = scan(Acquired("product", "", (Input(folder, "product"),)), keeping=keeper.keeping)
    keeper.record(report, ["sousveil"])
    made = export.bag(case, tmp_path / "out", [redaction.wish_of("name:jane q source=protects a source")])
    left = {p.read_bytes() for p in (made.folder / "data" / "objects").rglob("*") if p.is_file()}
    assert b"int a;" in left and not any(data.startswith(b"%PDF") for data in left)
    assert not any(traces.holds(p, Needles("Jane Q. Source")) for p in made.folder.rglob("*") if p.is_file())


def test_pictures_of_a_page_go_with_its_capture(case: Case) -> None:
    shown = [case.keep_bytes(f"vendor.example/as-shown.{end}", end.encode()) for end in ("png", "html", "pdf")]
    capture = case.keep_bytes("capture-1.warc.gz", _captured(b"text/html", b"by Jane Q. Source"))
    case.record("acquired", {}, [capture, *shown])
    plan = redaction.plan(case, [redaction.wish_of("name:Jane Q. Source=protects a source")])
    assert {s["digest"]["sha256"] for s in (capture, *shown)} <= set(plan.objects)


def test_a_reason_that_holds_the_name_is_refused(case: Case) -> None:
    case.record("noted", {"text": "met Jane Q. Source"})
    with pytest.raises(CaseError, match="the reason holds the name"):
        redaction.plan(case, [redaction.wish_of("name:Jane Q. Source=protects jane q. source")])


@pytest.mark.parametrize(
    "piece",
    [b"&amp;", b"%25", b"\\", b"\\\\\\\\u", b"<", b"<a ", b"QUJD", b"a\0", b"=3D", b"xn--a9", b"&#", b"\\r", b"=\r\n",
     b"\\u{0", b"&#00"],
)  # fmt: skip
def test_no_bytes_make_the_search_long(piece: bytes) -> None:
    started = time.process_time()
    NEEDLES["Jörg Wüsten"].within([piece * (1_000_000 // len(piece))])
    assert time.process_time() - started < 5.0
