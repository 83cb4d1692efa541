"""A made-up SDK, described once: every format's sample is made from it, and so is the twin that must not fire.

One format, one file ``made_NAME.py`` beside this one with ``FORMAT`` (the name of the format's reader or renderer: the
last part of its module's path) and ``samples(folder)``, which yields :class:`Sample`. What needs a compiler that is not
there yields nothing and says so by ``kit.skip``. The vendor is invented and no person is described.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

NATION = "NJ_NATION_TYPE"
NATIONS = (
    ("NJ_NATION_UNKNOWN", 0, "未知"),
    ("NJ_NATION_UYGUR", 1, "维族(新疆)"),
    ("NJ_NATION_OTHER", 2, "其他"),
    ("NJ_NATION_UNIDENTIFIED", 3, "设备未识别"),
)
"""The enumeration: what a classifier puts out."""

EVENT = "NJ_EVENT_FACE_DETECT"
EVENT_FIELDS = (
    ("nChannelID", "int", "通道号"),
    ("emSex", "int", "性别"),
    ("nAge", "int", "年龄"),
    ("emNation", NATION, "民族"),
    ("nGlasses", "int", "是否戴眼镜"),
    ("nMask", "int", "是否戴口罩"),
    ("nBeard", "int", "是否有胡子"),
)
"""The event record that holds the enumeration beside what only a camera fills."""

FILTER = "NJ_FindFaceByNation"
FILTER_PARAMETERS = (("pFaceImage", "char *"), ("nSimilarity", "int"), ("emNation", NATION))
"""The search by it."""

LABELS_NAME = "race_labels"
LABELS = ("Black", "White", "Asian", "Indian", "Latino_Hispanic", "Middle Eastern")
"""A face classifier's output names."""

CARD = "NJ_CITIZEN_CARD_INFO"
CARD_FIELDS = (
    ("szName", "char[64]", "姓名"),
    ("szSex", "char[8]", "性别"),
    ("szNation", "char[32]", "民族"),
    ("szBirthday", "char[16]", "出生日期"),
    ("szAddress", "char[256]", "住址"),
    ("szCardNo", "char[32]", "身份证号码"),
    ("szIssuer", "char[128]", "签发机关"),
)
"""What a card reader transcribes. Twin: at most ``records``."""

LOCALES = (
    ("en", "English"), ("zh-CN", "简体中文"), ("ru", "Русский"), ("kk", "Kazakh"), ("ug", "Uyghur"), ("bo", "Tibetan"),
    ("ky", "Kirghiz"), ("mn", "Mongolian"), ("tr", "Turkish"), ("uz", "Uzbek"),
)  # fmt: skip
"""A table of languages. Twin: ``clear``."""

FAIRNESS = (
    "demographic parity difference by race",
    "equalized odds difference by ethnicity",
    "Selection rates are compared between the groups of the sensitive feature.",
)
"""A fairness report. Twin: at most ``measures``."""

C_HEADER = "\n".join(
    [
        f"typedef enum tag{NATION} {{",
        *(f"    {name} = {value},  // {gloss}" for name, value, gloss in NATIONS),
        f"}} {NATION};",
        f"typedef struct tag{EVENT} {{",
        *(f"    {kind} {name};  // {gloss}" for name, kind, gloss in EVENT_FIELDS),
        f"}} {EVENT};",
        "",
    ]
)
"""Enumeration and event as C source, for samples that compile or embed it."""


@dataclass(frozen=True)
class Sample:
    """One product made up, and what a scan of it must say."""

    name: str
    """File name in the product."""
    data: bytes
    verdict: str = "profiles"
    """``profiles`` of what is to be found; of a twin ``records`` or ``clear``, which is the most it may say."""
    finds: tuple[str, ...] = ()
    """Names of constructs, or texts of places, that some finding must rest on."""
    where: str = ""
    """What some finding's place must say of where it stands: part of ``Place.where`` or of ``Place.artifact``."""
    linked: tuple[str, str] | None = None
    """Names of two constructs of which one links to the other."""
    note: str = ""
    """Why a cell of the matrix is not green, where it is not."""

    @property
    def twin(self) -> bool:
        """Whether this one must not fire."""
        return self.verdict in ("records", "clear")


def need(*programs: str) -> None:
    """Skip the sample where one of ``programs`` is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def makers() -> Iterator[Path]:
    """Yield the files that make samples, one a format."""
    yield from sorted(Path(__file__).parent.glob("made_*.py"))
