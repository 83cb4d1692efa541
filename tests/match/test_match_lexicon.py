"""The lexicon's files: what they must say, and errors that name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousveil.match.lexicon import Lexicon, load
from sousveil.match.schema import LexiconError, read_all

COMPANY = b"distance: 1500\nwords: {en: [face]}\n"
SOURCES = b'book: "A book"\n'
GOOD = b"""concept: uyghur
trait: ethnicity
role: group
gloss: Uyghur people
terms:
  - {text: Uyghur, language: en, strength: certain, source: book}
  - {text: Uygur, language: tr, strength: certain, source: book}
"""


def read(text: bytes) -> str:
    with pytest.raises(LexiconError) as caught:
        read_all({"company.yaml": COMPANY, "sources.yaml": SOURCES, "ethnicity/uyghur.yaml": text})
    return str(caught.value)


def test_a_good_file() -> None:
    compiled = read_all({"company.yaml": COMPANY, "sources.yaml": SOURCES, "ethnicity/uyghur.yaml": GOOD})
    assert [t.text for t in compiled.concepts[0].terms] == ["Uyghur", "Uygur"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (b"strength: certain, source: book}\n", b"strength: sure, source: book}\n", 6, "sure"),
        (b"trait: ethnicity", b"trait: height", 2, "height"),
        (b"role: group", b"roel: group", 3, "roel"),
        (b"text: Uygur", b"text: UYGHUR", 7, "stands in ethnicity/uyghur.yaml too"),
        (b"tr, strength: certain, source: book", b"tr, strength: certain, source: film", 7, "film"),
        (b"gloss: Uyghur people", b"gloss: [", 6, ""),
        (b"trait: ethnicity\n", b"", 1, "needs a trait"),
        (b"role: group", b"role: group\nfalse-friends: [{why: none}]", 4, "either"),
        (b"role: group", b"role: group\nfalse-friends: [{why: none, regex: '('}]", 4, "regular expression"),
        (b"gloss: Uyghur people", b"gloss: \xff", 4, "UTF-8"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: bytes, new: bytes, line: int, words: str) -> None:
    message = read(GOOD.replace(old, new, 1))
    assert message.startswith(f"ethnicity/uyghur.yaml:{line}:")
    assert words in message


def test_an_unknown_company_context_is_named() -> None:
    with pytest.raises(LexiconError, match=r"company\.yaml:3: there is no context 'fase'"):
        read_all({"company.yaml": COMPANY + b"contexts: [fase]\n", "sources.yaml": SOURCES})


def test_two_files_may_not_share_a_concept() -> None:
    with pytest.raises(LexiconError, match=r"stands in a\.yaml too"):
        read_all(
            {"company.yaml": COMPANY, "sources.yaml": SOURCES, "a.yaml": GOOD, "b.yaml": GOOD.replace(b"Uyg", b"X")}
        )


def test_bare_words_stay_words(tmp_path: Path) -> None:
    (tmp_path / "company.yaml").write_bytes(COMPANY)
    (tmp_path / "not.yaml").write_text("concept: not\nrole: context\nwords: {en: [no, on, 'yes']}\n")
    made = load(tmp_path, tmp_path / "cache")
    assert [t.term for t in made.tag("say no, or yes")] == ["no", "yes"]


def test_every_trait_is_covered(lexicon: Lexicon) -> None:
    roles = {(c.trait, c.role) for c in lexicon.concepts if c.trait}
    for trait in ("ethnicity", "skin-colour", "religion", "caste", "politics", "union", "sexuality"):
        assert (trait, "attribute") in roles


def test_every_term_has_a_known_source_and_a_gloss(lexicon: Lexicon) -> None:
    for entry in lexicon.entries:
        if entry.trait is not None:
            assert entry.gloss, entry.text
            assert entry.term.source.partition(":")[0] in lexicon.sources, entry.text


@pytest.mark.parametrize(
    "text",
    [
        "Uygur", "Uighur", "Uyghur", "Weiwuer", "weizu", "WZ", "维吾尔族", "維吾爾族", "ئۇيغۇر", "уйгур", "أويغور",
        "उइगर", "اویغور", "藏族", "回族", "哈萨克族", "蒙古族", "民族", "人种", "种族", "肤色", "族别", "EthicCode",
        "Ethic", "种姓", "政治面貌", "工会", "性取向",
    ],
)  # fmt: skip
def test_the_required_spellings_are_there(lexicon: Lexicon, text: str) -> None:
    assert any(e.text == text and e.trait is not None for e in lexicon.entries)


def test_all_56_groups_are_there(lexicon: Lexicon) -> None:
    groups = """汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲
        高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克
        俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺""".split()  # noqa: SIM905
    assert len(groups) == 56
    known = {e.text for e in lexicon.entries if e.role == "group"}
    assert not [g for g in groups if g + "族" not in known]
