"""Wherever a reader stops at a bound, the report says so; where it does not stop, it says nothing of the kind."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import kit
import matrix
import pytest

from sousveil.read import dispatch
from sousveil.read.model import onnx
from sousveil.read.parts import Hits, Word
from sousveil.read.unfinished import bounded, tell, told
from sousveil.work.reading import matcher

GROUPS = ("Uyghur", "Tibetan", "Han", "Kazakh")
LISTED = ", ".join(f'"{group}"' for group in GROUPS)
TEXTS = {
    "cases.java": "class A { String nationOf(int n) { switch (n) { "
    + " ".join(f'case {i}: return "{group}";' for i, group in enumerate(GROUPS))
    + " } } }",
    "list.java": f"class A {{ static final String[] NATIONS = {{{LISTED}}}; }}",
    "run.py": "".join(f'NATION_{group.upper()} = "{group}"\n' for group in GROUPS),
    "run.js": "".join(f'const NATION_{group.upper()} = "{group}";\n' for group in GROUPS),
    "list.py": f"NATIONS = [{LISTED}]\n",
    "literal.py": f"from typing import Literal\nNation = Literal[{LISTED}]\n",
    "union.ts": f"export type Nation = {LISTED.replace(', ', ' | ')};\n"
    "export enum Ethnicity { Uyghur = 1, Tibetan = 2, Han = 3 }\n"
    "class Face { ethnicity: string; age: number; sex: string; }\n",
    "choice.jsx": "const f = () => <Select label='ethnicity'>"
    + "".join(f'<Option value="{group}">{group}</Option>' for group in GROUPS)
    + "</Select>;",
    "choice.vue": "<template><el-select v-model='nation' placeholder='ethnicity'>"
    + "".join(f'<el-option value="{group}" label="{group}"></el-option>' for group in GROUPS)
    + "</el-select></template>",
    "choice.ui": "<ui><widget class='QComboBox' name='nation'>"
    + "".join(f"<item><property name='text'><string>{group}</string></property></item>" for group in GROUPS)
    + "</widget></ui>",
    "nation.rb": "class Nation\n" + "".join(f'  {g.upper()} = "{g}"\n' for g in GROUPS) + "end\n",
    "nation.php": "<?php\nclass Nation {\n" + "".join(f'const {g.upper()} = "{g}";\n' for g in GROUPS) + "}\n"
    "function findByNation($uyghur, $age, $sex) { return 1; }\n",
    "nation.py": "class Nation:\n" + "".join(f'    {g.upper()} = "{g}"\n' for g in GROUPS),
    "nation.pas": f"type\n TNation = ({', '.join('ntNation' + g for g in GROUPS)});\n",
    "nation.xsd": "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:simpleType name='Nation'>"
    "<xs:restriction base='xs:string'>"
    + "".join(f"<xs:enumeration value='{g}'/>" for g in GROUPS)
    + "</xs:restriction></xs:simpleType><xs:complexType name='Face'><xs:sequence>"
    + "".join(f"<xs:element name='{n}' type='xs:string'/>" for n in ("ethnicity", "age", "sex"))
    + "</xs:sequence></xs:complexType></xs:schema>",
    "nation.sql": "CREATE TABLE face (age int, ethnicity int, sex int);\nINSERT INTO nation (id, name) VALUES "
    + ", ".join(f"({i}, '{g}')" for i, g in enumerate(GROUPS))
    + ";\n",
    "nation.proto": "message Face { string ethnicity = 1; int32 age = 2; int32 sex = 3; }\n",
    "linked.h": "enum Kind { KIND_UYGHUR, KIND_HAN };\n"
    + "".join(f"struct S{i} {{ enum Kind e; int age; }};\n" for i in range(4)),
    "linked.proto": "enum Kind { UYGHUR = 0; HAN = 1; }\n"
    + "".join(f"message S{i} {{ Kind e = 1; int32 age = 2; }}\n" for i in range(4)),
    "rows.csv": "id,name\n" + "".join(f"{i},{g}\n" for i, g in enumerate(GROUPS)),
    "list.xml": f"<resources><string-array name='nation'>{''.join(f'<item>{g}</item>' for g in GROUPS)}</string-array>"
    "<face ethnicity='1' age='2' sex='3'><ethnicity>Uyghur</ethnicity><age>3</age></face></resources>",
    "items.json": '{"nation": [' + ", ".join(f'{{"label": "{g}", "value": "{g}"}}' for g in GROUPS) + "]}",
    "api.json": '{"openapi": "3.0.0", "paths": {"/faces": {"get": {"parameters": ['
    + ", ".join(f'{{"name": "{n}", "in": "query", "schema": {{"type": "string"}}}}' for n in ("ethnicity", "age"))
    + ']}, "post": {"requestBody": {"content": {"application/json": {"schema": {"properties": {'
    '"ethnicity": {"type": "string"}, "age": {"type": "integer"}}}}}}}}}}',
    "table.md": "| Field | Type | Description |\n|---|---|---|\n| ethnicity | int | Uyghur or Han |\n"
    "| age | int | age |\n\n```\nethnicity Uyghur\nnation Tibetan\n```\n",
    "table.rst": ".. list-table::\n   :header-rows: 1\n\n   * - Field\n     - Description\n   * - ethnicity\n"
    "     - Uyghur\n   * - age\n     - in years\n\n===== =====\nField Text\n===== =====\n"
    "race  Uyghur\nage   years\n===== =====\n",
}
CUTS = [
    ("binary.managed", "MEMBERS", 1), ("binary.managed", "_MOST_STRINGS", 1), ("binary.managed", "_MOST_RUNS", 0),
    ("binary.managedbuild", "MEMBERS", 1), ("binary.managedbuild", "STRING", 4),
    ("binary.pyc", "MEMBERS", 1), ("binary.pycode", "_MOST_STACK", 1),
    ("binary.dex", "_MOST_CLASSES", 1), ("binary.dexcode", "_MOST_SOUGHT", 0),
    ("binary.immediates", "_MOST_SEEDS", -1), ("binary.native", "_MOST_TARGETS", 0),
    ("binary.native", "_MOST_DATA", 0), ("binary.native", "_MOST_CODE", 0), ("binary.wasm", "_MOST", 0),
    ("binary.image", "MOST_SYMBOLS", 1), ("binary.image", "MOST_SECTIONS", 1),
    ("binary.image", "_MOST_OF_SEGMENT", 0), ("binary.dwarfbuild", "MOST_MEMBERS", 1), ("binary.dwarf", "LINKED", 0),
    ("binary.typegraph", "MOST_MEMBERS", 1),
    ("source.ruby", "_PARTS", 1), ("source.ruby", "MEMBERS", 1), ("source.php", "_PARTS", 1),
    ("source.php", "MEMBERS", 1), ("source.pythonclass", "MEMBERS", 1),
    ("source.pythonfunction", "MEMBERS", 1), ("source.labels", "_ITEMS", 2), ("source.labels", "_CASES", 2),
    ("source.vue", "_MEMBERS", 1), ("source.qtui", "_MEMBERS", 1), ("source.sql", "MEMBERS", 1),
    ("source.sql", "_ROWS", 1), ("source.pascal", "_MEMBERS", 1), ("source.xsd", "_MEMBERS", 1),
    ("source.jsdecl", "MEMBERS", 1), ("source.jsx", "MEMBERS", 1), ("source.jsx", "_LOOKED_AT", 1),
    ("source.proto", "_MEMBERS", 1), ("source.proto", "_STATEMENT", 3), ("source.engine", "LINKED", 0),
    ("source.drafts", "LINKED", 0), ("resource.values", "_ITEMS", 2), ("resource.csv", "_LOOKED_AT", 0),
    ("resource.csv", "_COLUMNS", 1), ("resource.xml", "_CHILDREN", 1), ("resource.json", "LOOKED_AT", 0),
    ("resource.json", "ROWS", 0), ("resource.openapi", "_PARTS", 1), ("resource.markup", "_ELEMENTS", 2),
    ("resource.markup", "_ATTRIBUTES", 1), ("document.blocks", "_ROWS", 1), ("document.blocks", "_CODE_LINES", 1),
    ("document.rst", "_ROWS", 1), ("parts", "MOST_MEMBERS", 8),
]  # fmt: skip


@functools.cache
def _files() -> tuple[tuple[str, bytes, tuple[tuple[int, str], ...]], ...]:
    """Return every sample and text with the places that hold terms."""

    def every() -> Iterator[tuple[str, bytes]]:
        yield from ((name, text.encode()) for name, text in TEXTS.items())
        with tempfile.TemporaryDirectory() as folder:
            for maker in kit.makers():
                if maker.stem not in ("made_images", "made_containers", "made_pictures", "made_documents"):
                    try:
                        for sample in matrix.load(maker).samples(Path(folder) / maker.stem):
                            yield Path(sample.name).name, sample.data
                    except pytest.skip.Exception:
                        continue

    return tuple(
        (name, data, tuple(sorted({(hit.offset, hit.encoding) for hit in matcher().match(data, name)})))
        for name, data in every()
    )


def _cuts() -> set[str]:
    """Return what is said to be cut of all files."""
    return {
        limit.detail
        for name, data, hits in _files()
        for limit in dispatch.read(name, data, hits).limits
        if limit.reason == "cut" or "read" in limit.detail.rpartition(",")[2]
    }


@functools.cache
def _plain() -> frozenset[str]:
    return frozenset(_cuts())


@pytest.mark.parametrize(("module", "bound", "small"), CUTS, ids=[f"{m}.{b}" for m, b, _ in CUTS])
def test_a_bound_that_is_met_is_told(module: str, bound: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _plain()
    monkeypatch.setattr(import_module(f"sousveil.read.{module}"), bound, small)
    assert _cuts() - before


def test_nothing_small_meets_a_bound() -> None:
    assert not [detail for detail in _plain() if "first" in detail]


def test_what_is_noted_is_told_once_and_belongs_to_one_file() -> None:
    told()
    assert bounded([1, 2, 3], 3, "things") == [1, 2, 3]
    assert not told()
    assert bounded([1, 2, 3], 2, "things") == [1, 2]
    tell("cut", "3 things: the first 2 were read")
    assert told() == [("cut", "3 things: the first 2 were read")]
    tell("cut", "of the file before")
    assert not dispatch.read("a.txt", b"nothing", []).limits


@pytest.mark.parametrize(("at", "wanted"), [(10, 0), (5000, 1)])
def test_a_term_behind_the_judged_part_of_a_models_text_is_told(at: int, wanted: int) -> None:
    data = b"x" * at + b" race " + b"y" * (6000 - at)
    told()
    value = Word(data[:4000].decode(), 0, len(data))
    assert list(onnx.metadata(Hits(data, [(at + 1, "utf-8")]), Word("note", 0, 4), value, "onnx", ()))
    assert len(told()) == wanted
