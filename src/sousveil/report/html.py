"""The report as one HTML file: nothing remote, nothing of the product interpreted, readable without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sousveil.model import PROFILING, SURE, Act, Finding, Place, Report, Verdict
from sousveil.report import view, words
from sousveil.report.rules import RuleInfo, built_in
from sousveil.report.safe import show, show_lines

if TYPE_CHECKING:
    from jinja2 import Template

_OPEN = 6
"""Findings that stand open, the strongest of each group."""
_EXCERPT = 4000
_SHORT = 300
_ROWS = 500
"""Rows of one explained reason or limit; the JSON report holds all."""
_PLACES = 8

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")

Json = dict[str, Any]


def render(report: Report, *, rules: Mapping[str, RuleInfo] | None = None, artifacts: bool = False) -> str:
    """Return the report as an HTML page with a Content-Security-Policy that allows only its own style and script."""
    from markupsafe import Markup

    css, js = _part("html.css"), _part("html.js")
    page = _Page(report, built_in() if rules is None else rules)
    return _template().render(
        page.values(artifacts),
        policy=policy(css, js),
        css=Markup(css),  # noqa: S704 - our own file
        js=Markup(js),  # noqa: S704 - our own file
        lang=language,
        source=words.gloss_source_words,
        number=lambda n: f"{n:,}",
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Escaping keeps a string from being markup; this keeps it from reordering or hiding what stands around it.
        finalize=lambda value: show(value) if type(value) is str else value,
    )
    return environment.from_string(_part("html.j2"))


@cache
def _part(name: str) -> str:
    return (resources.files("sousveil.report") / name).read_text("utf-8").replace("\r\n", "\n")


def policy(css: str, js: str) -> str:
    """Return the Content-Security-Policy: no address at all, this style and this script by their hashes."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

    return (
        f"default-src 'none'; style-src 'sha256-{digest(css)}'; script-src 'sha256-{digest(js)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def language(text: str) -> str:
    """Return the language tag that chooses the glyphs: Han characters differ between zh, ja and ko; else nothing."""
    if text.isascii():
        return ""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    return "zh" if _HAN.search(text) else ""


class _Page:
    """What the template shows, ready: every string still as it came, escaped by the template."""

    def __init__(self, report: Report, rules: Mapping[str, RuleInfo]) -> None:
        self._report, self._rules = report, rules
        self._address = view.Addresses(report)
        self._files: dict[tuple[str, str], str] = {}
        self._used: dict[str, tuple[RuleInfo, str]] = {}
        self._count = 0
        self._pictures = {(c.artifact, c.where): c.png for c in report.pictures}

    def values(self, artifacts: bool) -> Json:
        report = self._report
        lead = view.leading(report)
        sure = [f for f in report.findings if f.probability >= SURE]
        first = {group.first.id for group in view.groups(report.findings)}
        strong = [f for f in sure if f.act in lead]
        weak = [f for f in sure if f.act not in lead]
        opened = [f.id for f in strong if f.id in first][:_OPEN]
        clues = view.clues(report.findings)
        partial = report.verdict is Verdict.CLEAR and not report.complete
        return {
            "version": report.tool.get("version", ""),
            "title": words.title(report),
            "verdict": words.verdict_word(report),
            "mood": "v-partial" if partial else f"v-{report.verdict}",
            "why": words.why(report),
            "reservation": words.reservation(report),
            "notes": report.product.notes,
            "facts": self._facts(len(strong), sure, clues),
            "strong": [self._finding(f, f.id in opened) for f in strong],
            "weak": [self._finding(f, False) for f in weak],
            "clues": [self._finding(f, False) for f in clues],
            "acts": [str(act) for act in words.ordered(f.act for f in report.findings)],
            "traits": [(str(t), words.trait_words(t)) for t in sorted({f.trait for f in report.findings})],
            "explained": [self._explained(*group) for group in view.by_reason(report.explained)],
            "explained_lead": self._explained_lead(),
            "limits": [self._limit(*group) for group in view.by_limit(report.limits)],
            "limits_lead": self._limits_lead(),
            "files": [
                {"anchor": anchor, "address": self._address(path), "sha256": sha256}
                for (path, sha256), anchor in sorted(self._files.items())
            ],
            "rules": [self._used[rule] for rule in sorted(self._used)],
            "meanings": self._meanings(),
            "made": self._made(),
            "artifacts": report.artifacts if artifacts else (),
            "address": self._address,
        }

    def _facts(self, strong: int, sure: Sequence[Finding], clues: Sequence[Finding]) -> list[tuple[str, str, str]]:
        report = self._report
        rows = [
            (strong, "finding", "findings", "findings"),
            (len(sure) - strong, "other finding", "other findings", "also"),
            (len(clues), "clue", "clues", "clues"),
            (view.harmless_places(report.explained), "explained away", "explained away", "explained"),
            (len(report.limits), "not seen or not whole", "not seen or not whole", "limits"),
        ]
        out = [
            (f"{n:,}", one if n == 1 else many, anchor if n else "")
            for n, one, many, anchor in rows
            if n or anchor == "findings"
        ]
        return [*out, (f"{report.counts.files:,}", "file" if report.counts.files == 1 else "files", "made")]

    def _finding(self, finding: Finding, is_open: bool) -> Json:
        self._count += 1
        anchor = f"f{self._count}"
        construct = finding.construct
        first, others = view.evidence(finding)
        said: set[tuple[str, str]] = set()
        name, colon, phrase = words.headline_parts(finding)
        place = finding.places[0] if finding.places else None
        return {
            "anchor": anchor,
            "id": finding.id,
            "act": str(finding.act),
            "trait": str(finding.trait),
            "open": is_open,
            "name": name,
            "colon": colon,
            "said": phrase,
            "likely": f"{words.how_likely(finding.probability)} · {finding.probability:.2f}",
            "kind": words.kind_line(construct, finding.places),
            "address": self._at(place) if place else "",
            "first": self._blocks(finding, first, anchor, said),
            "others": self._blocks(finding, others, anchor, said),
            "others_count": f"{words.plural(len(others), 'more place')} it rests on",
            "reasons": [self._reason(finding, line, anchor) for line in view.short(finding.reasons)],
            "not_proved": finding.not_proved,
            "links": [
                {
                    "relation": words.relation_words(link.relation),
                    "name": link.name,
                    "text": self._short(link.place),
                    "address": self._at(link.place),
                }
                for link in finding.links
            ],
            "members": construct.members,
            "members_count": f"All it holds: {words.plural(len(construct.members), 'name')}",
            "rule": finding.rule,
            "rule_anchor": self._rule(finding),
        }

    def _blocks(self, finding: Finding, chosen: Iterable[int], anchor: str, said: set[tuple[str, str]]) -> list[Json]:
        blocks: list[Json] = []
        for index in chosen:
            place = finding.places[index]
            if not blocks or blocks[-1]["path"] != place.artifact:
                blocks.append(
                    {
                        "path": place.artifact,
                        "address": self._at(place),
                        "encoding": place.encoding,
                        "sha256": place.sha256,
                        "file": self._file(place),
                        "quotes": [],
                    }
                )
            blocks[-1]["quotes"].append(self._quote(place, f"{anchor}p{index}", said))
        return blocks

    def _rule(self, finding: Finding) -> str:
        """Return the anchor of what is said once of the finding's rule."""
        if finding.rule not in self._used:
            what = finding.reasons[0].text if finding.reasons else ""
            info = self._rules.get(finding.rule) or RuleInfo(finding.rule, what)
            self._used[finding.rule] = (info, f"rule{len(self._used) + 1}")
        return self._used[finding.rule][1]

    def _at(self, place: Place) -> str:
        return view.at_line(self._address(place.artifact), place)

    def _file(self, place: Place) -> str:
        return self._files.setdefault((place.artifact, place.sha256), f"file{len(self._files) + 1}")

    def _quote(self, place: Place, anchor: str, said: set[tuple[str, str]]) -> Json:
        text, before, behind = view.excerpt(place, _EXCERPT)
        if view.named(place):
            text = view.base(place.artifact)
        # Line feeds are the only controls that stay, so pieces are shown line by line.
        pieces = [(piece, marked) for piece, marked in view.segments(place, "\n".join(show_lines(text)))]
        return {
            "anchor": anchor,
            "line": view.line_number(place),
            "lang": language(text),
            "named": view.named(place),
            "picture": _data(self._pictures.pop((place.artifact, place.where), b"")),
            "picture_of": f"{self._address(place.artifact)}, {place.where}",
            "before": before,
            "behind": behind,
            "pieces": [part for piece, marked in pieces for part in _by_line(piece, marked)],
            "glosses": view.unsaid(view.glosses(place), said),
        }

    def _reason(self, finding: Finding, line: view.Line, anchor: str) -> Json:
        signed = finding.act in PROFILING and line.weight
        side = ("for" if line.weight > 0 else "against") if signed else "group"
        return {
            "text": line.text,
            "side": side,
            "children": [
                {
                    "text": child.text,
                    "at": [
                        {"anchor": f"{anchor}p{i}", "line": view.line_number(finding.places[i]) or i + 1}
                        for i in child.places[:_PLACES]
                        if 0 <= i < len(finding.places)
                    ],
                }
                for child in line.children
            ],
        }

    def _explained(self, reason: str, rule: str, items: Sequence[Any]) -> Json:
        return {
            "reason": reason,
            "rule": rule,
            "count": len(items),
            "left": max(0, len(items) - _ROWS),
            "places": [
                {
                    "name": one.item.construct.name or f"({words.construct_words(one.item.construct)})",
                    "address": self._at(one.item.place),
                    "text": self._short(one.item.place),
                }
                for one in items[:_ROWS]
            ],
        }

    def _explained_lead(self) -> str:
        count = view.harmless_places(self._report.explained)
        held = words.plural(count, "place holds", "places hold")
        return f"{held} a word of a protected trait and {'is' if count == 1 else 'are'} harmless."

    def _limit(self, reason: str, hides: bool, items: Sequence[Any]) -> Json:
        return {
            "reason": words.limit_words(reason),
            "hides": hides,
            "count": len(items),
            "left": max(0, len(items) - _ROWS),
            "rows": [(self._address(item.path), item.detail) for item in items[:_ROWS]],
        }

    def _limits_lead(self) -> str:
        if self._report.complete:
            return "Nothing can be hidden by these; they are listed so that nothing is passed over."
        return "What could not be opened or understood, or was not asked for, may hold more than this report shows."

    def _short(self, place: Place) -> str:
        text, before, behind = view.excerpt(place, _SHORT)
        return ("… " if before else "") + " ".join(text.split()) + (" …" if behind else "")

    def _meanings(self) -> list[tuple[str, str]]:
        acts = {f.act for f in self._report.findings} | {Act.INFERS, Act.TARGETS, Act.RECORDS}
        return [(str(act), words.ACT_MEANINGS[act]) for act in words.ordered(acts)]

    def _made(self) -> list[tuple[str, str]]:
        report = self._report
        kinds = sorted(report.counts.by_kind.items(), key=lambda kv: (-kv[1], kv[0]))
        rows = [
            ("Product, as asked for", report.product.name),
            ("Package URL", report.product.purl),
            ("Files scanned", ", ".join(report.product.files)),
            ("Looked at", words.seen_words(report)),
            *([("Of these bytes", coverage)] if (coverage := words.coverage_words(report)) else []),
            ("Kinds of file", ", ".join(f"{name} {n:,}" for name, n in kinds)),
            ("Made by", " ".join(report.tool.get(key, "") for key in ("name", "version"))),
            ("Form of the data", report.schema),
            *((key.replace("_", " ").capitalize(), str(value)) for key, value in sorted(report.run.items())),
        ]
        return [(label, value) for label, value in rows if value]


def _data(png: bytes) -> str:
    """Return a picture as an address that holds it; it is shown once, where it is first quoted."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii") if png else ""


def _by_line(piece: str, marked: bool) -> list[tuple[Any, bool]]:
    """Return a piece of quoted text cut at line feeds, which the template must not spell out."""
    from markupsafe import Markup

    out: list[tuple[Any, bool]] = []
    for number, line in enumerate(piece.split("\n")):
        if number:
            out.append((Markup("\n"), False))
        if line:
            out.append((line, marked))
    return out
