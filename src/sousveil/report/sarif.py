"""The report as SARIF 2.1.0, for code hosts and editors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from sousveil.model import SURE, Act, Artifact, Finding, Limit, Link, Place, Report
from sousveil.report import view, words
from sousveil.report.json import encode
from sousveil.report.rules import RuleInfo, built_in
from sousveil.report.safe import show

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Act.INFERS: "error",
    Act.TARGETS: "error",
    Act.RESIDUE: "warning",
    Act.RECORDS: "note",
    Act.MEASURES: "note",
    Act.MENTIONS: "none",
}
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation", "none": "recommendation"}
_LINKS = 4
_QUOTED = 160
"""Characters of evidence in a message; the snippet holds all of it."""

Json = dict[str, Any]


def render(report: Report, *, rules: Mapping[str, RuleInfo] | None = None, artifacts: bool = False) -> str:
    """Return the report as a SARIF 2.1.0 log of one run, indented."""
    log = _log(report, built_in() if rules is None else rules, artifacts)
    return msgspec.json.format(encode(log).encode("utf-8"), indent=2).decode("utf-8") + "\n"


def _log(report: Report, rules: Mapping[str, RuleInfo], artifacts: bool) -> Json:
    files = _Files(report, artifacts)
    used = _used_rules(report, rules)
    numbers = {info.id: number for number, (info, _) in enumerate(used)}
    results = [_result(f, numbers[f.rule], files) for f in report.findings]
    notifications = [_notification(limit, files) for limit in report.limits]
    invocation: Json = {"executionSuccessful": True, "toolExecutionNotifications": notifications}
    started = report.run.get("started")
    if isinstance(started, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", started):
        invocation["startTimeUtc"] = started
    invocation["properties"] = dict(sorted(report.run.items()))
    driver: Json = {"name": report.tool.get("name", "sousveil")}
    version = report.tool.get("version", "")
    if version:
        driver["version"] = version
        if re.fullmatch(r"\d+\.\d+\.\d+", version):
            driver["semanticVersion"] = version
    driver["shortDescription"] = {"text": "Finds code that sorts people by a protected trait, and says why."}
    driver["rules"] = [_rule(info, level) for info, level in used]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "artifacts": files.table(),
                "results": results,
                "properties": _product(report),
            }
        ],
    }


def _product(report: Report) -> Json:
    counts = report.counts
    return {
        "product": show(report.product.name),
        "purl": show(report.product.purl),
        "notes": [show(note) for note in report.product.notes],
        "verdict": str(report.verdict),
        "complete": report.complete,
        "why": show(words.why(report)),
        "explained": {rule: len(items) for _, rule, items in view.by_reason(report.explained)},
        "files": counts.files,
        "bytes": counts.bytes,
        "coverage": dict(sorted(counts.coverage.items())),
    }


def _used_rules(report: Report, rules: Mapping[str, RuleInfo]) -> list[tuple[RuleInfo, str]]:
    """Return the rules of the findings with the level of each, by identifier."""
    used: dict[str, tuple[RuleInfo, str]] = {}
    for finding in report.findings:
        info = rules.get(finding.rule)
        if info is None:  # a rule of the user's own folder: its sentence leads the reasons
            what = finding.reasons[0].text if finding.reasons else finding.summary
            info = RuleInfo(finding.rule, what)
        used.setdefault(finding.rule, (info, LEVELS[finding.act]))
    return [used[key] for key in sorted(used)]


def _rule(info: RuleInfo, level: str) -> Json:
    name = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", info.id) if part)
    why, limits = " ".join(info.why.split()), " ".join(info.limits.split())
    text = [_plain(info.what)]
    markdown = [f"**{_markdown(info.what)}**"]
    for label, part in (("Why", why), ("What it cannot tell", limits)):
        if part:
            text.append(f"{label}: {_plain(part)}")
            markdown.append(f"{label}: {_markdown(part)}")
    if info.references:
        text.append("References: " + "; ".join(_plain(r) for r in info.references))
        markdown.append("References:\n\n" + "\n".join(f"- {_markdown(r)}" for r in info.references))
    return {
        "id": show(info.id),
        "name": name or "Rule",
        "shortDescription": {"text": _plain(info.what)},
        "fullDescription": {"text": _plain(" ".join(part for part in (info.what, why) if part))},
        "help": {"text": "\n\n".join(text), "markdown": "\n\n".join(markdown)},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["privacy", "human-rights"], "problem.severity": _SEVERITIES[level]},
    }


def _result(finding: Finding, rule: int, files: _Files) -> Json:
    clue = finding.probability < SURE
    related: list[Json] = []
    for place in finding.places[1:]:
        related.append(files.location(place, len(related) + 1, _gloss(place) or "It rests on this, too."))
    first_link = len(related)
    for link in finding.links:
        related.append(files.location(link.place, len(related) + 1, _linked(link)))
    return {
        "ruleId": show(finding.rule),
        "ruleIndex": rule,
        # A clue is something to look at, not a failure.
        "kind": "review" if clue else "fail",
        "level": "none" if clue else LEVELS[finding.act],
        "rank": round(finding.probability * 100, 1),
        "message": {"text": _message(finding, clue, first_link)},
        "locations": [files.location(place) for place in finding.places[:1]],
        "relatedLocations": related,
        "partialFingerprints": {"sousveilFinding/v1": finding.id},
        "properties": {
            "act": str(finding.act),
            "trait": str(finding.trait),
            "basis": str(finding.basis),
            "probability": finding.probability,
            "construct": {
                "kind": str(finding.construct.kind),
                "name": finding.construct.name,
                "members": list(finding.construct.members),
            },
            "reasons": [show(line.text) for line in view.short(finding.reasons)],
            "notProved": list(finding.not_proved),
        },
    }


def _message(finding: Finding, clue: bool, first_link: int) -> str:
    head = words.headline(finding)
    what = finding.reasons[0].text if finding.reasons else ""
    parts = [f"{'A clue: ' if clue else ''}{_plain(head)}{': ' if what else '.'}{_plain(what)}"]
    best = view.telling(finding)
    told = finding.places[best] if best is not None else None
    if told is not None and told.text:
        quoted = " ".join(view.excerpt(told, _QUOTED)[0].split())
        gloss = _gloss(told)
        parts.append(f"“{_plain(quoted)}”{': ' if gloss else ''}{_plain(gloss)}")
    relations: dict[str, list[str]] = {}
    for number, link in enumerate(finding.links[:_LINKS], first_link + 1):
        relations.setdefault(link.relation, []).append(f"[{_plain(link.name) or 'this'}]({number})")
    if relations:
        said = [
            f"{_plain(words.relation_words(relation))} {words.joined(names)}" for relation, names in relations.items()
        ]
        more = len(finding.links) - _LINKS
        parts.append(f"It {'; it '.join(said)}{f', and {more} more' if more > 0 else ''}.")
    if finding.not_proved:
        parts.append("This does not prove: " + _plain(" ".join(finding.not_proved)))
    return "\n".join(parts)


def _gloss(place: Place) -> str:
    return show("; ".join(f"{', '.join(g.terms)} = {g.meaning}" if g.terms else g.meaning for g in view.glosses(place)))


def _linked(link: Link) -> str:
    return f"The finding's construct {words.relation_words(link.relation)} {show(link.name)}."


def _notification(limit: Limit, files: _Files) -> Json:
    text = words.limit_words(limit.reason) + (f": {limit.detail}" if limit.detail else "")
    return {
        "descriptor": {"id": show(limit.reason)},
        "level": "warning" if limit.incomplete else "note",
        "message": {"text": _plain(text)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": files.uri(limit.path)}}}],
    }


def _plain(text: str) -> str:
    """Return text that says itself in a SARIF message, where ``[`` would begin a link."""
    return re.sub(r"[\\\[\]]", lambda m: "\\" + m[0], show(text))


def _markdown(text: str) -> str:
    return re.sub(r"[\\`*_\[\]<>#|!~&]", lambda m: "\\" + m[0], show(text))


class _Files:
    """The log's table of files, each with an index, and the locations in them."""

    def __init__(self, report: Report, every: bool) -> None:
        self._address = view.Addresses(report)
        self._index: dict[str, int] = {}
        self._rows: list[Json] = []
        if every:
            for artifact in report.artifacts:
                self._add_whole(artifact)
        for place in self._places(report.findings):
            self._add(place)

    @staticmethod
    def _places(findings: Iterable[Finding]) -> Iterable[Place]:
        for finding in findings:
            yield from finding.places
            for link in finding.links:
                yield link.place

    def _add_whole(self, artifact: Artifact) -> None:
        if artifact.path not in self._index:
            self._index[artifact.path] = len(self._rows)
            hashes = {"sha-256": artifact.sha256}
            self._rows.append({"location": {"uri": self.uri(artifact.path)}, "length": artifact.size, "hashes": hashes})

    def _add(self, place: Place) -> None:
        if place.artifact not in self._index:
            self._index[place.artifact] = len(self._rows)
            self._rows.append({"location": {"uri": self.uri(place.artifact)}, "hashes": {"sha-256": place.sha256}})

    def table(self) -> list[Json]:
        """Return the rows, in order of their indexes."""
        return self._rows

    def uri(self, path: str) -> str:
        """Return a relative URI reference; an absolute path outside the product becomes a file URI."""
        address = show(self._address(path)).replace("\\", "/")
        quoted = quote(address, safe="/!")
        if address.startswith("/"):
            return "file:///" + quoted.lstrip("/")
        return quoted or "."

    def location(self, place: Place, number: int | None = None, message: str = "") -> Json:
        """Return a place as a SARIF location."""
        physical: Json = {
            "artifactLocation": {"uri": self.uri(place.artifact), "index": self._index[place.artifact]},
        }
        if not view.named(place):
            physical["region"] = _region(place)
        out: Json = {"physicalLocation": physical}
        if place.where:
            out["logicalLocations"] = [{"fullyQualifiedName": show(place.where)}]
        if number is not None:
            out["id"] = number
        if message:
            out["message"] = {"text": _plain(message)}
        return out


def _region(place: Place) -> Json:
    if place.line == 0:
        return {"byteOffset": place.offset, "byteLength": place.length, "snippet": {"text": place.text}}
    region: Json = {
        "startLine": max(1, place.line),
        "startColumn": max(1, place.column),
        "byteOffset": place.offset,
        "byteLength": place.length,
        "snippet": {"text": place.text},
    }
    # Where bytes did not decode the text is longer than the file's own characters: no end is better than a wrong one.
    if not re.search(r"\\x[0-9a-f]{2}", place.text):
        lines = place.text.split("\n")
        region["endLine"] = region["startLine"] + len(lines) - 1
        region["endColumn"] = (region["startColumn"] if len(lines) == 1 else 1) + len(lines[-1])
    return region
