"""Whatever the bytes: places are true, nothing recurses, time is bounded, what is left out is said."""

from __future__ import annotations

import random
import re
import time
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.model import Construct
from sousveil.read.source import (
    basic,
    hashed,
    idl,
    javascript,
    pascal,
    php,
    proto,
    python,
    qtui,
    ruby,
    scala,
    shell,
    sql,
    vue,
    xsd,
)
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished

PLAIN = (hashed, basic, scala, shell, idl)
ALL = (python, javascript, php, ruby, sql, proto, pascal, xsd, vue, qtui, *PLAIN)
_HIT = re.compile("race|民族".encode())
_DEEP = 100_000

_PIECES = [
    "race",
    "民族",
    "'race'",
    '"民族"',
    "labels",
    "=",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ":",
    ";",
    ",",
    "=>",
    "->",
    "@",
    "#",
    "//",
    "/*",
    "*/",
    "\n",
    "\n",
    "",
    "",
    "\t",
    "<",
    ">",
    "</",
    "/>",
    "<el-select",
    "label='民族'>",
    "class",
    "def",
    "function",
    "record",
    "end",
    "begin",
    "enum",
    "message",
    "struct",
    "CREATE",
    "TABLE",
    "race",
    "(",
    "INSERT",
    "INTO",
    "race",
    "VALUES",
    "('1','民族');",
    "\nPublic Enum",
    "\nEnd Enum",
    "\nFunction",
    "\nEnd Function",
    "As Integer",
    "'",
    "case class",
    "object",
    "extends",
    "val",
    "match",
    "Seq(",
    "service",
    "::=",
    "ENUMERATED",
    "query",
    "1:",
    "=(",
    "@{",
    "$race",
    "Select Case",
    "\nCase",
    "<?php",
    "?>",
    "<script>",
    "</script>",
    "<template>",
    "</template>",
    "`${",
    "}",
    "\\",
    "\\u6c11",
    "self.race",
    "=",
    "None",
    "const",
    "var",
    "return",
    "import",
    "async",
    "case",
    "when",
    "<xs:complexType",
    "name='race'>",
    "<xs:element",
    "name='race'/>",
    "</xs:complexType>",
    "<string>民族</string>",
    '"age,race,beauty"',
    '"""',
    "'''",
    "%w[",
    "]",
    "1",
    "0x2",
    ".5",
    "\x00",
    "é",
    "😀",
]


def read(module: ModuleType, data: bytes, encoding: str = "utf-8", everything: bool = False) -> list[Construct]:
    text = Text(data, encoding)
    hits = None if everything else [m.start() for m in _HIT.finditer(text.utf8)]
    try:
        found: list[Construct] = module.read(text, hits)
    except Unfinished as unfinished:
        found = list(unfinished.constructs)
        assert unfinished.reason in ("timeout", "quota")
    for construct in found:
        assert len(construct.uses) <= 200
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            cut = data[passage.offset : passage.offset + passage.length]
            assert cut.decode(passage.encoding, "backslashreplace") == passage.text
            assert passage.line >= 1
            assert passage.column >= 1
    return found


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.__name__.rpartition(".")[2])
@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(_PIECES), max_size=60),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16-le", "big5"]),
    everything=st.booleans(),
)
def test_places_are_true_in_any_soup(module: ModuleType, pieces: list[str], encoding: str, everything: bool) -> None:
    read(module, " ".join(pieces).encode(encoding, "replace"), encoding, everything)


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.__name__.rpartition(".")[2])
def test_undecodable_bytes(module: ModuleType) -> None:
    read(module, b"race = ['race\xff\xfe', '\xe6\xb0\x91\xe6\x97\x8f\xe6', 'x'] # race \xb0\n" * 5)


