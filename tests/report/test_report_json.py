"""JSON and JSON Lines: the schema, the keys, the same bytes, and whatever a product's strings hold."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.model import Report, Verdict
from sousveil.report import Stream, render, schema
from sousveil.report.jsonl import render as render_lines

KEYS = ["schema", "tool", "product", "verdict", "complete", "findings", "explained", "limits", "artifacts", "run"]
FINDING = [
    "id", "act", "trait", "basis", "probability", "rule", "summary", "construct", "reasons", "not_proved", "places",
    "links",
]  # fmt: skip
PLACE = [
    "artifact", "sha256", "offset", "length", "line", "column", "encoding", "text", "gloss", "gloss_source",
    "where", "origin",
]  # fmt: skip
Make = Callable[[str], Report]


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(schema())


def test_the_schema_is_one_and_describes_every_key() -> None:
    built = schema()
    jsonschema.Draft202012Validator.check_schema(built)
    assert built["title"] == "sousveil-report/1"
    assert "$id" not in built
    assert list(built["properties"]) == KEYS
    for part in (built, *built["$defs"].values()):
        for name, value in part.get("properties", {}).items():
            assert value["description"].strip(), name
            assert "default" not in value
        if "properties" in part:
            assert set(part["properties"]) - set(part["required"]) <= {"list"}


def test_the_schema_refuses_what_is_not_a_report(validator: Any, made: Make) -> None:
    report = json.loads(render(made("profiles"), "json"))
    assert validator.is_valid(report)
    for spoil in (
        lambda r: r.update(schema="sousveil-report/2"),
        lambda r: r.pop("limits"),
        lambda r: r["findings"][0].update(act="guesses"),
        lambda r: r["findings"][0].update(probability=1.5),
        lambda r: r["findings"][0]["places"][0].update(sha256="abc"),
        lambda r: r["findings"][0]["places"][0].update(line=-1),
        lambda r: r["findings"][0].update(id="1"),
    ):
        broken = json.loads(render(made("profiles"), "json"))
        spoil(broken)
        assert not validator.is_valid(broken)


@pytest.mark.parametrize("every", [False, True])
def test_every_report_is_valid_by_the_schema(any_report: Report, validator: Any, every: bool) -> None:
    text = render(any_report, "json", artifacts=every)
    value = json.loads(text)
    validator.validate(value)
    assert list(value) == KEYS
    for finding in value["findings"]:
        assert list(finding) == FINDING
        for place in finding["places"]:
            assert list(place) == PLACE
    assert ("list" in value["artifacts"]) is every
    # A stricter reader than the standard library's takes it, too.
    assert msgspec.json.decode(text.encode("utf-8")) == value


def test_every_place_is_the_quoted_bytes(made: Make, factory: ModuleType) -> None:
    data = factory.HEADER.encode("gb18030")
    seen = 0
    for finding in json.loads(render(made("profiles"), "json"))["findings"]:
        for place in finding["places"]:
            if place["artifact"] == "sdk/face.h":
                piece = data[place["offset"] : place["offset"] + place["length"]]
                assert piece.decode(place["encoding"], "backslashreplace") == place["text"]
                seen += 1
    assert seen > 5


def test_two_runs_differ_in_run_alone(any_report: Report) -> None:
    later = msgspec.structs.replace(
        any_report,
        run={"seconds": 99.5, "started": "2030-01-01T00:00:00Z"},
        tool=dict(reversed(any_report.tool.items())),
        counts=msgspec.structs.replace(
            any_report.counts, by_kind=dict(reversed(any_report.counts.by_kind.items()))
        ),
    )  # fmt: skip
    assert render(any_report, "json") == render(any_report, "json")
    first, second = render(any_report, "json"), render(later, "json")
    at = re.compile(r'\n  "run": \{.*', re.DOTALL)
    assert at.sub("", first) == at.sub("", second)


def test_what_the_strings_say_survives(made: Make) -> None:
    report = made("hostile")
    value = json.loads(render(report, "json"))
    for finding, shown in zip(report.findings, value["findings"], strict=True):
        name = finding.construct.name
        if not any(0xD800 <= ord(c) < 0xE000 for c in name):
            assert shown["construct"]["name"] == name
    assert "\\ud800 \\udcff" in [f["construct"]["name"] for f in value["findings"]]


@pytest.mark.parametrize("format", ["json", "jsonl", "sarif"])
def test_a_terminal_that_shows_the_file_obeys_nothing(any_report: Report, format: str) -> None:
    text = render(any_report, format, artifacts=True)
    text.encode("utf-8")
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\u200c"}
    assert not bad


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(categories=None), max_size=60))
def test_any_string_makes_valid_json(factory: ModuleType, text: str) -> None:
    one = factory.finding(1, summary=text, rule=text, not_proved=(text,))
    report = factory.report(Verdict.PROFILES, findings=(one,))
    value = msgspec.json.decode(render(report, "json").encode("utf-8"))
    if text.isprintable() and text.isascii():
        assert value["findings"][0]["summary"] == text


def test_lines_come_in_order_and_end_with_the_verdict(any_report: Report) -> None:
    text = render(any_report, "jsonl")
    lines = [json.loads(line) for line in text.splitlines()]
    order = ["finding", "explained", "limit", "report"]
    types = [line["type"] for line in lines]
    assert types == sorted(types, key=order.index)
    assert types.count("report") == 1
    end = lines[-1]
    assert end["verdict"] == any_report.verdict
    assert (end["findings"], end["explained"], end["limits"]) == (
        len(any_report.findings),
        len(any_report.explained),
        len(any_report.limits),
    )
    assert types.count("finding") == len(any_report.findings)


def test_lines_hold_what_the_json_report_holds(made: Make) -> None:
    whole = json.loads(render(made("profiles"), "json"))
    built = schema()
    check = jsonschema.Draft202012Validator({"$ref": "#/$defs/Finding", "$defs": built["$defs"]})
    lines = [json.loads(line) for line in render(made("profiles"), "jsonl").splitlines()]
    findings = [line for line in lines if line.pop("type") == "finding" or "act" in line]
    assert findings == whole["findings"]
    for finding in findings:
        check.validate(finding)


def test_a_stream_writes_a_finding_as_it_comes_and_only_once(made: Make) -> None:
    report = made("profiles")
    lines: list[str] = []
    stream = Stream(lines.append)
    stream.finding(report.findings[3])
    assert json.loads(lines[0])["id"] == report.findings[3].id
    stream.finding(report.findings[3])
    assert len(lines) == 1
    stream.finish(report)
    assert sorted(lines[:-1]) == sorted(render_lines(report).splitlines(keepends=True)[:-1])
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)


def test_artifacts_are_lines_of_their_own_where_asked_for(made: Make) -> None:
    lines = [json.loads(line) for line in render(made("profiles"), "jsonl", artifacts=True).splitlines()]
    assert [line["path"] for line in lines if line["type"] == "artifact"] == ["sdk/face.h"]
    assert "list" not in lines[-1]["artifacts"]
