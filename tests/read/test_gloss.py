"""Value lists, attribute lists and comment marks: what is one, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.read.gloss import attribute_key, attribute_list, clean, join, values

LISTS = {
    "0未识别 1黄 2黑 3白": "0=未识别 1=黄 2=黑 3=白",
    "0: 未识别 1: 黄色 2: 黑色 3: 白色": "0=未识别 1=黄色 2=黑色 3=白色",
    "0:unknown,1:male": "0=unknown 1=male",
    "0-其它 1-少数民族": "0=其它 1=少数民族",
    "枚举 0-未知,1-黄": "0=未知 1=黄",
    "性别, 0-表示“未知”（不支持）,1 – 男 , 2 – 女, 0xff-支持，但没有识别出来": "0=“未知”（不支持） 1=男 2=女 0xff=支持",
    '_，1-"汉"，2-"蒙古"，3-"回"': "1=汉 2=蒙古 3=回",
    "0：黄色皮肤，1：棕色皮肤，2：黑色皮肤，3：白色皮肤。": "0=黄色皮肤 1=棕色皮肤 2=黑色皮肤 3=白色皮肤",
    "肤色\n0 未知\n1 黄种人\n2 黑种人": "0=未知 1=黄种人 2=黑种人",
    "(0:male 1:female)": "0=male 1=female",
    "性别(1:男;2:女;0:未知)": "1=男 2=女 0=未知",
    "是否少数民族，0表示不是，1表示是": "0=不是 1=是",
    "是否戴帽 0否1是": "0=否 1=是",
    "01-汉族 02-蒙古族 03-回族": "01=汉族 02=蒙古族 03=回族",
    "[0]未知 [1]男 [2]女": "0=未知 1=男 2=女",
    "1、汉族 2、藏族": "1=汉族 2=藏族",
    "0 unknown, 1 male, 2 female": "0=unknown 1=male 2=female",
    "M:男 F:女": "M=男 F=女",
    "enable,bit0-smart,bit1-light": "bit0=smart bit1=light",
    "取值：Asian/White/Black": "=Asian =White =Black",
}

PROSE = (
    "1. see chapter 2",
    "score 0-100, step 1",
    "10:30 to 11:45",
    "between 0 and 1 for 2 sides",
    "如年龄为15,误差为1,表示，实际年龄为14-16之间",
    "取值范围[0,100]",
    "支持1路或2路",
    "1个 2个",
    "UTF-8 and ISO-8859-1",
    "version 1.2.3",
    "see RFC 2045 - 2049",
    "type 1 or type 2",
    "step 1: open, step 2: close",
    "第1张 第2张",
    "a photograph 640 by 480 pixels",
    "2019-2021 Example Ltd.",
    "The race condition happens when 2 threads write.",
    "",
    "0",
)


@pytest.mark.parametrize("gloss", LISTS)
def test_a_value_list_is_found(gloss: str) -> None:
    expected = tuple(tuple(pair.split("=", 1)) for pair in LISTS[gloss].split(" "))
    assert values(gloss) == expected


@pytest.mark.parametrize("gloss", PROSE)
def test_prose_is_no_value_list(gloss: str) -> None:
    assert values(gloss) == ()


WORDS = st.sampled_from(["未知", "黄", "黑", "白种人", "其他", "男", "女", "不支持", "汉族"])
LATIN = st.sampled_from(["unknown", "yellow", "black", "white", "other", "male", "female"])


@given(
    st.lists(WORDS, min_size=2, max_size=9, unique=True),
    st.sampled_from([":", "-", "=", "：", " - "]),
    st.integers(0, 1),
)
def test_numbered_labels_come_back(labels: list[str], mark: str, first: int) -> None:
    gloss = ", ".join(f"{i}{mark}{label}" for i, label in enumerate(labels, first))
    assert values(gloss) == tuple((str(i), label) for i, label in enumerate(labels, first))


@given(
    st.lists(LATIN, min_size=2, max_size=7, unique=True),
    st.sampled_from([":", "-", "="]),
    st.sampled_from([",", ";", "\n"]),
)
def test_latin_labels_come_back(labels: list[str], mark: str, gap: str) -> None:
    gloss = gap.join(f"{i}{mark}{label}" for i, label in enumerate(labels))
    assert values("kind\n" + gloss) == tuple((str(i), label) for i, label in enumerate(labels))


@given(st.text(max_size=400))
def test_any_text_gives_labels_that_are_words(text: str) -> None:
    found = values(text)
    assert len(found) != 1
    keyed = [key for key, _ in found if key]
    assert len(set(keyed)) == len(keyed)
    for key, label in found:
        assert label == label.strip() and any(c.isalpha() for c in label)
        assert not key or key in text


@given(st.text(alphabet="abcdefghij klmnop.,", max_size=200))
def test_text_without_numbers_is_no_list(text: str) -> None:
    assert values(text) == ()


@given(st.integers(0, 9), st.integers(10, 9999))
def test_ranges_and_times_are_no_lists(low: int, high: int) -> None:
    assert values(f"range {low}-{high}, default {low}:{high}") == ()


ATTRIBUTE = st.from_regex(r"[a-z_]{2,12}", fullmatch=True)


@given(st.lists(ATTRIBUTE, min_size=3, max_size=12), st.sampled_from([",", ", ", "|", ";", "、"]))
def test_attribute_lists_come_back(names: list[str], mark: str) -> None:
    assert attribute_list(mark.join(names)) == tuple(names)


@given(st.lists(ATTRIBUTE, min_size=2, max_size=12), st.sampled_from([",", "|"]))
def test_attribute_lists_with_a_key_come_back(names: list[str], mark: str) -> None:
    text = "https://face.example/detect?key=1&return_attributes=" + mark.join(names) + "&v=2"
    assert attribute_list(text) == tuple(names)
    assert attribute_key(text) == "return_attributes"


@pytest.mark.parametrize(
    "text",
    ["Hello, world", "a,b", "1,2,3", "select id,name from t", "liba.so,libb.so,libc.so", "", "one two three",
     "10,20,age",
     "Well, this is prose, not a list", "age,gender|race,x"],
)  # fmt: skip
def test_what_is_no_attribute_list(text: str) -> None:
    assert attribute_list(text) is None
    assert attribute_key(text) == ""


def test_attribute_lists_in_the_wild() -> None:
    assert attribute_list("性别,年龄,民族") == ("性别", "年龄", "民族")
    assert attribute_list('{"face_field":"age,beauty,race"}') == ("age", "beauty", "race")
    assert attribute_list("face_field=age%2Crace") == ("age", "race")


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("// 维族(新疆)\t", "维族(新疆)"),
        ("///< race of the face", "race of the face"),
        ("/* 字段预留,暂不开放*/", "字段预留,暂不开放"),
        ("/**\n * \\if ENGLISH_LANG\n * Yellow\n * \\else\n * 黄\n * \\endif\n */", "Yellow\n黄"),
        ("/** @brief Race<br>0:a */", "Race\n0:a"),
        ("//-----------------", ""),
        ("/////////// 人脸识别接口 ///////////", "人脸识别接口"),
        ("/**\n * {@link EM_RACE} of a face\n * @author someone\n * @since 1.0\n */", "EM_RACE of a face"),
        ("/// <summary>race</summary>", "race"),
        ("# race", "race"),
        ("-- race", "race"),
    ],
)
def test_comment_marks_are_taken_away(comment: str, words: str) -> None:
    assert clean(comment) == words


@given(st.text(max_size=300))
def test_cleaning_never_fails_and_leaves_no_empty_lines(text: str) -> None:
    lines = clean(text).split("\n")
    assert lines == [""] or all(line.strip() == line and line for line in lines)


def test_glosses_are_joined_once() -> None:
    assert join("race", "", "race", "民族") == "race\n民族"
