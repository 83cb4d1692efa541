"""The HTML page: nothing remote, nothing of the product interpreted, in the text and in a real browser."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.model import Place, ProductInfo, Report, Verdict
from sousveil.report import render
from sousveil.report.html import language
from sousveil.report.rules import RuleInfo

Make = Callable[[str], Report]
RULES = {"identity-document": RuleInfo("identity-document", "A card.", "Cards <state> it.", "Use.", ("GB/T 3304",))}


def _set(words: str) -> set[str]:
    return set(words.split())


TAGS = _set(
    "a b bdi body br button code dd details div dl dt figcaption figure footer form h1 h2 h3 h4 head header html input "
    "label li link main mark meta option output p pre script section select span style summary table tbody td th thead "
    "title tr ul"
)
ATTRIBUTES = _set(
    "autocomplete charset class content data-act data-close data-open data-trait dir hidden href http-equiv id lang "
    "name open rel spellcheck title type value"
)


class Page(HTMLParser):
    """What a browser would build: tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def page_of(report: Report) -> str:
    return render(report, "html", rules=RULES, artifacts=True)


def test_only_our_own_markup(any_report: Report) -> None:
    text = page_of(any_report)
    text.encode("utf-8")
    assert text.startswith("<!doctype html>\n")
    page = Page(text)
    assert set(page.tags) <= TAGS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    assert (page.tags["script"], page.tags["style"], page.tags["title"], page.tags["h1"]) == (1, 1, 1, 1)
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    for href in page.values("href"):
        assert href == "data:," or (href.startswith("#") and href[1:] in ids)
    for name in ("class", "data-act", "data-trait", "lang", "dir"):
        assert all(re.fullmatch(r"[A-Za-z0-9 -]*", value) for value in page.values(name))


def test_the_policy_allows_this_style_and_this_script_alone(any_report: Report) -> None:
    text = page_of(any_report)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(part.strip().split(" ", 1) for part in html.unescape(policy).split(";"))
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules.pop(rule) == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    # The policy stands before anything it is to rule.
    assert text.index("Content-Security-Policy") < text.index("<style>")
    css, js = text.split("<style>")[1].split("</style>")[0], text.rsplit("<script>", 1)[1]
    assert not re.search(r"url\(|@import|@font-face|https?:", css)
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|eval|fetch|XMLHttp|https?:", js)


def test_everything_is_in_it_without_the_script(made: Make) -> None:
    report = made("profiles")
    page = Page(page_of(report))
    text = " ".join(page.text.split())
    for finding in report.findings:
        assert finding.id in text
        assert all(part in text for part in finding.not_proved)
        assert all(" ".join(place.text.split()) in text for place in finding.places)
    for part in (
        "profiles",
        "nightjar 3.2",
        "Parts of this product infer ethnicity and skin colour from the face",
        "very likely · 0.97",
        "more likely than not · 0.66",
        "a clue · 0.31",
        "sdk/face.h:2",
        "Uygur, 维族 = Uyghur people lexicon",
        "民族 the product's own words",
        "But: It stands in a form.",
        "is the type of FACE_EVENT.emNation",
        "Cards <state> it.",
        "3 places hold a word of a protected trait and are harmless.",
        "the same name twice in one container",
        "race_model_single.onnx the file’s own name",
        "pkg:pypi/nightjar@3.2",
        report.artifacts[0].sha256,
    ):
        assert part in text, part
    assert "hidden" in [name for tag, name, _ in page.attributes if tag == "form"]


def test_the_strongest_stand_open_and_the_words_are_marked(made: Make) -> None:
    text = page_of(made("profiles"))
    assert text.count('<details class="finding"') == 7
    opened = re.findall(r'<details class="finding" id="(f\d+)"[^>]* open>', text)
    assert opened == ["f1", "f2", "f3", "f4", "f5"]
    assert "<mark>UYGUR</mark>,  // <mark>维族</mark>(新疆)" in text
    assert '<pre dir="auto" lang="zh">' in text


@pytest.mark.parametrize(
    ("name", "mood", "verdict"),
    [
        ("profiles", "v-profiles", "profiles"),
        ("residue", "v-residue", "residue"),
        ("records", "v-records", "records"),
        ("clear", "v-clear", "clear"),
        ("clear-incomplete", "v-partial", "clear as far as it could be opened"),
    ],
)
def test_verdicts(made: Make, name: str, mood: str, verdict: str) -> None:
    text = page_of(made(name))
    assert f'<body class="{mood}">' in text
    assert f'<p class="verdict">{verdict}</p>' in text


