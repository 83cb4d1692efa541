"""Every reader is found by its own extensions, and only when it is needed."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import marshal
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sousveil.read
from sousveil.model import Kind
from sousveil.read.choice import kind_of, reader_of
from sousveil.read.dispatch import read, read_all
from sousveil.read.formats import FORMATS

TOP = Path(sousveil.read.__file__).parent


def readers() -> list[str]:
    """Return every module that says which extensions it reads."""
    out = []
    for path in sorted(TOP.rglob("*.py")):
        if "\nEXTENSIONS = (" in path.read_text("utf-8"):
            out.append(".".join(path.relative_to(TOP).with_suffix("").parts))
    return out


def test_the_table_is_what_the_readers_say() -> None:
    assert sorted(FORMATS) == [r for r in readers() if r in FORMATS]
    for reader, extensions in FORMATS.items():
        assert tuple(extensions.split()) == importlib.import_module(f"sousveil.read.{reader}").EXTENSIONS


def test_no_reader_is_loaded_before_it_is_needed() -> None:
    code = "import sys, sousveil.read.dispatch; print(sum('tree_sitter' in m for m in sys.modules))"
    environment = {"PYTHONPATH": str(TOP.parents[1])}
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environment).strip() == "0"


@pytest.mark.parametrize(
    ("path", "data", "module"),
    [
        ("a.zip!/inc/dhnetsdk.H", b"", "source.c"),
        ("METADATA", b"", "document.markdown"),
        ("x/strings.xml", b"", "resource.xml"),
        ("noext", b"<!DOCTYPE html><html>", "resource.html"),
        ("noext", b'{"a": 1}', "resource.json"),
        ("noext", b"#!/usr/bin/python3\n", "source.python"),
        ("noext", b"#!/usr/bin/env bash\n", "source.shell"),
        ("noext", b"just words", "document.prose"),
        ("noext", b"words that import nothing and define a class of people:", "document.prose"),
        ("standard input", b"/* x */\ntypedef struct { int nAge; } A;", "source.c"),
        ("noext", b"#ifndef A_H\n#define A_H\n", "source.c"),
        ("noext", b"package com.example.face;\nclass A {}", "source.java"),
        ("noext", b"using System;\nnamespace A { }", "source.csharp"),
        ("noext", b"package face\n\ntype A struct {}", "source.go"),
        ("noext", b"from a.b import c\n", "source.python"),
        ("noext", b'syntax = "proto3";\n', "source.proto"),
        ("noext", b"CREATE TABLE face (id int);", "source.sql"),
        ("noext", b"const labels = ['a'];", "source.javascript"),
    ],
)
def test_the_reader_is_chosen_by_name_else_by_content(path: str, data: bytes, module: str) -> None:
    assert reader_of(path, data).__name__ == "sousveil.read." + module


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        ("民族".encode(), "text"),
        ("民族 byEthnic".encode("gb18030"), "text"),
        ("int emNation; // 民族\n".encode("utf-16"), "text"),
        ("int emNation; // nothing\n".encode("utf-16-le"), "text"),
        (bytes(range(256)) * 4, "binary"),
        (b"\x7fELF\x02\x01\x01" + bytes(64), "binary"),
    ],
)
def test_kind_of_content(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


def test_a_large_file_is_read_in_windows_with_true_places() -> None:
    line = b"int filler_field_of_no_meaning;\n"
    target = "struct tagFACE { int nAge; int emMask; int emGlasses; int emEthnicity; /* 民族 */ };\n".encode("gb18030")
    data = line * 900_000 + target + line * 10
    offset = data.index(b"emEthnicity")
    reading = read("big.h", data, [(offset, "gb18030")])
    (record,) = [c for c in reading.constructs if c.kind == "Record"]
    for passage in (record.passage, *(m.passage for m in record.members)):
        raw = data[passage.offset : passage.offset + passage.length]
        assert raw.decode(passage.encoding) == passage.text
        assert passage.line == 900_001


@given(st.binary(max_size=400), st.sampled_from(sorted(FORMATS)))
def test_any_bytes_under_any_name_are_read_without_an_error(data: bytes, reader: str) -> None:
    extension = FORMATS[reader].split()[0]
    hits = [(i, "utf-8") for i in range(0, len(data), 7)]
    reading = read("a" + extension, data, hits)
    for construct in reading.constructs:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            raw = data[passage.offset : passage.offset + passage.length]
            assert raw.decode(passage.encoding, "backslashreplace") == passage.text


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.db", b"SQLite format 3\0"),
        ("a.arrow", b"ARROW1\0\0"),
        ("a.plist", b"bplist00"),
        ("a.npy", b"\x93NUMPY\1\0"),
        ("a.desc", b"\x0a\xff"),
        ("a.dbf", b"\x03\xff"),
        ("a.dex", b"dex\n035\0"),
        ("a.pdb", b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"),
    ],
)
def test_terms_in_a_file_whose_structure_is_damaged_are_never_passed_over(name: str, start: bytes) -> None:
    data = start + b"\xff" * 40 + b"\0NJ_NATION_UYGUR\0NJ_NATION_TIBETAN\0NJ_NATION_HAN\0" + b"\xff" * 40
    at = data.index(b"UYGUR")
    found = read(name, data, [(at, "utf-8")])
    assert found.limits, "that its structure was not read is said"
    empty = read(name, data, [])
    assert all(limit.reason != "not-understood" for limit in empty.limits), "without a term there is nothing to say"


def test_rows_of_people_are_not_read_as_strings_either(tmp_path: Path) -> None:
    """Where the hits stood in such rows alone, the rows were quoted as neighbouring strings."""
    path = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE t (full_name TEXT, phone TEXT, note TEXT)")
        base.executemany("INSERT INTO t VALUES (?, ?, 'UYGHUR')", [(f"Made Up {i}", f"000{i}") for i in range(9)])
        base.commit()
    data = path.read_bytes()
    table = [{"full_name": f"Made Up {i}", "note": "UYGHUR"} for i in range(200)]
    for name, content in (("a.db", data), ("a.pkl", pickle.dumps(table, protocol=2))):
        at = content.index(b"UYGHUR") if name == "a.db" else content.rindex(b"Made Up 150")
        found = read(name, content, [(at, "utf-8")])
        assert found.constructs == ()
        assert [limit.reason for limit in found.limits] == ["not-understood"], "that they were not read is said"
    assert read("a.db", data, [(data.index(b"full_name"), "utf-8")]).constructs, "what the table declares is read"


@pytest.mark.parametrize(
    ("value", "kind", "members"),
    [("Uyghur people", Kind.STATEMENT, []), ("gender,age,ethnicity", Kind.LABEL_SET, ["gender", "age", "ethnicity"])],
)
def test_a_string_that_one_name_of_a_compiled_module_stands_for(value: str, kind: Kind, members: list[str]) -> None:
    """It counted as told by a family of constants that there was not."""
    source = f"import os\nLONE = {value!r}\nprint(os)\ndef ethnic(): return 1\n"
    data = b"".join(
        (importlib.util.MAGIC_NUMBER, bytes(12), marshal.dumps(compile(source, "a.py", "exec", dont_inherit=True)))
    )
    found = read("a.pyc", data, [(data.index(value.encode()), "utf-8")])
    assert not found.limits
    (one,) = found.constructs
    assert (one.kind, one.name, [m.name for m in one.members]) == (kind, "LONE", members)
    assert one.passage.text == value
    other = read("a.pyc", data, [(data.index(b"print"), "utf-8")])
    assert all(c.name != "LONE" for c in other.constructs), "only where a term stands in it"


def test_section_headers_at_the_last_number_there_is() -> None:
    """An offset of 2**63 and more was an OverflowError, and the whole file was lost."""
    data = bytearray(b"\x7fELF\2\1\1" + bytes(57) + b"NJ_NATION_UYGUR\0NJ_NATION_TIBETAN\0")
    data[40:48] = b"\xff" * 8
    data[58:60] = (64).to_bytes(2, "little")
    found = read("a.so", bytes(data), [(64, "utf-8")])
    (one,) = found.constructs
    assert (one.name, [m.name for m in one.members]) == ("NJ_NATION", ["NJ_NATION_UYGUR", "NJ_NATION_TIBETAN"])


def test_a_charmap_is_no_markup() -> None:
    charmap = b"<code_set_name> BIG5\n<mb_cur_max>  2\n<comment_char> %\nCHARMAP\n<U0000> /x00 NULL\n"
    assert reader_of("charmaps/BIG5", charmap).__name__.endswith("document.prose")
    assert reader_of("notes", b"<settings>\n<comment_char>%</comment_char>").__name__.endswith("resource.xml")


def test_all_of_a_very_long_text_is_not_read_and_that_is_said() -> None:
    reading = read_all("a.txt", b"ethnic group " * (1 << 20))
    assert [limit.reason for limit in reading.limits] == ["too-large"]
