"""The engine, on rules and words made up for the test; and every built-in rule on its own example and near-miss."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.judge import madeup
from tests.judge.madeup import matcher

from sousveil.judge import rules
from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge, met_rules
from sousveil.judge.rules import PRIOR, load_rules, logit, read_rule
from sousveil.judge.scene import RuleError
from sousveil.judge.selftest import check
from sousveil.match.lexicon import load
from sousveil.model import Act, Construct, Kind, Member, Passage, Trait, Verdict
from sousveil.read.names import read_name

RULES = load_rules()


def read(path: str, data: bytes) -> list[Sited]:
    """Return what a file and its name say."""
    named = read_name(path) if matcher().name_hits(path) else None
    return [*madeup.read(path, data), *([Sited(named, path, "0" * 64)] if named else [])]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_on_its_own_example_and_near_miss(rule) -> None:
    assert check(rule, RULES, read, load().tag) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_says_what_why_and_its_limits(rule) -> None:
    file = rule.file
    assert len(file.what) > 20 and file.what[0].isupper() and file.what.endswith(".")
    assert len(file.why) > 20
    assert len(file.limits) > 20
    assert file.near_miss.why


def spot(text: str) -> Passage:
    return Passage(0, len(text.encode()), 1, 1, "utf-8", text)


def record(name: str, *fields: str, **more: str) -> Sited:
    members = tuple(Member(f, spot(f)) for f in fields)
    return Sited(Construct(Kind.RECORD, name, spot(name), members, language="c", **more), "a/b.h", "0" * 64)


FACE = record("FACE_DETECT_INFO", "nAge", "emSex", "emGlasses", "emMask", "emEthnicity")
CARD = record("CITIZEN_CARD_INFO", "szName", "emSex", "szAddress", "szIdNumber", "nEthnicity")


def test_a_record_filled_by_a_camera_profiles_and_one_filled_from_a_card_does_not() -> None:
    face = judge([FACE], RULES, load().tag)
    card = judge([CARD], RULES, load().tag)
    assert face.verdict is Verdict.PROFILES
    assert card.verdict is Verdict.RECORDS


def test_a_harmless_construct_explains_only_itself() -> None:
    both = judge([FACE, CARD], RULES, load().tag)
    assert both.verdict is Verdict.PROFILES
    assert {f.act for f in both.findings} == {Act.INFERS, Act.RECORDS}


def test_the_order_of_constructs_changes_nothing() -> None:
    assert judge([FACE, CARD], RULES, load().tag) == judge([CARD, FACE], RULES, load().tag)


def test_every_reason_points_to_a_place_that_exists() -> None:
    for finding in judge([FACE, CARD], RULES, load().tag).findings:
        stack = list(finding.reasons)
        while stack:
            node = stack.pop()
            assert all(0 <= i < len(finding.places) for i in node.places)
            stack.extend(node.children)
        assert finding.reasons and finding.not_proved


def test_words_alone_never_infer() -> None:
    words = "Uyghur Tibetan ethnicity race 民族 维吾尔族 religion Muslim face age gender glasses detect classify"
    said = Construct(Kind.STATEMENT, "", spot(words), role="comment", language="c")
    assert judge([Sited(said, "a.c", "0" * 64)], RULES, load().tag).verdict is Verdict.CLEAR


def test_the_order_of_fields_changes_no_probability() -> None:
    fields = ["nAge", "emSex", "emGlasses", "emMask", "emEthnicity"]
    said = set()
    for turn in range(len(fields)):
        turned = fields[turn:] + fields[:turn]
        for order in (turned, turned[::-1]):
            (found,) = judge([record("FACE_DETECT_INFO", *order)], RULES, load().tag).findings
            said.add((found.act, found.trait, found.probability))
    assert len(said) == 1


def test_strength_is_the_probability_of_a_rule_alone() -> None:
    for rule in RULES:
        if rule.file.act in (Act.INFERS, Act.TARGETS):
            assert PRIOR + rule.weight == pytest.approx(logit(rule.file.strength))


GOOD = """
id: made-up
act: infers
strength: 0.6
what: A made-up rule that is only here to be loaded.
why: Because the test needs one to break.
when: {all: [{kind: Record}, {attribute: {in: [member]}}]}
example: {file: a.h, text: ""}
near-miss: {file: a.h, text: "", why: nothing is there}
limits: It does nothing at all, on purpose.
"""


def made_up(**changed: str) -> rules.Rule:
    """Return the good rule with other values for some of its keys."""
    lines = [
        f"{key}: {changed.get(key, value)}" for key, _, value in (x.partition(": ") for x in GOOD.split("\n") if x)
    ]
    return read_rule("\n".join(lines), "made-up.yaml")


def test_a_finding_tells_each_condition_that_was_met_and_where() -> None:
    (found,) = judge([FACE], [made_up()], load().tag).findings
    (reason,) = found.reasons
    assert (reason.text, reason.weight) == ("A made-up rule that is only here to be loaded.", 2.61)
    assert [(child.text, child.places) for child in reason.children] == [
        ("it is a record with fields", ()),
        ("ethnicity is named in its members: ethnicity", (1,)),
    ]
    assert found.places[1].text == "emEthnicity"


@pytest.mark.parametrize(
    ("act", "strength", "said"),
    [
        ("infers", "0.6", "How often its answers are right."),
        ("targets", "0.6", "Whether the trait was declared by the person or inferred by a machine."),
        ("residue", "0.6", "That the product still fills the slot."),
        ("records", "0.6", "That the trait is inferred: a value that a person or a document states is stored"),
        ("measures", "0.6", "That anyone is sorted: outcomes are compared between groups."),
    ],
)
def test_a_finding_of_each_act_says_what_it_does_not_prove(act: str, strength: str, said: str) -> None:
    (found,) = judge([FACE], [made_up(act=act, strength=strength)], load().tag).findings
    assert found.act == act
    assert any(one.startswith(said) for one in found.not_proved)


@pytest.mark.parametrize(("strength", "shown"), [("0.2", 0), ("0.26", 1), ("0.45", 1)])
def test_a_clue_is_shown_from_a_quarter_on_and_decides_nothing(strength: str, shown: int) -> None:
    judgement = judge([FACE], [made_up(strength=strength)], load().tag)
    assert (len(judgement.findings), len(judgement.explained)) == (shown, 1 - shown)
    assert judgement.verdict is Verdict.CLEAR


def test_what_is_made_to_test_a_program_comes_behind_it() -> None:
    sited = [
        Sited(msgspec.structs.replace(FACE.construct, name=name), path, "0" * 64)
        for name, path in (("FACE_ONE_INFO", "a/tests/one.h"), ("FACE_TWO_INFO", "b/two.h"))
    ]
    found = judge(sited, [made_up()], load().tag).findings
    assert [f.places[0].artifact for f in found] == ["b/two.h", "a/tests/one.h"]


def test_a_good_rule_loads() -> None:
    rule = read_rule(GOOD, "made-up.yaml")
    assert rule.id == "made-up"
    assert met_rules([FACE], [rule], load().tag) == {"made-up"}
    assert rule.file.traits == tuple(Trait)


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("act: infers", "act: accuses", "accuses", 3),
        ("{kind: Record}", "{knd: Record}", "knd", 7),
        ("strength: 0.6", "strength: 1.5", "strength", 4),
        ("in: [member]", "in: [membr]", "membr", 7),
        ("why: Because", "wy: Because", "wy", 6),
        ("{kind: Record}", "{kind: Recrd}", "Recrd", 7),
        ("what: A made-up", "what: [A made-up", "", 6),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, says: str, line: int) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(GOOD.replace(old, new, 1), "made-up.yaml")
    message = str(caught.value)
    assert message.startswith("made-up.yaml:")
    assert says in message
    assert abs(int(message.split(":")[1]) - line) <= 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x7fELF\xd0\x01", "written in UTF-8"),
        (b"- a\n- b\n", "keys with values"),
        (b"", "keys with values"),
        (GOOD.replace("in: [member]", "in: [member], strength: sure").encode(), "'sure' is missing, or is not known"),
        (GOOD.replace("{attribute: {in: [member]}}", "{context: {in: [member]}}").encode(), "'of' is missing"),
    ],
)
def test_a_file_that_is_no_rule_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "wrong.yaml").write_bytes(data)
    with pytest.raises(RuleError, match=r"wrong\.yaml") as caught:
        load_rules((tmp_path,))
    assert says in str(caught.value)


def test_rules_come_from_the_cache_and_a_damaged_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = rules._built_in.__wrapped__()
    monkeypatch.setattr(rules.store, "folder", lambda: tmp_path)
    assert [r.file for r in rules._built_in.__wrapped__()] == [r.file for r in made]
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(rules, "read_rule", lambda text, source: pytest.fail("parsed again"))
    again = rules._built_in.__wrapped__()
    assert [(r.file, r.source, r.dependent) for r in again] == [(r.file, r.source, r.dependent) for r in made]
    monkeypatch.undo()
    monkeypatch.setattr(rules.store, "folder", lambda: tmp_path)
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    assert [r.file for r in rules._built_in.__wrapped__()] == [r.file for r in made]
    assert rules.store.get(tmp_path, kept.name) is not None