_OPENINGS = {
    python: (b"(", b"[", b"{'race':", b"f(", b"if race:\n "),
    javascript: (b"(", b"[", b"{race:", b"f(", b"<a b='race'>", b"function race(){", b"`${race"),
    php: (b"(", b"['race'=>", b"f(", b"<el-select label='race'>"),
    ruby: (b"(", b"[", b"{race: ", b"def race\n"),
    sql: (b"(", b"CREATE TABLE race (race ENUM('race',"),
    proto: (b"message race {", b"{", b"/* race"),
    pascal: (b"race = record\n", b"(", b"{ race"),
    xsd: (b"<xs:complexType name='race'><xs:element name='race'>", b"<race ", b"<!-- race "),
    vue: (b"<el-select label='race'>", b"<template>", b"<a race='"),
    hashed: (b"sub race { my ($a) = @_;", b"race <- c('white',"),
    idl: (
        b"enum race {",
        b"struct race { 1: race a, ",
        b"type race { a(race ",
        b"query { race {",
        b"race ::= SEQUENCE {",
    ),
    scala: (b"case class race(", b"object race {", b"def race(", b'Seq("race",', b"x match {\ncase 1", b"enum race:\n"),
    shell: (b"race() {", b"race=(", b'["race",', b"for race in ", b"enum race {\n", b"$race = @{"),
    basic: (b"Enum race\n", b"Public race(", b'x = {"race",', b"Select Case race\nCase 1\n", b"Sub race()\n"),
    qtui: (b"<widget class='QComboBox'><property name='text'><string>race", b"<item>"),
}


@pytest.mark.parametrize(("module", "opening"), [(m, o) for m, each in _OPENINGS.items() for o in each])
def test_depth_of_a_hundred_thousand(module: ModuleType, opening: bytes) -> None:
    head = b"<?php " if module is php else b""
    source = head + b"race = " + opening * (_DEEP // len(opening))
    started = time.process_time()
    read(module, source)
    assert time.process_time() - started < 30


@pytest.mark.parametrize(
    "module", (sql, proto, pascal, xsd, vue, qtui, *PLAIN), ids=lambda m: m.__name__.rpartition(".")[2]
)
def test_five_megabytes_of_noise(module: ModuleType) -> None:
    noise = random.Random(4).randbytes(5_000_000)
    started = time.process_time()
    read(module, b"race " + noise + b" race")
    assert time.process_time() - started < 60


_SLOW = {
    basic: (b"Public Sub race(\n", b"Public race As X(", b"<race ", b"Const RACE_A = 1\n"),
    scala: (b"def race(\n", b"  def race\n   def a\n    def b\n", b"Map(Map(race))", b"val race, "),
    idl: (
        b"enum race {",
        b"service race { race a(1: race b) ",
        b"query { race { a b } }",
        b"1: list<race,",
        b"race ::= SET {",
    ),
    shell: (b"race race", b'"race ', b"function race-a {\n param($race,"),
}


@pytest.mark.parametrize(("module", "piece"), [(m, o) for m, each in _SLOW.items() for o in each])
def test_a_megabyte_of_one_beginning(module: ModuleType, piece: bytes) -> None:
    started = time.process_time()
    read(module, piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 60


def test_unterminated_strings_and_comments() -> None:
    for module in ALL:
        for opening in (b"'", b'"', b'"""', b"/*", b"<!--", b"{", b"(*", b"`", b"<![CDATA["):
            read(module, b"race = " + opening + b" race\n" * 200)


def test_more_hits_than_are_looked_at_is_said() -> None:
    source = b"x = 1 # race\n" * 30_000
    text = Text(source, "utf-8")
    with pytest.raises(Unfinished) as caught:
        python.read(text, [m.start() for m in _HIT.finditer(source)])
    assert caught.value.reason == "quota"
    assert caught.value.constructs


def test_a_generated_module_of_megabytes_is_read_in_its_hit_parts() -> None:
    one = 'class Model%d:\n    def __init__(self):\n        self._Size = None\n\n    @property\n    def Size(self):\n        """size"""\n        return self._Size\n\n'  # noqa: E501
    parts = [(one % i).encode() for i in range(18_000)]
    parts.insert(9_000, b"class Face:\n    race: int = 0  # 0:yellow 1:white\n\n")
    data = b"".join(parts)
    assert len(data) > 2_500_000
    started = time.process_time()
    found = read(python, data)
    assert [(c.name, [m.name for m in c.members]) for c in found] == [("Face", ["race"])]
    assert time.process_time() - started < 20
