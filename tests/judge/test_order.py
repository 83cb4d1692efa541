"""The finding that a reader looks for stands first among those that are about as sure."""

from __future__ import annotations

from tests.judge.madeup import judge_files

HEADER = """\
typedef enum tagEM_RACE_KIND
{
    EM_RACE_UNKNOWN,      // 未知
    EM_RACE_NODISTI,      // 未识别
    EM_RACE_YELLOW,       // 黄种人
    EM_RACE_BLACK,        // 黑人
    EM_RACE_WHITE,        // 白人
} EM_RACE_KIND;

typedef enum tagEM_PEOPLE_KIND
{
    EM_PEOPLE_UNKNOWN,    // 未知
    EM_PEOPLE_UYGUR,      // 维族
    EM_PEOPLE_OTHER,      // 其他
} EM_PEOPLE_KIND;

typedef struct tagFACE_DATA
{
    int          nAge;       // 年龄
    EM_MASK      emMask;     // 口罩
    EM_BEARD     emBeard;    // 胡子
    EM_RACE_KIND   emRace;   // 种族
    EM_PEOPLE_KIND emPeople; // 民族
} FACE_DATA;
"""


def test_one_people_singled_out_comes_before_colours_and_records() -> None:
    found = judge_files({"sdk.h": HEADER}).findings
    assert [f.construct.name for f in found[:3]] == ["EM_PEOPLE_KIND", "EM_RACE_KIND", "FACE_DATA"]
