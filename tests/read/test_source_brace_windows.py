"""Large files are read by windows with the same result; hostile ones end."""

from __future__ import annotations

import re
import sys
import time
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.model import Construct
from sousveil.read.source import blocks, c, csharp, go, java, kotlin, parsed, rust, swift, tree, windows
from sousveil.read.text import Text

TERM = re.compile(rb"(?i)race|nation|\xe6\xb0\x91\xe6\x97\x8f")
MODULES = [c, java, csharp, kotlin, go, rust, swift]


def large_header() -> str:
    """Return a header in the shape of a vendor's, with the interesting declarations far apart."""
    lines = ["#ifndef BIG_H", "#define BIG_H", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    for i in range(1400):
        if i % 350 == 7:
            lines += [
                "// 民族类型",
                f"typedef enum tagEX_NATION_{i}",
                "{",
                f"    EX_NATION_{i}_UNKNOWN, // 未知 {{ ; }}",
            ]
            lines += [f"    EX_NATION_{i}_UYGUR,   // 维族", f"}} EX_NATION_{i}, *LPEX_NATION_{i};", ""]
            lines += [f"#define EX_RACE_{i}_A 0 // a", f"#define EX_RACE_{i}_B 1 // b", ""]
        if i % 350 == 200:
            lines += ["// 人脸", f"typedef struct tagEX_FACE_{i}", "{", f"    EX_NATION_{i - 193}  emNation; // 民族"]
            lines += ["    union { int a; char b[8]; } un;", f"}} EX_FACE_{i};", ""]
            lines += [f"EX_API BOOL CALL_METHOD EX_Find_{i}(LLONG h, EX_FACE_{i} *p, int n = 3);", ""]
        lines += [f'// 结构体 {i}: it\'s "quoted" {{', f"typedef struct tagEX_THING_{i}", "{"]
        lines += [f"    int nValue_{i}; /* 值 }} */", "    char szName[64]; // 名称", f"}} EX_THING_{i};", ""]
        lines += [f"EX_API int CALL_METHOD EX_Do_{i}(const EX_THING_{i} *pThing, int nWait = 1000);", ""]
    lines += ["#ifdef __cplusplus", "}", "#endif", "#endif", ""]
    return "\n".join(lines)


def large_class(open_line: str, member: str, nested: str) -> str:
    lines = [open_line]
    for i in range(1800):
        lines.append(member.replace("$", str(i)))
        if i % 600 == 5:
            lines.append(nested.replace("$", str(i)))
        else:
            lines.append(f"    // 结构体 {i}\n    public static class Thing{i} {{ public int value{i}; // it's\n    }}")
    lines.append("}")
    return "\n".join(lines)


JAVA = large_class(
    "package a;\n/** 接口 */\npublic interface Sdk extends Library {",
    "    int OTHER_$ = 7;\n    boolean call$(Thing$ thing, int wait);",
    "    /** 民族 */\n    class Nation$ {\n        public static final int NATION_A = 0; // 汉\n"
    "        public static final int NATION_B = 1;\n    }\n    int RACE_A_$ = 0; // a\n    int RACE_B_$ = 1;\n"
    "    class Face$ { public Nation$ race; }",
)
CSHARP = (
    large_class(
        "namespace A {\npublic class Sdk {",
        "    public const int OTHER_$ = 7;\n    public int Size$ { get; set; }",
        "    public enum Nation$ { A, B }\n    public struct Face$ {\n        public Nation$ race; // 民族\n    }\n"
        "    public const int RACE_A_$ = 0;\n    public const int RACE_B_$ = 1;\n    public string Race$ { get; set; }",
    )
    + "\n}"
)


def read(module: ModuleType, text: Text, hits: list[int]) -> list[Construct]:
    result: list[Construct] = module.read(text, hits)
    return result


@pytest.mark.parametrize(
    ("module", "source", "encoding"),
    [(c, large_header(), "gb18030"), (c, large_header(), "utf-8"), (java, JAVA, "utf-8"), (csharp, CSHARP, "utf-8")],
)
def test_windows_give_what_the_whole_file_gives(
    module: ModuleType, source: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = source.encode(encoding)
    text = Text(data, encoding)
    hits = [m.start() for m in TERM.finditer(text.utf8)]
    assert len(text.utf8) > windows.KEEP * 2
    monkeypatch.setattr(parsed, "LARGE", 0)
    by_windows = read(module, text, hits)
    monkeypatch.setattr(parsed, "LARGE", 1 << 30)
    assert by_windows == read(module, text, hits)
    assert len(by_windows) >= 9
    for construct in by_windows:
        for p in (construct.passage, *(m.passage for m in construct.members)):
            assert data[p.offset : p.offset + p.length].decode(encoding, "backslashreplace") == p.text


def test_windows_of_a_header_find_the_links() -> None:
    text = Text(large_header().encode("gb18030"), "gb18030")
    hits = [text.utf8.index(b"EX_NATION_7_UYGUR")]
    assert len(text.utf8) > parsed.LARGE
    names = [x.name for x in read(c, text, hits)]
    assert names == ["EX_NATION_7", "EX_FACE_200", "EX_Find_200"]


def test_a_lost_brace_does_not_swallow_what_follows() -> None:
    source = "typedef enum { A, B, // lost its end\n\ntypedef struct tagX { int race; } X;\n" + "// filler\n" * 40_000
    text = Text(source.encode(), "utf-8")
    assert [x.name for x in read(c, text, [source.index("race")])] == ["X"]


def test_a_table_too_large_is_read_in_part_and_said_so() -> None:
    rows = ",\n".join(f'    "label {i}"' for i in range(60_000))
    source = "static const char *kLabels[] = {\n" + rows + "\n};\n"
    source = source.replace('"label 30000"', '"race"')
    with pytest.raises(tree.Unfinished) as caught:
        c.read(Text(source.encode(), "utf-8"), [source.index("race")])
    assert caught.value.reason == "quota" and "512 KB" in caught.value.detail
    (labels,) = caught.value.constructs
    assert "race" in [m.name for m in labels.members] and labels.name == "kLabels"


HOSTILE = {
    "angle": b"class A { List<" + b"a<" * 20_000 + b" race; }",
    "angles": b"a<" * 20_000 + b" race",
    "parentheses": b"int x = " + b"(" * 100_000 + b"race" + b")" * 100_000 + b";",
    "braces": b"{" * 30_000 + b"race" + b"}" * 30_000,
    "classes": b"class A{" * 10_000 + b"int race;" + b"}" * 10_000,
    "comments": b"/*" * 30_000 + b"race",
    "closed comments": b"/**/" * 30_000 + b"race",
    "quotes": b'"' * 20_000 + b"race",
    "apostrophes": b"'" * 20_000 + b"race",
    "raw strings": b'R"(' * 20_000 + b"race" + b'r#"' * 20_000,
    "triple quotes": b'"""' * 20_001 + b"race",
    "continued lines": b"#define A \\\n" * 30_000 + b"race",
    "one line": b"int race;" * 3_000,
    "many hits": b"int race; // race\n" * 8_000,
    "defines": b"#define race_1 1 // race\n" * 3_000,
    "spaces": b"int race" + b" " * 300_000 + b";" + b"\n" * 300_000 + b"// race",
    "nested lists": b"const char* race[] = " + b"{" * 20_000 + b'"race"' + b"}" * 20_000 + b";",
    "cases": b"void race(){switch(a){" + b'case 1: return "race";' * 2_000 + b"}}",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2])
def test_hostile_files_end(module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "SECONDS", 0.4)
    monkeypatch.setattr(parsed, "_PARSE", 0.2)
    data = HOSTILE[name]
    text = Text(data, "utf-8")
    hits = [m.start() for m in re.finditer(b"race", text.utf8)]
    limit = sys.getrecursionlimit()
    start = time.monotonic()
    try:
        constructs = module.read(text, hits)
    except tree.Unfinished as unfinished:
        constructs = unfinished.constructs
    assert time.monotonic() - start < 20
    assert sys.getrecursionlimit() == limit
    for construct in constructs:
        p = construct.passage
        assert data[p.offset : p.offset + p.length].decode("utf-8", "backslashreplace") == p.text


PIECES = st.sampled_from(
    [
        "enum Race { A, B = 2, // x\n}",
        "struct S { int race; };",
        'class C { String race = "a,race,c"; }',
        "#define RACE_A 1\n#define RACE_B 2\n",
        'switch (race) { case 1: return "x";',
        "public static final int RACE_X = 1;",
        "case asian",
        "fun race(a: Int)",
        "type Race int\n",
        "/* race */",
        "// 民族\n",
        *("{", "}", ";", "(", ")", '"', "'", "\\", "\n", "race", "\x00", "<", "@", "#", "é", "维"),
    ]
)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2])
@given(pieces=st.lists(PIECES, max_size=24), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
@settings(max_examples=40, deadline=None)
def test_places_hold_in_any_text(module: ModuleType, pieces: list[str], encoding: str) -> None:
    data = " ".join(pieces).encode(encoding)
    if encoding == "gb18030":
        data += b"\xff\x80race"
    text = Text(data, encoding)
    hits = [m.start() for m in re.finditer(b"race|RACE|Race", text.utf8)]
    for constructs in (module.read(text, hits), module.read(text, None)):
        for construct in constructs:
            for p in (construct.passage, *(m.passage for m in construct.members)):
                assert data[p.offset : p.offset + p.length].decode(encoding, "backslashreplace") == p.text


@given(st.lists(PIECES, max_size=30).map("\n".join), st.lists(st.integers(0, 400), min_size=1, max_size=5))
@settings(max_examples=100)
def test_windows_hold_their_spots_and_do_not_overlap(source: str, places: list[int]) -> None:
    utf8 = source.encode()
    spots = [p for p in places if p < len(utf8)]
    for dialect in (blocks.C, blocks.OBJC, blocks.JAVA, blocks.CSHARP, blocks.KOTLIN, blocks.GO, blocks.RUST):
        scan = blocks.Scan(utf8, dialect)
        for start, end in scan.comments:
            assert utf8[start : start + 1] == b"/"
            assert scan.comment(start) == scan.comment(end - 1) == (start, end)
        for window in windows.windows(scan, spots):
            assert list(window.ranges) == sorted(window.ranges)
            assert all(a[1] <= b[0] for a, b in zip(window.ranges, window.ranges[1:], strict=False))


def test_a_late_parse_is_reported_and_the_parser_still_works() -> None:
    hostile = b"fun a() = " + b"!" * 60_000 + b"/*" * 100
    with pytest.raises(tree.Unfinished, match="timeout"):
        tree.parse(hostile + b"a<" * 6_000, "java", 0.0)
    assert not tree.parse(b"class A { int a; }", "java").root_node.has_error
    ranges = [(0, 11), (17, 20)]
    source = b"class A {\n int\x00x;}\n}\n"
    assert tree.parse(source, "java", ranges=ranges).root_node.end_byte <= 20
    assert tree.parse(source, "java").root_node.end_byte == len(source)
