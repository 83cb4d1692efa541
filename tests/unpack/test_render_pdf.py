"""PDF: words are placed only where one is wanted; what else a document holds is told all the same."""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path

import documents as made
import pytest

import sousveil
from sousveil.look import collect, extract
from sousveil.model import Limit
from sousveil.options import Options
from sousveil.unpack import Budget, Entry
from sousveil.unpack.render import render, renderer_named
from sousveil.unpack.render.pdfpage import Page

QUIET = (
    ("h", "2.1 Installation"),
    ("p", "Mount the bracket and connect the cable."),
    ("t", [("Port", "80"), ("a", "b")]),
)


def rendered(data: bytes, wanted: bool) -> list[Entry | Limit]:
    budget = Budget()
    budget.wanted = lambda text, display: wanted
    return list(render(renderer_named("pdf"), data, "x.pdf", budget))


def test_a_document_that_nobody_asks_for_is_plain_text() -> None:
    data = made.pdf_of(QUIET)
    (plain,) = rendered(data, False)
    (placed,) = rendered(data, True)
    assert isinstance(plain, Entry)
    assert isinstance(placed, Entry)
    assert (plain.path, placed.path) == ("x.pdf!/text.txt", "x.pdf!/text.md")
    assert plain.data is not None
    assert placed.data is not None
    assert b"Mount the bracket and connect the cable." in plain.data
    assert b"box" in placed.marks[-1][1].encode()
    assert {where for _, where in plain.marks} == {"page 1"}


def test_both_ways_tell_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package has a function of the same name.
    monkeypatch.setattr(sys.modules[Page.__module__], "_CHARACTERS", 30)
    data = made.pdf([[(60.0, 700.0, 9.0, "word")], [], [(60.0, 700.0, 9.0, "x" * 40)]])
    found = [[x for x in rendered(data, wanted) if isinstance(x, Limit)] for wanted in (False, True)]
    assert found[0] == found[1]
    assert [x.reason for x in found[0]] == ["cut"]


def test_the_text_that_is_asked_about_holds_every_word_of_every_page() -> None:
    asked: list[tuple[bytes, str]] = []
    budget = Budget()
    budget.wanted = lambda text, display: asked.append((text, display)) is not None
    pages = [[(60.0, 700.0, 9.0, f"word{n}")] for n in range(401)]
    out = list(render(renderer_named("pdf"), made.pdf(pages), "x.pdf", budget))
    assert [x.path for x in out if isinstance(x, Entry)] == ["x.pdf!/pages-1-400.txt", "x.pdf!/pages-401-401.txt"]
    words = b" ".join(text for text, _ in asked).split()
    assert words == [b"word%d" % n for n in range(401)]


@pytest.mark.parametrize("page", [0, 450])
def test_one_page_of_interest_places_the_words_of_all(page: int) -> None:
    pages = [[(60.0, 700.0, 9.0, "cable")] for _ in range(460)]
    pages[page].append((60.0, 600.0, 9.0, "emNation"))
    budget = Budget()
    budget.wanted = lambda text, display: b"emNation" in text
    out = [x for x in render(renderer_named("pdf"), made.pdf(pages), "x.pdf", budget) if isinstance(x, Entry)]
    assert [x.path for x in out] == ["x.pdf!/pages-1-400.md", "x.pdf!/pages-401-460.md"]
    assert all("box" in where for x in out for _, where in x.marks)


def test_a_name_broken_at_a_cells_edge_is_found(tmp_path: Path) -> None:
    """The layout joins it; the text as it comes has a line break in it."""
    product = tmp_path / "manual.pdf"
    rows = [[(60.0, 700.0 - 14 * n, 9.0, text)] for n, text in enumerate(("EM_UYGUR", "_TYPE"))]
    product.write_bytes(made.pdf([[line for row in rows for line in row]]))
    found = collect(product, Options(listing=True))
    assert [a.path.rpartition("!/")[2] for a in found.artifacts if a.origin] == ["text.md"]


def test_what_is_listed_can_be_extracted(tmp_path: Path) -> None:
    for blocks in (QUIET, made.MANUAL):
        product = tmp_path / "manual.pdf"
        product.write_bytes(made.pdf_of(blocks))
        listed = [a for a in collect(product, Options(listing=True)).artifacts if a.origin]
        assert len(listed) == 1
        out = io.BytesIO()
        assert extract(product, listed[0].path, out)
        assert hashlib.sha256(out.getvalue()).hexdigest() == listed[0].sha256


def test_a_manual_that_only_names_a_type_found_elsewhere_is_read(tmp_path: Path) -> None:
    """The second search asks for names that no lexicon holds."""
    (tmp_path / "sdk.h").write_text(
        "typedef enum tagK { KIND7_UNKNOWN, KIND7_UYGUR, KIND7_OTHER, KIND7_UNIDENTIFIED } EM_GROUP7;\n"
    )
    rows = [("Field", "Type", "Use"), ("nAge", "int", "age"), ("emKind", "EM_GROUP7", "kind"), ("nMask", "int", "mask")]
    blocks = (("h", "FaceEvent"), ("t", rows))
    (tmp_path / "manual.pdf").write_bytes(made.pdf_of(blocks))
    report = sousveil.scan(tmp_path)
    assert any(p.endswith("text.md") for f in report.findings for p in [link.place.artifact for link in f.links]), (
        report
    )
