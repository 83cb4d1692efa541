"""tag(): joints, longest match, false friends, scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.match.lexicon import Lexicon, load
from sousveil.model import Trait


def traits(lexicon: Lexicon, text: str) -> list[tuple[str, str]]:
    return [(t.concept, text[t.start : t.end]) for t in lexicon.tag(text) if t.trait is not None]


@pytest.mark.parametrize(
    ("text", "concept", "seen"),
    [
        ("emNation", "nation", "Nation"),
        ("EM_NATION_TYPE", "nation", "NATION_TYPE"),
        ("EM_NATION_TYPE_UYGUR", "uyghur", "UYGUR"),
        ("byEthnic", "ethnicity", "Ethnic"),
        ("nEthnicity", "ethnicity", "Ethnicity"),
        ("RACE_LABELS", "race", "RACE"),
        ("NETRaceInfo", "race", "Race"),
        ("race2", "race", "race"),
        ("age, gender and race", "race", "race"),
        ("bias related to race", "race", "race"),
        ("predicts race with an accuracy of 0.9", "race", "race"),
        ("the race with the highest score", "race", "race"),
        ("age, not race", "race", "race"),
        ("gender and race for each face", "race", "race"),
        ("map gender and race to labels", "race", "race"),
        ("the head that maps to race for the face", "race", "race"),
        ("human race classification", "race", "race"),
        ("raceID", "race", "race"),
        ("getRaceString", "race", "Race"),
        ("cvtdl_face_race_e", "race", "race"),
        ("hasUyghurFace", "uyghur", "Uyghur"),
        ("recUygur", "uyghur", "Uygur"),
        ("skinTone", "skin-colour", "skinTone"),
        ("SKIN_TONE", "skin-colour", "SKIN_TONE"),
        ("skin-tone", "skin-colour", "skin-tone"),
        ("skin tone", "skin-colour", "skin tone"),
        ("skintone", "skin-colour", "skintone"),
        ("sexual\n * orientation", "sexual-orientation", "sexual\n * orientation"),
        ("ETHNIC_GROUPS", "ethnicity", "ETHNIC_GROUPS"),
        ("EthicCode", "ethnicity", "EthicCode"),
        ("维族(新疆)", "uyghur", "维族"),
        ("民 族：", "ethnicity", "民 族"),
        ("人种", "race", "人种"),
        ("膚色", "skin-colour", "膚色"),
        ("ئۇيغۇرلار", "uyghur", "ئۇيغۇرلار"),
        ("уйгуры", "uyghur", "уйгуры"),
        ("УЙГУРЫ", "uyghur", "УЙГУРЫ"),
        ("بالأويغور", "uyghur", "أويغور"),
        ("उइगर", "uyghur", "उइगर"),
        ("Uygurlar", "uyghur", "Uygurlar"),
        ("اویغورها", "uyghur", "اویغورها"),
        ("raça_cor", "race", "raça_cor"),
        ("인종은", "race", "인종"),
        ("caucasian", "racial-labels", "caucasian"),
        ("prop_sc", "caste-groups", "prop_sc"),
        ("政治面貌", "politics", "政治面貌"),
        ("工会会员", "trade-union", "工会会员"),
    ],
)
def test_a_term_is_seen_at_its_joints(lexicon: Lexicon, text: str, concept: str, seen: str) -> None:
    assert (concept, seen) in traits(lexicon, text)


@pytest.mark.parametrize(
    "text",
    [
        "trace", "embrace", "brace terrace", "setHicCode", "racer", "TRACE_LEVEL", "raceway",
        "race condition", "race_condition", "raceConditions", "RACE_CONDITION", "race-condition", "data race",
        "dataRaceDetector", "go test -race ./...", "raceDirector", "race track", "race car", "horse race", "arms race",
        "a race between two threads", "race with the writer", "a race with teardown", "threads race",
        "it races to finish", "race against time", "Promise.race([a, b])",
        "Formula 1 Race", "human race",
        "低维族", "运维族", "运维族群", "开发运维族", "一维族", "私人种子", "非人种族", "物种族", "物种",
        "皮肤色板", "换肤", "appSkin", "skinPath", "skin cancer",
        "combination", "destination", "donation", "international", "explanation", "termination", "coordination",
        "United Nations",
        "新疆维吾尔自治区", "新疆维吾尔族自治区", "延边朝鲜族自治州", "宁夏回族自治区", "玉树藏族自治州",
        "ボリビア多民族国", "民族大学", "民族路", "中华民族", "Xinjiang Uyghur Autonomous Region",
        "新疆ウイグル自治区", "隐藏族", "返回族", "北京族", "水族馆", "哈萨克斯坦",
        "islamic calendar", "East Asian Width", "castel", "cast", "forecast", "endian", "Indian Ocean",
        "black list", "white list", "white space", "handle", "线性向量", "定性向", "员工会议", "施工会",
        "외국인종합", "涉疆域", "黑人牙膏", "code of ethics", "Caucasian Albanian",
    ],
)  # fmt: skip
def test_a_false_friend_is_no_term(lexicon: Lexicon, text: str) -> None:
    assert traits(lexicon, text) == []


def test_every_literal_false_friend_of_the_lexicon_holds(lexicon: Lexicon) -> None:
    for concept in lexicon.concepts:
        if not concept.terms:
            continue
        for friend in concept.false_friends:
            if friend.text:
                assert concept.concept not in [c for c, _ in traits(lexicon, friend.text)], friend.text


def test_asian_is_not_in_caucasian(lexicon: Lexicon) -> None:
    assert traits(lexicon, "Caucasian, Asian") == [("racial-labels", "Caucasian"), ("racial-labels", "Asian")]


def test_the_longest_term_wins(lexicon: Lexicon) -> None:
    assert traits(lexicon, "维吾尔族") == [("uyghur", "维吾尔族")]
    assert traits(lexicon, "少数民族") == [("minority-practice", "少数民族")]
    assert traits(lexicon, "white_non_hispanic") == [("racial-labels", "white_non_hispanic")]


def test_labels_listed_in_a_comment(lexicon: Lexicon) -> None:
    assert [seen for _, seen in traits(lexicon, "//肤色 0未识别 1黄 2黑 3白")] == ["肤色", "黄", "黑", "白"]
    assert traits(lexicon, "黑名单 白名单 白天 黄河") == []


def test_weak_terms_are_tagged_as_weak(lexicon: Lexicon) -> None:
    for text in ("white", "Han", "WZ", "SC", "黄", "yellow"):
        (tag,) = (t for t in lexicon.tag(text) if t.trait is not None)
        assert tag.strength == "weak"


def test_a_context_does_not_hide_a_trait(lexicon: Lexicon) -> None:
    tags = lexicon.tag("政治面貌")
    assert {t.role for t in tags} >= {"attribute", "context"}
    contexts = [t for t in tags if t.role == "context"]
    assert all(t.trait is None for t in contexts)


def test_contexts_of_one_place_do_not_hide_each_other(lexicon: Lexicon) -> None:
    assert {"face", "face-library"} <= {t.concept for t in lexicon.tag("人脸库")}


def test_tags_carry_what_a_report_needs(lexicon: Lexicon) -> None:
    (tag,) = lexicon.tag("维族")
    assert (tag.trait, tag.role, tag.gloss, tag.strength) == (Trait.ETHNICITY, "group", "Uyghur people", "certain")
    assert tag.language == "zh-Hans"


_ALPHABET = st.one_of(
    st.sampled_from(
        ["race", "Race", "RACE", "民族", "维吾尔", "skin", "tone", " ", "_", "-", "raça", "уйгур", "白", "1"]
    ),
    st.characters(),
)


@given(st.lists(_ALPHABET, max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_tagged(text: str) -> None:
    tags = _lexicon().tag(text)
    end = 0
    assert [t.start for t in tags] == sorted(t.start for t in tags)
    for tag in tags:
        assert 0 <= tag.start < tag.end <= len(text)
        if tag.trait is not None:
            assert tag.start >= end
            end = tag.end


_kept: list[Lexicon] = []


def _lexicon() -> Lexicon:
    if not _kept:
        _kept.append(load())
    return _kept[0]


def test_tagging_is_linear_in_dense_text(lexicon: Lexicon) -> None:
    tags = lexicon.tag("race 民族 skin_tone " * 5_000)
    assert sum(t.trait is not None for t in tags) == 15_000


def test_describe(lexicon: Lexicon) -> None:
    found = lexicon.describe("维族")
    assert found.entries[0].concept == "uyghur"
    assert found.entries[0].term.source in found.sources
    assert any(friend.text == "低维族" and concept == "uyghur" for concept, friend in found.false_friends)
    assert found.encodings["utf-8"] == "e7 bb b4 e6 97 8f"
    assert found.encodings["gb18030"] == "ce ac d7 e5"
    assert lexicon.describe("no such word at all").entries == ()
