"""Which encoding a text without a mark is in, where no term of the lexicon stands in its own script to decide."""

from __future__ import annotations

import random
import time

import pytest

from sousveil.read.text import Text, decode

HEADER = "public byte byEthnic;   //字段预留,暂不开放\npublic byte bySex; //性别, 0-未知，b 1-男\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", HEADER * 20),
        ("gb18030", "//是否戴眼镜 0-表示“未知”（算法不支持）,1 – 不戴, 2 – 戴\nbyte byEyeGlass;\n"),
        ("big5", "人臉屬性：年齡、性別、眼鏡，是否配戴口罩\n" * 3),
        ("shift_jis", "顔から年齢を推定する。性別も返す。\n" * 3),
        ("euc_kr", "얼굴에서 나이와 성별을 분류합니다.\n" * 3),
        ("windows-1251", "Программа определяет возраст человека по фотографии лица.\n"),
        ("windows-1251", "// пол: 0 неизвестно, 1 мужской\nint sex;\n"),
        ("koi8_r", "Программа определяет возраст человека по фотографии лица.\n"),
        ("windows-1256", "يتعرف على العمر من صورة الوجه والجنس\n" * 3),
        ("windows-1252", "// Gesicht: Größe und Ähnlichkeit für die Prüfung\nint x;\n"),
    ],
)
def test_the_reading_that_makes_words_wins(encoding: str, text: str) -> None:
    read = decode(text.encode(encoding))
    assert (read.encoding, read.utf8.decode()) == (encoding, text)


def test_a_term_found_in_its_own_bytes_outweighs_what_looks_odd() -> None:
    data = "// 民族x\n".encode("gb18030")
    assert decode(data, {"gb18030": 1}).encoding == "gb18030"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "shift_jis", "utf-16-le", "windows-1252"])
def test_places_of_a_line_with_bytes_that_are_no_text_are_those_of_a_walk(encoding: str) -> None:
    dice = random.Random(encoding)
    data = bytes(dice.choice((0x41, 0x20, 0x81, 0xE7, 0xB4, 0xFF, 0x80, 0xC3)) for _ in range(400))
    text = Text(data, encoding)
    decoded = data.decode(encoding, "replace")
    places = [text.offset(len(decoded[:n].encode("utf-8", "replace"))) for n in range(len(decoded) + 1)]
    for n in dice.sample(range(len(decoded)), 40):
        # A fresh text, asked for one place alone.
        at = len(decoded[:n].encode("utf-8", "replace"))
        assert Text(data, encoding).offset(at) == places[n]
    assert places == sorted(places)


def test_a_long_line_with_a_byte_that_is_no_text_is_walked_once() -> None:
    text = Text(b"\xff" + "民族 ".encode() * 60_000, "utf-8")
    started = time.process_time()
    for at in range(1, len(text.utf8), 4001):
        text.offset(at)
    assert time.process_time() - started < 5
