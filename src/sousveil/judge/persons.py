"""Persons that are gathered by their people: 维族人员, 新疆籍流动人员, 涉藏群体人员信息.

A form asks for somebody's people; what is called after the persons of one people holds nobody else. The phrase stands
alone, as the name of a library, a label, a field or a comment does: a sentence about them is a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sousveil.judge.features import Seen
from sousveil.judge.scene import Condition, Result, RuleError, Scene
from sousveil.match.lexicon import Tag
from sousveil.model import Trait

_PHRASE = re.compile(r"[^\n\r\t\"'“”‘’`()（）\[\]{}<>|/\\*#=:：]+")
_SENTENCE = re.compile(r"[，。；、,;!！?？]")
_MOST = 26
_LONGEST_VALUE = 60
_AT_ALL = re.compile(r"人员|群体|人群|群众|重点人|高危人|在逃|人口|族人")
# Between a people and its persons: where they live, what the police say of them.
_PERSONS = re.compile(
    r"(?:的|籍|外来|流动|重点|常住|暂住|居住|务工|入住|住宿|聚集|相关|可疑|高危|网上|涉稳|特定|敏感){0,3}"
    r"(?:人员|群体(?:人员)?|人群|重点人|高危人|在逃(?:人员)?|流动人口|暂住人口)"
)
_THEMSELVES = re.compile(r"(?:人员|群体|群众)(?:库|模型)?\Z")
# 维族人 alone is anybody of them; 陌生维族人 are those that a camera has seen.
_SEEN = re.compile(r"(?:陌生|在册|可疑|高危|外来|流窜)\Z")
_SOMEBODY = re.compile(r".族?人")
# What is done with them, where it is not the end. Schools, benefits and shares of a staff are other things.
_HANDLED = re.compile(
    r"\s*(?:\Z|库|名单|(?:居住|住宿|户籍)?信息|列表|档案|登记|管理|统计|(?:多维)?分析|查询|检索|搜索|采集|详细|详情|展示|台账|标签|画像|轨迹|落脚|位置|"
    r"动向|去向|研判|预警|报警|告警|布控|管控|管理|监测|监控|核查|排查|盘查|同时|入住|出现|进入|离开|聚集|徘徊|识别|抓拍|比对|导出|导入|类型|类别|\d|…)"
)
# Minorities in general are one box among others of a staff's form, and counted; a register of them is neither.
_ANY_MINORITY = frozenset(("少数民族", "少數民族"))
_REGISTER = re.compile(
    r"(?:流动|外来|暂住|重点|可疑|高危|敏感|涉稳|入住|住宿|聚集|库|名单|档案|登记|分析|采集|详细|台账|画像|轨迹|落脚|位置|动向|去向|"
    r"研判|预警|报警|告警|布控|管控|监测|监控|核查|排查|盘查|出现|进入|离开|徘徊|识别|抓拍|比对)"
)
# Whoever is not of them is most people.
_MAJORITY = frozenset(("han",))


def find_persons(text: str, trait: Trait, tagger: Callable[[str], Sequence[Tag]]) -> Tag | None:
    """Return the term of the first phrase in ``text`` (4,000 characters at most) that names the persons of one group of
    ``trait``: at most 26 characters long, no sentence, and followed by nothing but what is done with such persons."""
    text = text[:4000]
    if _AT_ALL.search(text) is None:
        return None
    for found in _PHRASE.finditer(text):
        phrase = found[0].strip()
        if len(phrase) > _MOST or _AT_ALL.search(phrase) is None or _SENTENCE.search(phrase):
            continue
        for tag in tagger(phrase):
            if tag.role not in ("group", "practice") or tag.trait != trait or tag.strength != "certain":
                continue
            if tag.concept in _MAJORITY or (tag.term in _ANY_MINORITY and not _REGISTER.search(phrase)):
                continue
            named = _PERSONS.match(phrase, tag.end)
            end = tag.end if _THEMSELVES.search(phrase[tag.start : tag.end]) else named.end() if named else 0
            if not end and _SEEN.search(phrase[: tag.start]) and _SOMEBODY.search(phrase[tag.start : tag.end + 2]):
                return tag
            if end and _HANDLED.match(phrase, end):
                return tag
    return None


def persons_of(value: object) -> Condition:
    """Return the condition that such persons are named in the ``name``, the ``gloss``, the ``text`` or the ``members``
    of a construct; raises RuleError for any other ``value``."""
    part = str(value)
    if part not in ("name", "gloss", "text", "members"):
        raise RuleError("takes name, gloss, text or members")

    def evaluate(scene: Scene) -> Result | None:
        c, tagger = scene.features.construct, scene.features.tag
        pieces: list[tuple[str, int, str]] = []
        if part == "members":
            for i, m in enumerate(c.members):
                # A longer value is a text, or code.
                value = m.value if len(m.value) <= _LONGEST_VALUE else ""
                pieces += (("member", i, m.name), ("member-gloss", i, m.gloss), ("value", i, value))
        else:
            pieces.append((part, -1, {"name": c.name, "gloss": c.gloss}.get(part, c.gloss or c.passage.text)))
        for slot, member, text in pieces:
            tag = find_persons(text, scene.trait, tagger)
            if tag is not None:
                return Result(f"the persons of one people are named: {tag.term}", (Seen(tag, slot, member),))
        return None

    return evaluate
