"""The same file written another way says the same: line ends, encodings, byte-order marks, escapes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.judge.madeup import judge_files, read

from sousveil.model import Verdict

# ruff: noqa: E501 - files as they are
FILES = {
    "sdk.h": "// 人脸识别 SDK\ntypedef enum {\n    EM_NATION_TYPE_UNKNOWN,  // 未识别\n    EM_NATION_TYPE_UYGUR,    // 维族(新疆)\n    EM_NATION_TYPE_OTHER,    // 其他\n} EM_NATION_TYPE;\n// 人脸事件\ntypedef struct {\n    int nAge;       // 年龄\n    int emGlasses;  // 眼镜\n    EM_NATION_TYPE emNation;  // 民族\n} FACE_EVENT;\n",
    "Race.java": "// the SDK\npublic class EM_RACE_TYPE {\n    public static final int EM_RACE_UNKNOWN = 0; // 未识别\n    public static final int EM_RACE_YELLOW = 1; // 黄种人\n    public static final int EM_RACE_BLACK = 2; // 黑人\n    public static final int EM_RACE_WHITE = 3; // 白人\n}\n",
    "face.py": "# what is read off a face\nclass RaceClient:\n    labels = ['asian', 'black', 'white', 'indian']\n\n    def predict(self, face):\n        # 人种识别\n        return self.model.predict(face)\n",
    "page.js": "// the face's attributes\nfunction drawFaceAttributes(attributes) {\n    return '<tr><th>年龄</th><td>' + attributes.age + '</td></tr>' +\n        '<tr><th>人种</th><td>' + attributes.value + '</td></tr>';\n}\n",
    "desk.go": 'package desk\n// at the desk\nfunc checkIn(guest Guest) {\n    if guest.Nation == "维吾尔族" {\n        police.Report(guest.IDCard)\n    }\n}\n',
}  # fmt: skip


def escaped(text: str) -> bytes:
    return "".join(c if c < "\x80" else f"\\u{ord(c):04x}" for c in text).encode()


WAYS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "CRLF": lambda t: t.replace("\n", "\r\n").encode(),
    "CR alone": lambda t: t.replace("\n", "\r").encode(),
    "CR mixed": lambda t: t.replace("\n", "\r", 2).encode(),
    "mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "UTF-16": lambda t: t.encode("utf-16"),
    "UTF-16, CR": lambda t: t.replace("\n", "\r").encode("utf-16"),
    "GB18030": lambda t: t.encode("gb18030"),
    "GB18030, CR": lambda t: t.replace("\n", "\r").encode("gb18030"),
    "tabs": lambda t: t.replace("    ", "\t").encode(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", FILES)
def test_the_verdict_is_the_same(path: str, way: str) -> None:
    data = WAYS[way](FILES[path])
    assert judge_files({path: data}).verdict is Verdict.PROFILES
    constructs = [one.construct for one in read(path, data)]
    for place in (p for c in constructs for p in (c.passage, *(m.passage for m in c.members))):
        assert data[place.offset : place.offset + place.length].decode(place.encoding) == place.text
        # A line is a line, however it ends.
        ends = data[: place.offset].decode(place.encoding, "ignore").replace("\r\n", "\n").replace("\r", "\n")
        assert place.line == ends.count("\n") + 1


@pytest.mark.parametrize("path", ["page.js", "desk.go"])
def test_words_of_strings_may_be_escaped(path: str) -> None:
    assert judge_files({path: escaped(FILES[path])}).verdict is Verdict.PROFILES
