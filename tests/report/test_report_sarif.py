"""SARIF: its shape by the standard, levels, places, links that are ours and none that a product smuggles in."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from sousveil.model import Act, Limit, Place, ProductInfo, Report, Verdict
from sousveil.report import render
from sousveil.report.sarif import RuleInfo

_spec = importlib.util.spec_from_file_location("sarif_shape", Path(__file__).with_name("sarif_shape.py"))
assert _spec and _spec.loader
sarif_shape = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sarif_shape)

Make = Callable[[str], Report]
RULES = {
    "recogniser-enumeration": RuleInfo(
        "recogniser-enumeration",
        "A short list names one people.",
        "A form\n  lists all.",
        "Not what fills it.",
        ("IPVM, 2020",),
    )
}


def run_of(report: Report, **options: Any) -> dict[str, Any]:
    log = json.loads(render(report, "sarif", rules=RULES, **options))
    run: dict[str, Any] = log["runs"][0]
    return run


def locations(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [place for r in run["results"] for place in (*r["locations"], *r["relatedLocations"])]


@pytest.mark.parametrize("every", [False, True])
def test_the_shape_is_that_of_the_standard(any_report: Report, every: bool) -> None:
    log = json.loads(render(any_report, "sarif", rules=RULES, artifacts=every))
    jsonschema.Draft202012Validator(sarif_shape.SHAPE).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["kind"] == "fail" or result["level"] == "none"
        ids = [place["id"] for place in result["relatedLocations"]]
        assert len(set(ids)) == len(ids)
    for place in locations(run):
        where = place["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][where["index"]]["location"]["uri"] == where["uri"]


@pytest.mark.skipif("SOUSVEIL_SARIF_SCHEMA" not in os.environ, reason="SOUSVEIL_SARIF_SCHEMA names no schema file")
def test_the_committees_own_schema(any_report: Report) -> None:
    whole = json.loads(Path(os.environ["SOUSVEIL_SARIF_SCHEMA"]).read_text("utf-8"))
    jsonschema.Draft4Validator(whole).validate(json.loads(render(any_report, "sarif", artifacts=True)))


@pytest.mark.parametrize(
    ("act", "level"),
    [
        (Act.INFERS, "error"),
        (Act.TARGETS, "error"),
        (Act.RESIDUE, "warning"),
        (Act.RECORDS, "note"),
        (Act.MEASURES, "note"),
    ],
)
def test_levels_by_act(factory: ModuleType, act: Act, level: str) -> None:
    run = run_of(factory.report(Verdict.PROFILES, findings=(factory.finding(1, act=act),)))
    assert run["results"][0]["level"] == level
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == level


def test_a_clue_is_for_review(made: Make) -> None:
    (clue,) = [r for r in run_of(made("profiles"))["results"] if r["kind"] == "review"]
    assert clue["level"] == "none"
    assert clue["message"]["text"].startswith("A clue: ")
    assert clue["rank"] == 31.0


def test_a_result_points_quotes_and_says_what_it_does_not_prove(made: Make) -> None:
    result = run_of(made("profiles"))["results"][0]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {
        "startLine": 2,
        "startColumn": 1,
        "endLine": 2,
        "endColumn": 31,
        "byteOffset": 8,
        "byteLength": 30,
        "snippet": {"text": "typedef enum tagEM_ETHNIC_KIND"},
    }
    text = result["message"]["text"]
    assert text.startswith("EM_ETHNIC_KIND infers ethnicity from the face: ")
    assert "“EM_ETHNIC_KIND_UYGUR, // 维族(新疆)”: Uygur, 维族 = Uyghur people" in text
    assert "This does not prove: That the function is switched on." in text
    (number,) = re.findall(r"\[FACE_EVENT\.emNation\]\((\d+)\)", text)
    (target,) = [place for place in result["relatedLocations"] if place["id"] == int(number)]
    assert target["physicalLocation"]["region"]["snippet"]["text"].endswith("// 民族")
    assert result["partialFingerprints"] == {"sousveilFinding/v1": "6b86b273ff34fce1"}


def test_a_name_has_no_region(made: Make) -> None:
    (result,) = [r for r in run_of(made("profiles"))["results"] if r["ruleId"] == "model-file"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_regions_over_several_lines(factory: ModuleType) -> None:
    source = factory.Evidence("a.py", "x = [\n  'race',\n  'age']\n")
    whole = source.place("[\n  'race',\n  'age']")
    broken = Place("a.py", source.sha256, 0, 5, 1, 1, "utf-8", "ra\\xffce")
    run = run_of(factory.report(Verdict.PROFILES, findings=(factory.finding(1, places=(whole, broken), links=()),)))
    first, second = (place["physicalLocation"]["region"] for place in locations(run))
    assert (first["startLine"], first["startColumn"], first["endLine"], first["endColumn"]) == (1, 5, 3, 9)
    assert "endLine" not in second


def test_rules_come_with_help(made: Make) -> None:
    rules = {rule["id"]: rule for rule in run_of(made("profiles"))["tool"]["driver"]["rules"]}
    known = rules["recogniser-enumeration"]
    assert known["name"] == "RecogniserEnumeration"
    assert known["shortDescription"]["text"] == "A short list names one people."
    assert known["fullDescription"]["text"] == "A short list names one people. A form lists all."
    assert "What it cannot tell: Not what fills it." in known["help"]["text"]
    assert "- IPVM, 2020" in known["help"]["markdown"]
    # A rule that nobody described still says what it found.
    assert (
        rules["person-filter"]["shortDescription"]["text"] == "A short list of values names one people against others."
    )


def test_built_in_rules_are_taken_where_none_are_given(made: Make) -> None:
    log = json.loads(render(made("records"), "sarif"))
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "identity-document"
    assert "What it cannot tell" in rule["help"]["text"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("sdk.zip!/inc/a b.h", "sdk.zip!/inc/a%20b.h"),
        ("目录/维族.h", "%E7%9B%AE%E5%BD%95/%E7%BB%B4%E6%97%8F.h"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//evil.invalid/x", "file:///evil.invalid/x"),
        ("/opt/x.h", "file:///opt/x.h"),
        ("/made/up/sdk.zip!/x.h", "sdk.zip!/x.h"),
        ("a#b?c%20", "a%23b%3Fc%2520"),
        ("back\\slash.h", "back/slash.h"),
        ("a\nb\x1b", "a/nb/x1b"),
    ],
)
def test_addresses_are_relative_references(factory: ModuleType, path: str, uri: str) -> None:
    place = Place(path, "0" * 64, 0, 1, 1, 1, "utf-8", "x")
    report = factory.report(
        Verdict.PROFILES,
        product=ProductInfo("x", "", ("/made/up/sdk.zip",)),
        findings=(factory.finding(1, places=(place,), links=()),),
    )
    where = locations(run_of(report))[0]["physicalLocation"]["artifactLocation"]["uri"]
    assert where == uri
    assert ":" not in where.removeprefix("file:")
    assert unquote(where)


def test_limits_are_notifications(factory: ModuleType) -> None:
    limits = (Limit("a.7z", "encrypted", "no [key](x)"), Limit("b", "duplicate", "", False))
    run = run_of(factory.report(Verdict.CLEAR, limits=limits))
    first, second = run["invocations"][0]["toolExecutionNotifications"]
    assert (first["level"], second["level"]) == ("warning", "note")
    assert first["message"]["text"] == "encrypted: the key is not here: no \\[key\\](x)"
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["properties"]["complete"] is False


def test_a_product_makes_no_link_in_a_message(made: Make) -> None:
    run = run_of(made("hostile"))
    texts = [r["message"]["text"] for r in run["results"]]
    texts += [place["message"]["text"] for place in locations(run) if "message" in place]
    texts += [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    for text in texts:
        for target in re.findall(r"(?<!\\)\[(?:[^\[\]\\]|\\.)*\]\(([^)]*)\)", text):
            assert target.isdigit()
    for rule in run["tool"]["driver"]["rules"]:
        assert not re.search(r"(?<!\\)\]\(", rule["help"]["markdown"])
        assert not re.search(r"(?<!\\)<", rule["help"]["markdown"])


def test_two_runs_differ_in_the_invocation_alone(any_report: Report) -> None:
    from msgspec.structs import replace

    first = json.loads(render(any_report, "sarif", rules=RULES))
    second = json.loads(render(replace(any_report, run={"started": "x", "jobs": 9}), "sarif", rules=RULES))
    for log in (first, second):
        log["runs"][0]["invocations"] = [log["runs"][0]["invocations"][0]["toolExecutionNotifications"]]
    assert json.dumps(first) == json.dumps(second)
