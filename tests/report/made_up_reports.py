"""Made-up reports: a factory of products that do not exist, with evidence cut from bytes that do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sousveil.model import (
    Act,
    Artifact,
    Basis,
    ConstructSummary,
    Counts,
    Direction,
    Explained,
    Finding,
    Kind,
    Limit,
    Link,
    Place,
    ProductInfo,
    Reason,
    Report,
    Trait,
    Verdict,
)

HEADER = """\
// 民族
typedef enum tagEM_ETHNIC_KIND {
    EM_ETHNIC_KIND_UNKNOWN,\t\t\t// 未知
    EM_ETHNIC_KIND_UYGUR,\t\t\t// 维族(新疆)
    EM_ETHNIC_KIND_OTHER,\t\t\t// 其他
} EM_ETHNIC_KIND;
// 人脸检测事件
typedef struct tagFACE_EVENT {
    int             nAge;        // 年龄
    int             emGlasses;   // 是否戴眼镜
    EM_ETHNIC_KIND  emNation;    // 民族
} FACE_EVENT;
"""

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    '"><svg onload="document.title=\'owned\'">',
    "javascript:document.title='owned'",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "</style><style>*{display:none}",
    "<!-- <title>owned</title> -->",
    "[click](https://example.invalid/) ![x](https://example.invalid/x.png)",
    "\x1b[2J\x1b]0;owned\x07\x1b[31m",
    "\x9b31m\x85",
    "a\x00b\x08c\rd\ne\tf",
    "\u202eevil\u2066\u2069\u200f\ufeff\u00ad",
    "\ud800 \udcff",
    "\U000e0041\ue000\uffff",
    "e" + "\u0301" * 60,
    "維族" * 90,
    "x" * 400,
    "& &amp; &lt;b&gt; ' \" `",
    "نژاد\u200cپرستی",
)


class Evidence:
    """A file of a made-up product."""

    def __init__(self, path: str, text: str, encoding: str = "utf-8") -> None:
        self.path = path
        self.encoding = encoding
        self.data = text.encode(encoding)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self._text = text

    def place(self, quoted: str, gloss: str = "", source: str = "") -> Place:
        """Return the place where ``quoted`` first stands."""
        at = self._text.index(quoted)
        before = self._text[:at]
        raw = quoted.encode(self.encoding)
        return Place(
            self.path,
            self.sha256,
            len(before.encode(self.encoding)),
            len(raw),
            before.count("\n") + 1,
            at - (before.rfind("\n") + 1) + 1,
            self.encoding,
            quoted,
            gloss,
            source,
        )

    def artifact(self, kind: str = "h") -> Artifact:
        return Artifact(self.path, self.sha256, len(self.data), kind)


def finding(number: int = 0, **changes: object) -> Finding:
    """Return a plain finding; ``changes`` replace its parts, ``number`` its identity."""
    source = Evidence("sdk/face.h", HEADER, "gb18030")
    parts: dict[str, object] = {
        "id": hashlib.sha256(str(number).encode()).hexdigest()[:16],
        "act": Act.INFERS,
        "trait": Trait.ETHNICITY,
        "basis": Basis.FACE,
        "probability": 0.97,
        "rule": "recogniser-enumeration",
        "summary": "`EM_ETHNIC_KIND` infers ethnicity from the face: a short list names one people against others.",
        "construct": ConstructSummary(
            Kind.ENUMERATION,
            "EM_ETHNIC_KIND",
            ("EM_ETHNIC_KIND_UNKNOWN", "EM_ETHNIC_KIND_UYGUR", "EM_ETHNIC_KIND_OTHER"),
            (),
            Direction.PUTS_OUT,
            "c",
        ),
        "reasons": (
            Reason(
                "A short list of values names one people against others.",
                True,
                3.2,
                (),
                (
                    Reason("it is a list of fixed values (enumeration)"),
                    Reason(
                        "any of",
                        children=(
                            Reason("groups of people are named in its members: Uygur", places=(1,)),
                            Reason("never met", met=False),
                        ),
                    ),
                    Reason("words of unsure in its members: unknown, other", places=(0, 2)),
                ),
            ),
            Reason("It stands in a form.", True, -0.4, (), (Reason("words of form in its comment"),)),
        ),
        "not_proved": ("That the function is switched on.", "What anybody intended by it."),
        "places": (
            source.place("typedef enum tagEM_ETHNIC_KIND", "民族: ethnicity | 民族", "lexicon+code"),
            source.place(
                "EM_ETHNIC_KIND_UYGUR,\t\t\t// 维族(新疆)", "Uygur: Uyghur people; 维族: Uyghur people", "lexicon"
            ),
            source.place("EM_ETHNIC_KIND_UNKNOWN,\t\t\t// 未知", "未知", "code"),
        ),
        "links": (Link("type-of", "FACE_EVENT.emNation", source.place("EM_ETHNIC_KIND  emNation;    // 民族")),),
    }
    return Finding(**{**parts, **changes})  # type: ignore[arg-type]


def record(number: int = 0) -> Finding:
    """Return a finding of what an identity card states."""
    card = Evidence(
        "sdk/card.h", "// 身份证\nstruct CARD {\n  char szName[32];\n  int nEthnicity; // 民族\n};\n", "gb18030"
    )
    return finding(
        1000 + number,
        act=Act.RECORDS,
        basis=Basis.DOCUMENT,
        probability=0.9,
        rule="identity-document",
        summary="`CARD` records a declared ethnicity: the trait is what an identity card prints.",
        construct=ConstructSummary(Kind.RECORD, "CARD", ("szName", "nEthnicity"), (), Direction.KEEPS, "c"),
        reasons=(Reason("The trait is what an identity card prints.", True, -3.9),),
        not_proved=("That the trait is inferred: what a document states is stored.",),
        places=(card.place("struct CARD"), card.place("int nEthnicity; // 民族", "民族: ethnicity", "lexicon")),
        links=(),
    )


def harmless(number: int = 0, reason: str = "A language, script or locale is named.") -> Explained:
    source = Evidence(f"sdk/lang{number}.json", '{"ug": "Uyghur"}\n')
    construct = ConstructSummary(Kind.RECORD, "languages", ("ug",), (), Direction.SHOWS, "json")
    return Explained(reason, "locale", construct, source.place('"ug": "Uyghur"'), Trait.ETHNICITY)


def report(verdict: Verdict, **changes: object) -> Report:
    """Return a report of a made-up product; ``changes`` replace its parts."""
    limits = changes.get("limits", ())
    parts: dict[str, object] = {
        "schema": "sousveil-report/1",
        "tool": {"version": "0.1.0", "name": "sousveil"},
        "product": ProductInfo("pypi:nightjar==3.2", "pkg:pypi/nightjar@3.2", ("nightjar-3.2.zip",), ("wheel chosen",)),
        "verdict": verdict,
        "complete": not any(limit.incomplete for limit in limits),  # type: ignore[attr-defined]
        "findings": (),
        "explained": (),
        "limits": (),
        "counts": Counts(12, 123_456, 3, {"h": 2, "json": 10}),
        "artifacts": (Evidence("sdk/face.h", HEADER, "gb18030").artifact(),),
        "run": {"started": "2026-01-02T03:04:05Z", "seconds": 1.25, "jobs": 2},
    }
    return Report(**{**parts, **changes})  # type: ignore[arg-type]


def profiles() -> Report:
    """A header in GBK that tells a people from a face, beside a card reader and a language table."""
    event = Evidence("sdk/face.h", HEADER, "gb18030")
    carries = finding(
        2,
        rule="face-attribute-record",
        probability=0.88,
        construct=ConstructSummary(
            Kind.RECORD, "FACE_EVENT", ("nAge", "emGlasses", "emNation"), ("sdk",), Direction.PUTS_OUT, "c"
        ),
        places=(
            event.place("typedef struct tagFACE_EVENT", "人脸检测事件", "code"),
            event.place("EM_ETHNIC_KIND  emNation;    // 民族", "emNation: ethnicity; 民族: ethnicity", "lexicon"),
            event.place("int             emGlasses;   // 是否戴眼镜"),
        ),
        links=(Link("field-type", "EM_ETHNIC_KIND", event.place("typedef enum tagEM_ETHNIC_KIND")),),
    )
    skin = finding(3, trait=Trait.SKIN_COLOUR, rule="colour-labels", probability=0.81)
    filter_ = finding(
        4,
        act=Act.TARGETS,
        rule="person-filter",
        probability=0.66,
        construct=ConstructSummary(Kind.OPTION, "民族", (), ("search", "form"), Direction.ASKS_FOR, "html"),
    )
    own_name = finding(
        5,
        rule="model-file",
        probability=0.7,
        construct=ConstructSummary(Kind.STATEMENT, "race_model_single", (), ("models",), Direction.UNKNOWN, "onnx"),
        places=(
            Place("sdk/models/race_model_single.onnx", "0" * 64, 0, 0, 1, 1, "utf-8", "", "race: race", "lexicon"),
        ),
        reasons=(Reason("A model's file is named for the trait.", True, 3.0, (0,)),),
        links=(),
    )
    clue = finding(6, probability=0.31, rule="listed-values")
    return report(
        Verdict.PROFILES,
        findings=(finding(1), carries, skin, own_name, filter_, record(), clue),
        explained=(harmless(), harmless(1), harmless(2, "A race between threads.")),
        limits=(Limit("nightjar-3.2.zip!/a.zip", "duplicate", "the same name again; each is read", False),),
    )


def records() -> Report:
    return report(Verdict.RECORDS, findings=(record(), record(1)), explained=(harmless(),))


def residue() -> Report:
    slot = finding(
        7,
        act=Act.RESIDUE,
        rule="reserved-slot",
        probability=0.8,
        construct=ConstructSummary(Kind.RECORD, "HUMAN_FEATURE", ("byAge", "byRes2"), (), Direction.PUTS_OUT, "c"),
    )
    return report(Verdict.RESIDUE, findings=(slot, record()))


def measures() -> Report:
    metric = finding(8, act=Act.MEASURES, basis=Basis.DECLARED, rule="fairness", probability=0.9)
    return report(Verdict.CLEAR, findings=(metric,))


def clear() -> Report:
    return report(Verdict.CLEAR, explained=(harmless(),))


def empty() -> Report:
    return report(Verdict.CLEAR, product=ProductInfo("-"), counts=Counts(), artifacts=(), run={}, tool={})


def clear_incomplete() -> Report:
    locked = tuple(Limit(f"nightjar-3.2.zip!/secret{n}.7z", "encrypted", "its files were not read") for n in range(9))
    odd = Limit("nightjar-3.2.zip!/odd.bin", "no-such-word-yet", "something new")
    return report(Verdict.CLEAR, explained=(harmless(),), limits=(*locked, odd))


def many() -> Report:
    """Three hundred findings of forty rules."""
    found = []
    for n in range(300):
        construct = ConstructSummary(Kind.RECORD, f"Person{n}Attributes", (f"race{n}",), (), Direction.PUTS_OUT, "java")
        source = Evidence(
            f"app.jar!/com/example/person/attributes/Person{n}Attributes.java", f"\n\n  String race{n};\n"
        )
        found.append(
            finding(
                n,
                rule=f"rule-{n % 40}",
                probability=round(0.99 - n / 1000, 3),
                construct=construct,
                places=(source.place(f"String race{n};", "race: race", "lexicon"),),
                links=(),
            )
        )
    shown = tuple(harmless(n, f"Reason {n % 7}.") for n in range(80))
    return report(Verdict.PROFILES, findings=tuple(found), explained=shown)


def hostile() -> Report:
    """Every string that a product can set, set by somebody who means harm."""
    found, explained, limits, artifacts = [], [], [], []
    for n, text in enumerate(HOSTILE):
        place = Place(text, "f" * 64, 0, 9, 1, 1, text, text, f"{text}: {text} | {text}", "lexicon+code")
        construct = ConstructSummary(Kind.RECORD, text, (text, text), (text,), Direction.KEEPS, text)
        found.append(
            finding(
                n,
                rule="recogniser-enumeration" if n % 2 else text,
                summary=text,
                construct=construct,
                reasons=(Reason(text, True, 1.0, (0, 99), (Reason(text + "!", places=(0,)),)),),
                not_proved=(text,),
                places=(place, place),
                links=(Link(text, text, place),),
                probability=0.9 if n % 3 else 0.3,
            )
        )
        explained.append(Explained(text, text, construct, place, Trait.RELIGION))
        limits.append(Limit(text, text, text))
        artifacts.append(Artifact(text, "e" * 64, n, text))
    everything = " ".join(HOSTILE)
    return report(
        Verdict.PROFILES,
        product=ProductInfo(everything, "pkg:npm/" + everything + "@" + everything, HOSTILE, HOSTILE),
        findings=tuple(found),
        explained=tuple(explained),
        limits=tuple(limits),
        artifacts=tuple(artifacts),
        counts=Counts(1, 1, 1, dict.fromkeys(HOSTILE, 1)),
        run={text: text for text in HOSTILE},
    )


MAKERS: dict[str, Callable[[], Report]] = {
    "profiles": profiles,
    "residue": residue,
    "records": records,
    "measures": measures,
    "clear": clear,
    "empty": empty,
    "clear-incomplete": clear_incomplete,
    "many": many,
    "hostile": hostile,
}
