"""How tests run the command line: as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sousveil

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's environment with nothing of the tester's own: no colour wishes, temporary files of its own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    keep = {
        k: v
        for k, v in os.environ.items()
        if k not in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "SOUSVEIL_DEBUG", "PYTHONPATH")
    }
    return {
        **keep,
        "PYTHONPATH": str(Path(sousveil.__file__).parents[1]),
        "PYTHONWARNINGS": "ignore",
        "TMPDIR": str(temporary),
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run sousveil with arguments and return what it printed and its exit code."""

    def call(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
        env = {**environment, **more.pop("env", {})}  # type: ignore[dict-item]
        options: dict[str, object] = {"cwd": tmp_path, "timeout": 60, "stdin": subprocess.DEVNULL, **more}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [sys.executable, "-m", "sousveil", *args],
            env=env,
            capture_output="stdout" not in options,
            encoding="utf-8",
            errors="surrogateescape",
            **options,
        )

    return call


HEADER = """\
// 民族
typedef enum tagXQ_NATION_TYPE
{
    XQ_NATION_UNKNOWN,          // 未知
    XQ_NATION_UYGUR,            // 维族(新疆)
    XQ_NATION_OTHER,            // 其他
    XQ_NATION_UNIDENTIFIED,     // 设备未识别
} XQ_NATION_TYPE;

// 人脸检测结果
typedef struct tagXQ_FACE_RESULT
{
    int             nSex;       // 性别
    int             nAge;       // 年龄
    XQ_NATION_TYPE  emNation;   // 民族
    int             nGlass;     // 是否戴眼镜
    int             nMask;      // 是否戴口罩
} XQ_FACE_RESULT;
"""

CARD = """\
// 身份证信息
typedef struct tagXQ_CITIZEN_CARD
{
    char szName[64];        // 姓名
    char szSex[8];          // 性别
    char szNation[32];      // 民族
    char szBirthday[16];    // 出生日期
    char szAddress[256];    // 住址
    char szCardNo[32];      // 身份证号码
} XQ_CITIZEN_CARD;
"""


@pytest.fixture
def header(tmp_path: Path) -> Path:
    """A made-up header that profiles."""
    path = tmp_path / "xq_face.h"
    path.write_text(HEADER, "utf-8")
    return path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A made-up header that only records."""
    path = tmp_path / "xq_card.h"
    path.write_text(CARD, "utf-8")
    return path


@pytest.fixture
def harmless(tmp_path: Path) -> Path:
    """A file without any term."""
    path = tmp_path / "harmless.c"
    path.write_text("int main(void) { return 0; }\n", "utf-8")
    return path
