"""What a sentence of a manual says that the product does with persons of a group, or by a trait.

对…进行布控, "sends an alert when … is detected", "search captured persons by …": the product is spoken of, persons are,
and the group or the trait stands where the dots are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sousveil.judge.clauses import Claim
from sousveil.match.lexicon import Tag
from sousveil.model import Act, Trait


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_CLAUSE = re.compile(r"[^.;!?。！？；\n]{6,400}")
# A sentence about the world names no system that does it.
_PRODUCT = _any(
    r"系统|平台|软件|摄像|相机|支持|功能|模块|模型|方案|产品",
    r"\b(?:systems?|platforms?|software|cameras?|devices?|solutions?|modules?|apps?|applications?|products?|sdk|api)\b",
    r"\b(?:analytics|engine|operators?|users?|you can|we|supports?|allows?|enables?)\b",
    r"\b(?:систем|платформ|камер|программ|модул)\w*",
    r"\b(?:sistema?|plateforme|système|plataforma|yazılım|kamera|sistemi?)\b",
)
# One about others says who does it, one of the law or of a school speaks of other things, and one may deny it.
_OTHERS = _any(
    r"\b(?:researchers?|study|studies|papers?|journalists?|reported(?:ly)?|reports? that|critics?|human rights)\b",
    r"\b(?:authorit(?:y|ies)|governments?|law|regulation|article|accus\w+|alleg\w+|refus\w+|forbid\w*|prohibit\w*)\b",
    r"\b(?:must not|should not|never|banned|cannot|not)\b|n['’]t\b",
    r"据报道|当局|政府|研究者|法律|不得|禁止|严禁|不会|不支持|不能|学校|学生",
    r"\b(?:не|нельзя|запрещ\w+|no|ne|pas|değil)\b",
)
_DONE = (
    r"(?:管控|布控|预警|报警|告警|监控|监测|稳控|盯防|防控|追踪|跟踪|轨迹分析|研判|筛查|拦截|推送|重点关注|"
    r"重点监管|落脚点分析)"
)
_ALERTS = (
    # 发现…立即报警; …聚集预警
    re.compile(
        r"(?:发现|出现|识别到|识别出|检测到|监测到|抓拍到|一旦|当有|如有|遇到)(?P<who>[^。；]{1,60})"
        r"(?:报警|告警|预警|推送|上报|通知|拦截)"
    ),
    re.compile(r"(?P<who>[^，。；：:,]{1,30})(?:聚集|入住|出现|进入|轨迹|活动|出入)[^，。；]{0,6}(?:预警|报警|告警)"),
    # alerts … when …; alarm for …
    re.compile(
        r"(?<![^\W\d_])(?:alert|alarm|notif|warn|trigger|тревог|оповещ|уведомл|сигнал|alerta|alarma|alerte|uyarı)\w*"
        r"[^:]{0,60}?\b(?:when|whenever|if|upon|once|for|about|on|as soon as|при|если|когда|cuando|si|al|quand)\b"
        r"(?P<who>.{1,80})",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<who>.{1,80})\b(?:tespit|algıla)\w*.{0,40}(?:alarm|uyarı)\w*", re.IGNORECASE),
    re.compile(
        r"\b(?:when|whenever|if|once|если|когда|cuando)\b(?P<who>.{1,80})\b"
        r"(?:detected|recogni[sz]ed|identified|appears?|enters?|seen|появ\w+|обнаруж\w+)\b.{0,60}?"
        r"(?:alert|alarm|notif|warn|flag|police|тревог|оповещ|уведомл|полици|alerta|alarma)\w*",
        re.IGNORECASE,
    ),
)
_FOLLOWS = (
    # 对…进行管控
    re.compile(rf"对(?P<who>[^，。；,]{{1,50}}){_DONE}"),
    re.compile(
        r"\b(?:tracks?|tracking|monitors?|monitoring|surveils?|follows?|flags?|blacklists?|watchlists?|отслежива\w+)"
        r"\b(?P<who>.{1,50})",
        re.IGNORECASE,
    ),
)
# A prayer, a language or a crime against them is told of too; so is a field that is empty or was changed.
_NOT_THEM = _any(
    r"\b(?:prayers?|holidays?|festivals?|calendars?|languages?|scripts?|translat\w+|fonts?|keyboards?|recipes?|halal|kosher)\b",
    r"\b(?:fasting|churches|church|temples?|mosques?|sermons?|scriptures?|news|hate|discriminat\w+|violence|rights|crimes?)\b",
    r"\b(?:attacks?|abuse|health|vaccin\w+|disease|patients?|welfare|scholarships?|surveys?)\b",
    r"语言|文字|翻译|节日|文化|歧视|健康|疾病|疫苗|扶贫|贫困|教育|就业",
)
_FIELD = _any(
    r"\b(?:missing|empty|invalid|required|null|blank|unset|unknown|changed|updated|column|field|value)\b|字段|为空|必填"
)
# Who is meant, not a language or a place.
_WHOM = _any(
    r"人(?![民口工类数文])|族群|群体|住户|租户|户籍|居民|嫌疑|персон",
    r"\b(?:persons?|people|individuals?|men|women|residents?|visitors?|minorit(?:y|ies)|suspects?|guests?)\b",
    r"\b(?:citizens?|passengers?|pedestrians?|somebody|someone|anyone)\b",
    r"\b(?:is|are|has been) (?:\w+ )?(?:detect|recogni|identif|seen)",
    r"\b(?:лиц|граждан|человек|люд)\w*|\b(?:personas?|kişi\w*|personnes?)\b",
)
_SEARCH = (
    re.compile(
        r"\b(?:search|filter|find|retriev|quer)\w*\b(?P<whom>.{1,60}?)\b(?:by|on|according to|based on|using)\b"
        r"(?P<by>.{1,80})",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:按照?|根据|通过|依据)(?P<by>[^。；]{1,50})(?:检索|搜索|查询|筛选|查找|过滤)(?P<whom>[^。；]{1,24})"
    ),
)
_SOUGHT = _any(
    r"抓拍|人脸|人像|行人|过往|嫌疑|目标人员",
    r"\b(?:captured|faces?|pedestrians?|suspects?|snapshots?|footage|cameras?|persons? of interest|passers)",
)


def find_targeting(text: str, trait: Trait, tagger: Callable[[str], Sequence[Tag]]) -> Claim | None:
    """Return what the first clause of ``text`` that does so says is done with a group's persons, or by ``trait``.

    Nothing is returned of a clause that speaks of others, that denies, or that names no product.
    """
    for match in _CLAUSE.finditer(text[:4000]):
        clause = match[0].strip()
        if not _PRODUCT.search(clause) or _OTHERS.search(clause) or _NOT_THEM.search(clause):
            continue
        tags = [t for t in tagger(clause) if t.trait == trait]
        told = any(t.strength == "certain" for t in tags)
        for pattern in (*_ALERTS, *_FOLLOWS) if told else ():
            for found in pattern.finditer(clause):
                group = _holds(tags, found, "who", ("group", "practice"))
                named = (
                    pattern in _ALERTS and _FIELD.search(clause) is None and _holds(tags, found, "who", ("attribute",))
                )
                if (group or named) and _WHOM.search(found["who"] if pattern in _FOLLOWS else found[0]):
                    return Claim(Act.TARGETS, found[0].strip()[:160], "product")
        for pattern in _SEARCH:
            asked = pattern.search(clause)
            if asked and _SOUGHT.search(asked["whom"]) and _holds(tags, asked, "by", ("attribute",)):
                return Claim(Act.TARGETS, asked[0].strip()[:160], "product")
    return None


def _holds(tags: Sequence[Tag], found: re.Match[str], part: str, roles: Sequence[str]) -> bool:
    start, end = found.span(part)
    return any(t.role in roles and t.strength != "weak" and start <= t.start and t.end <= end for t in tags)
