"""The official list of peoples in short, as readers of identity cards hold it, and lists that are another thing."""

from __future__ import annotations

from pathlib import Path

import programs
import pytest

import sousveil
from sousveil.model import Verdict

PEOPLES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
    "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂"
)
LANGUAGES = (
    "汉 英 法 德 俄 日 韩 蒙古 藏 维吾尔 哈萨克 壮 泰 老挝 越南 缅甸 印尼 马来 阿拉伯 波斯 土耳其 希腊 意大利 西班牙"
)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (PEOPLES, Verdict.RECORDS),
        (" ".join(reversed(PEOPLES.split())), Verdict.RECORDS),  # as some compilers lay strings out
        (LANGUAGES, Verdict.CLEAR),
        (" ".join(reversed(LANGUAGES.split())), Verdict.CLEAR),
    ],
)
def test_the_order_of_the_code_table_tells_it(tmp_path: Path, words: str, verdict: Verdict) -> None:
    rows = b"".join(w.encode("gb18030").ljust(12, b"\0") for w in words.split())
    made = tmp_path / "reader.so"
    made.write_bytes(programs.elf([(".rodata", bytes(40) + rows + bytes(40), False)]))
    assert sousveil.scan(made).verdict is verdict
