"""The second search, for the names of types that were found: what it finds, and what it need not open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
import pytest
from tests.pipeline.made_up import zipped

import sousveil
from sousveil.model import Finding, Limit
from sousveil.unpack import Budget, Entry, render, walk
from sousveil.work.messages import Message, Words

HEADER = """typedef enum tagQ_KIND {
    Q_KIND_UNKNOWN = 0,  // 未知
    Q_KIND_UYGUR = 1,  // 维族(新疆)
    Q_KIND_HAN = 2,  // 汉族
} EM_ZONK_TYPE;
"""
# Not a word of the lexicon in it: only the type's name leads there.
FIELDS = (("nAge", "int", "age"), ("emZ", "EM_ZONK_TYPE", "kind"), ("nMask", "int", "mask"))
MANUAL: documents.Block = ("t", (("name", "type", "meaning"), *FIELDS))


def manual(path: str) -> list[Finding]:
    """The findings that rest on a document."""
    return [f for f in sousveil.scan(path).findings if "manual" in f.places[0].artifact]


@pytest.mark.parametrize("name", ["manual.pdf", "manual.docx"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_record_in_a_document_is_found_by_its_type(name: str, packed: bool, tmp_path: Path) -> None:
    blocks = (("h", "T_EVENT_FACE"), MANUAL)
    document = documents.pdf_of(blocks) if name.endswith("pdf") else documents.docx_of(blocks)
    files = {"sdk.h": HEADER.encode("gb18030"), name: document}
    if packed:
        (tmp_path / "kit.zip").write_bytes(zipped(files))
    else:
        for one, data in files.items():
            (tmp_path / one).write_bytes(data)
    (found,) = manual(str(tmp_path))
    assert found.act.value == "infers"
    assert any(link.name == "EM_ZONK_TYPE" for link in found.links)
    assert all(p.where for p in found.places), "a document's place says page or paragraph"


def test_documents_are_rendered_once_and_pictures_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    rendered, passed = render, walk

    def counted(renderer: Any, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
        with log.open("a") as out:
            out.write(f"rendered {display.rpartition('/')[2]}\n")
        return rendered(renderer, data, display, budget)

    def walked(*args: Any, **named: Any) -> Iterator[Entry | Limit]:
        for item in passed(*args, **named):
            if isinstance(item, Entry):
                with log.open("a") as out:
                    out.write(f"came {item.path.rpartition('/')[2]}\n")
            yield item

    monkeypatch.setattr("sousveil.unpack.render", counted)
    monkeypatch.setattr("sousveil.unpack.walk", walked)
    files = {
        "sdk.h": HEADER.encode("gb18030"),
        "user.h": b"typedef struct { int nAge; EM_ZONK_TYPE emZ; int nMask; } T_EVENT_FACE;\n",
        "manual.pdf": documents.pdf_of((("h", "T_EVENT_FACE"), MANUAL)),
        "other.pdf": documents.pdf_of((("h", "T_EVENT_NET"), ("p", "EM_OTHER_TYPE says which."))),
        "a.png": b"\x89PNG\r\n\x1a\n" + bytes(900),
        "b.pyc": b"\0\0\r\n" + bytes(90),
    }
    (tmp_path / "kit.zip").write_bytes(zipped(files))
    sousveil.scan(str(tmp_path / "kit.zip"), sousveil.Options(sandbox="off", jobs=1))
    said = log.read_text().splitlines()
    assert said.count("rendered manual.pdf") == 2, "it names the type"
    assert said.count("rendered other.pdf") == 1
    assert {name: said.count(f"came {name}") for name in files} == {
        "sdk.h": 2, "user.h": 2, "manual.pdf": 2, "other.pdf": 2, "a.png": 1, "b.pyc": 1
    }  # fmt: skip


def test_words_are_kept_only_where_a_second_search_may_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sousveil.gather import Gathering

    taken = Gathering._take
    seen: list[str] = []

    def take(self: Gathering, job: Any, message: Message) -> None:
        if isinstance(message, Words):
            seen.append(message.document)
        taken(self, job, message)

    monkeypatch.setattr(Gathering, "_take", take)
    (tmp_path / "manual.pdf").write_bytes(documents.pdf_of((("h", "T_EVENT_FACE"), MANUAL)))
    sousveil.scan(str(tmp_path))
    assert seen == ["manual.pdf"]


def test_a_walk_leaves_out_what_is_not_wanted() -> None:
    inner = zipped({"x.png": b"\x89PNG", "x.h": b"int x;"})
    data = zipped({"a.PNG": b"\x89PNG", "a.h": b"int a;", "inner.zip": inner})
    names = [item.path for item in walk(data, "k.zip", without=(".png",)) if isinstance(item, Entry)]
    assert names == ["k.zip!/a.h", "k.zip!/inner.zip!/x.h"]


def test_what_is_attached_to_a_document_is_searched_too(tmp_path: Path) -> None:
    from email.message import EmailMessage

    letter = EmailMessage()
    letter["Subject"] = "the file you asked for"
    letter.set_content("See the attachment.")
    user = b"typedef struct { int nAge; EM_ZONK_TYPE emZ; int nMask; } T_EVENT_FACE;\n"
    letter.add_attachment(user, maintype="text", subtype="plain", filename="user.h")
    (tmp_path / "sdk.h").write_bytes(HEADER.encode("gb18030"))
    (tmp_path / "letter.eml").write_bytes(bytes(letter))
    found = [f for f in sousveil.scan(str(tmp_path)).findings if f.construct.name == "T_EVENT_FACE"]
    assert [f.places[0].artifact for f in found] == ["letter.eml!/user.h"]


def test_the_same_is_found_where_open_files_cannot_be_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = b"typedef struct { int nAge; EM_ZONK_TYPE emZ; int nMask; } T_EVENT_FACE;\n"
    files = {
        "sdk.h": HEADER.encode("gb18030"),
        "manual.pdf": documents.pdf_of((("h", "T_FACE"), MANUAL)),
        "user.h": user,
    }
    (tmp_path / "kit.zip").write_bytes(zipped(files))
    options = sousveil.Options(sandbox="off")
    usual = sousveil.scan(str(tmp_path), options)
    for module in ("station", "stations", "feed", "serving"):
        monkeypatch.setattr(f"sousveil.work.{module}.PASSING", False)
    opened = sousveil.scan(str(tmp_path), options)
    assert len(usual.findings) == 3
    assert (opened.findings, opened.limits) == (usual.findings, usual.limits)