def test_hostile_strings_are_text(made: Make, factory: ModuleType) -> None:
    text = page_of(made("hostile"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    shown = Page(text).text
    for payload in factory.HOSTILE[:7]:
        assert payload in shown
        assert payload not in text.replace("javascript:document", "") or "<" not in payload
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|\b49\b", shown)
    assert "<U+202E>evil" in shown
    assert "\\x1b[2J" in shown


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.characters(categories=None), min_size=1, max_size=60))
def test_any_string_stays_text(factory: ModuleType, text: str) -> None:
    place = Place(text, "0" * 64, 0, 1, 1, 1, text, text, f"{text}: {text}; x: {text} | {text}", "lexicon+code")
    one = factory.finding(1, rule=text, summary=text, not_proved=(text,), places=(place, place))
    report = factory.report(Verdict.PROFILES, product=ProductInfo(text, "", (text,)), findings=(one,))
    page = Page(render(report, "html", rules={}))
    assert set(page.tags) <= TAGS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    assert (page.tags["script"], page.tags["style"]) == (1, 1)


def test_long_lists_are_cut_and_counted(factory: ModuleType) -> None:
    report = factory.report(Verdict.CLEAR, explained=tuple(factory.harmless(n) for n in range(700)))
    text = page_of(report)
    assert "… and 200 more; the JSON report holds each." in text
    assert '<span class="n">700</span>' in text


def test_two_pages_of_one_report_are_the_same(any_report: Report) -> None:
    assert page_of(any_report) == page_of(any_report)


@pytest.mark.parametrize(
    ("text", "tag"),
    [("abc", ""), ("维族", "zh"), ("ウイグル族", "ja"), ("위구르족", "ko"), ("уйгур", ""), ("维族 uygur", "zh")],
)
def test_languages(text: str, tag: str) -> None:
    assert language(text) == tag


# In a browser

_BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
browser = pytest.mark.skipif(_BROWSER is None, reason="no Chromium on this machine")


def dom(page: Path, folder: Path) -> str:
    """Return the document as Chromium has built it after its scripts ran."""
    done = subprocess.run(
        [
            str(_BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=1000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode("utf-8")


def title(document: str) -> str:
    (found,) = re.findall(r"<title>(.*?)</title>", document, re.DOTALL)
    return html.unescape(found)


@browser
def test_a_browser_runs_our_script_and_nothing_of_the_product(made: Make, tmp_path: Path) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(page_of(made("hostile")), "utf-8")
    document = dom(page, tmp_path)
    built = Page(document)
    assert title(document) != "owned"
    assert title(document).endswith("profiles – sousveil")
    assert set(built.tags) <= TAGS
    assert built.tags["script"] == 1
    # Our own script ran: it alone takes `hidden` off the filters.
    assert "hidden" not in [name for tag, name, _ in built.attributes if tag == "form"]


@browser
def test_the_policy_holds_even_where_escaping_would_fail(made: Make, tmp_path: Path) -> None:
    payload = (
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
        "<svg onload=\"document.title='owned'\"></svg><style>body{display:none}</style>"
        "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>"
    )
    whole = page_of(made("profiles"))
    page = tmp_path / "broken.html"
    page.write_text(whole.replace("<main>", "<main>" + payload, 1), "utf-8")
    assert title(dom(page, tmp_path)) == "nightjar 3.2: profiles – sousveil"
    # The same payload works where no policy stands: the test can fail.
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", whole)
    page.write_text(bare.replace("<main>", "<main>" + payload, 1), "utf-8")
    assert title(dom(page, tmp_path)) == "owned"


@browser
def test_filters_leave_what_was_asked_for(made: Make, tmp_path: Path) -> None:
    whole = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page_of(made("profiles")))
    act = (
        "<script>const f = document.querySelector('.filters'); f.elements.act.value = 'infers';"
        "f.elements.text.value = ' TAGface_event'; f.dispatchEvent(new Event('input'));"
        "f.querySelector('[data-close]').click();</script>"
    )
    page = tmp_path / "filtered.html"
    page.write_text(whole.replace("</body>", act + "</body>"), "utf-8")
    document = dom(page, tmp_path)
    shown = re.findall(r'<details class="finding" id="(\w+)"([^>]*)>', document)
    assert [anchor for anchor, rest in shown if "hidden" not in rest] == ["f2"]
    assert not any("open" in rest for _, rest in shown)
    assert "<output>1 of 7 findings shown</output>" in document
