"""Source, markup, data and prose: the made-up SDK in every format of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kit import (
    C_HEADER,
    CARD,
    CARD_FIELDS,
    EVENT,
    EVENT_FIELDS,
    FAIRNESS,
    FILTER,
    LABELS,
    LABELS_NAME,
    LOCALES,
    NATION,
    NATIONS,
    Sample,
)

FORMATS = (
    "c", "java", "dart", "csharp", "kotlin", "go", "rust", "swift", "python", "javascript", "php", "ruby", "sql",
    "proto", "pascal", "xsd", "vue", "qtui", "hashed", "json", "yaml", "toml", "ini", "po", "xml", "html", "csv",
    "markdown", "rst", "prose", "basic", "scala", "shell", "idl",
)  # fmt: skip


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _declared(
    enum: str,
    member: str,
    record: str,
    field: str,
    card: str,
    text: str,
    ends: tuple[str, str, str],
    number: str = "int",
) -> tuple[str, str]:
    """Return enumeration and event, and the twin, of a language's own heads, rows and ends."""
    found = _lines(
        enum.format(NATION),
        *(member.format(*row) for row in NATIONS),
        ends[0],
        record.format(EVENT),
        *(field.format(n, k if k == NATION else number, g) for n, k, g in EVENT_FIELDS),
        ends[1],
    )
    return found, _lines(card.format(CARD), *(text.format(n, g) for n, _, g in CARD_FIELDS), ends[2])


def _java() -> tuple[str, str]:
    return _declared(
        "public enum {} {{", "    {}({}), // {}", "class {} {{", "    public {1} {0}; // {2}",
        "public class {} {{", "    String {}; // {}", ("    ;\n}", "}", "}"),
    )  # fmt: skip


def _dart() -> tuple[str, str]:
    return _declared(
        "enum {} {{", "  {}({}), // {}", "class {} {{", "  final {1}? {0}; // {2}",
        "class {} {{", "  final String? {}; // {}", (";\n}", "}", "}"), "int",
    )  # fmt: skip


def _csharp() -> tuple[str, str]:
    return _declared(
        "public enum {} {{", "    {} = {}, // {}", "public struct {} {{", "    public {1} {0}; // {2}",
        "public class {} {{", "    public string {}; // {}", ("}", "}", "}"),
    )  # fmt: skip


def _kotlin() -> tuple[str, str]:
    return _declared(
        "enum class {}(val code: Int) {{", "    {}({}), // {}", "data class {}(", "    val {}: {}, // {}",
        "data class {}(", "    val {}: String, // {}", ("}", ")", ")"), "Int",
    )  # fmt: skip


def _rust() -> tuple[str, str]:
    return _declared(
        "pub enum {} {{", "    {} = {}, // {}", "pub struct {} {{", "    pub {}: {}, // {}",
        "pub struct {} {{", "    pub {}: String, // {}", ("}", "}", "}"), "i32",
    )  # fmt: skip


def _swift() -> tuple[str, str]:
    return _declared(
        "enum {}: Int {{", "    case {} = {} // {}", "struct {} {{", "    let {}: {} // {}",
        "struct {} {{", "    let {}: String // {}", ("}", "}", "}"), "Int",
    )  # fmt: skip


def _javascript() -> tuple[str, str]:
    return _declared(
        "const {} = {{", "  {}: {}, // {}", "class {} {{ constructor() {{", "  this.{0} = 0; // {2}",
        "const {} = {{", "  {}: '', // {}", ("};", "} }", "};"),
    )  # fmt: skip


def _php() -> tuple[str, str]:
    return _declared(
        "<?php\nenum {}: int {{", "    case {} = {}; // {}", "class {} {{", "    public ${0}; // {2}",
        "<?php\nclass {} {{", "    public ${}; // {}", ("}", "}", "}"),
    )  # fmt: skip


def _c() -> tuple[str, str]:
    card = _lines("typedef struct {", *(f"    char {n}[64]; // {g}" for n, _, g in CARD_FIELDS), f"}} {CARD};")
    return C_HEADER, card


def _go() -> tuple[str, str]:
    enum = _lines(
        "package sdk",
        f"type {NATION} int",
        "const (",
        *(f"\t{name} {NATION} = {value} // {gloss}" for name, value, gloss in NATIONS),
        ")",
        f"type {EVENT} struct {{",
        *(f"\t{n.capitalize()} {k if k == NATION else 'int'} // {g}" for n, k, g in EVENT_FIELDS),
        "}",
    )
    card = _lines("package sdk", f"type {CARD} struct {{", *(f"\t{n} string // {g}" for n, _, g in CARD_FIELDS), "}")
    return enum, card


def _python() -> tuple[str, str]:
    enum = _lines(
        f"class {NATION}(IntEnum):",
        *(f"    {name} = {value}  # {gloss}" for name, value, gloss in NATIONS),
        f"{LABELS_NAME} = {list(LABELS)!r}",
        "def predict(face):",
        f"    return {LABELS_NAME}[model(face).argmax()]",
    )
    return enum, _lines("@dataclass", f"class {CARD}:", *(f"    {n}: str  # {g}" for n, _, g in CARD_FIELDS))


def _ruby() -> tuple[str, str]:
    enum = _lines(
        f"module {NATION.title().replace('_', '')}",
        *(f"  {name} = {value} # {gloss}" for name, value, gloss in NATIONS),
        "end",
        "class FaceDetectEvent",
        *(f"  attr_accessor :{n} # {g}" for n, _, g in EVENT_FIELDS),
        "end",
    )
    return enum, _lines("class CitizenCard", *(f"  attr_accessor :{n} # {g}" for n, _, g in CARD_FIELDS), "end")


def _hashed() -> tuple[str, str]:
    return _declared(
        "@enum {} begin", "    {} = {} # {}", "struct {}", "    {}::{} # {}", "struct {}", "    {}::String # {}",
        ("end", "end", "end"), "Int",
    )  # fmt: skip


def _basic() -> tuple[str, str]:
    return _declared(
        "Public Enum {}", "    {} = {} ' {}", "Public Structure {}", "    Public {} As {} ' {}",
        "Public Class {}", "    Public Property {} As String ' {}", ("End Enum", "End Structure", "End Class"),
        "Integer",
    )  # fmt: skip


def _scala() -> tuple[str, str]:
    return _declared(
        "object {} extends Enumeration {{", "  val {} = Value({}) // {}", "case class {}(", "  {}: {}, // {}",
        "case class {}(", "  {}: String, // {}", ("}", ")", ")"), "Int",
    )  # fmt: skip


def _shell() -> tuple[str, str]:
    asked = ",".join(("age", "glasses", "mask", "ethnicity"))
    found = _lines(
        "#!/bin/sh",
        f"{FILTER}() {{",
        f'  curl -F "image=@$1" "https://face.example/detect?return_attributes={asked}"',
        "}",
    )
    export = "name,birthday,ethnicity,address,card_no"
    return found, _lines("#!/bin/sh", f'curl "https://register.example/export?columns={export}"')


def _idl() -> tuple[str, str]:
    enum = _lines(
        "namespace cpp sdk",
        f"enum {NATION} {{",
        *(f"  {name} = {value}, // {gloss}" for name, value, gloss in NATIONS),
        "}",
        f"struct {EVENT} {{",
        *(f"  {i}: {k if k == NATION else 'i32'} {n}, // {g}" for i, (n, k, g) in enumerate(EVENT_FIELDS, 1)),
        "}",
    )
    fields = (f"  {i}: string {n}, // {g}" for i, (n, _, g) in enumerate(CARD_FIELDS, 1))
    return enum, _lines("namespace cpp sdk", f"struct {CARD} {{", *fields, "}")


def _sql() -> tuple[str, str]:
    table = _lines(
        "CREATE TABLE face_detect_event (",
        ",\n".join(f"  {n} int COMMENT '{g}'" for n, _, g in EVENT_FIELDS),
        ") COMMENT='人脸检测事件';",
    )
    card = _lines(
        "CREATE TABLE citizen_card (",
        ",\n".join(f"  {n} varchar(64) COMMENT '{g}'" for n, _, g in CARD_FIELDS),
        ") COMMENT='身份证信息';",
    )
    return table, card


def _proto() -> tuple[str, str]:
    enum = _lines(
        'syntax = "proto3";',
        f"enum {NATION} {{",
        *(f"  {name} = {value}; // {gloss}" for name, value, gloss in NATIONS),
        "}",
        f"message {EVENT} {{",
        *(f"  {k if k == NATION else 'int32'} {n} = {i}; // {g}" for i, (n, k, g) in enumerate(EVENT_FIELDS, 1)),
        "}",
    )
    card = _lines(
        'syntax = "proto3";', f"message {CARD} {{",
        *(f"  string {n} = {i}; // {g}" for i, (n, _, g) in enumerate(CARD_FIELDS, 1)), "}",
    )  # fmt: skip
    return enum, card


def _pascal() -> tuple[str, str]:
    enum = _lines(
        "unit Sdk;", "interface", "type",
        f"  {NATION} = (",
        *(f"    {name}{',' if i < len(NATIONS) - 1 else ''} // {gloss}" for i, (name, _, gloss) in enumerate(NATIONS)),
        "  );",
        f"  {EVENT} = record",
        *(f"    {n}: {k if k == NATION else 'Integer'}; // {g}" for n, k, g in EVENT_FIELDS),
        "  end;", "implementation", "end.",
    )  # fmt: skip
    fields = (f"    {n}: string; // {g}" for n, _, g in CARD_FIELDS)
    card = _lines("unit Card;", "interface", "type", f"  {CARD} = record", *fields, "  end;", "implementation", "end.")
    return enum, card


def _xsd() -> tuple[str, str]:
    def element(name: str, kind: str, gloss: str) -> str:
        note = f"<xs:annotation><xs:documentation>{gloss}</xs:documentation></xs:annotation>"
        return f'<xs:element name="{name}" type="{kind}">{note}</xs:element>'

    def record(name: str, fields: str) -> str:
        return f'<xs:complexType name="{name}"><xs:sequence>{fields}</xs:sequence></xs:complexType>'

    head = '<?xml version="1.0"?><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    event = record(EVENT, "\n".join(element(n, "xs:int", g) for n, _, g in EVENT_FIELDS))
    card = record(CARD, "\n".join(element(n, "xs:string", g) for n, _, g in CARD_FIELDS))
    return f"{head}\n{event}\n</xs:schema>\n", f"{head}\n{card}\n</xs:schema>\n"


def _page(title: str, fields: str) -> str:
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>'
        f"<form>{fields}<button>检索</button></form></body></html>\n"
    )


_OPTIONS = "".join(f'<option value="{v}">{g}</option>' for _, v, g in NATIONS)


def _html() -> tuple[str, str]:
    find = '<label>上传人脸照片 <input type="file" name="face"></label>' + (
        f'<label>民族 <select name="nation">{_OPTIONS}</select></label>'
    )
    card = "".join(f'<label>{g} <input name="{n}"></label>' for n, _, g in CARD_FIELDS)
    return _page("人脸检索", find), _page("身份证信息登记", card).replace("检索", "保存")


def _vue() -> tuple[str, str]:
    find = (
        '<template><el-form class="face-search"><h1>人脸检索</h1><el-form-item label="民族">'
        '<el-select v-model="query.nation" placeholder="请选择民族">'
        + "".join(f'<el-option label="{g}" value="{v}"/>' for _, v, g in NATIONS)
        + "</el-select></el-form-item></el-form></template>\n<script>export default {}</script>\n"
    )
    card = "<template><el-form><h1>身份证信息</h1>" + "".join(
        f'<el-form-item label="{g}"><el-input v-model="form.{n}"/></el-form-item>' for n, _, g in CARD_FIELDS
    )
    return find, card + "</el-form></template>\n<script>export default {}</script>\n"


def _qtui() -> tuple[str, str]:
    def text(value: str) -> str:
        return f'<property name="text"><string>{value}</string></property>'

    items = "".join(f"<item>{text(g)}</item>" for _, _, g in NATIONS)
    find = (
        '<ui version="4.0"><class>FaceSearchDialog</class><widget class="QDialog" name="FaceSearchDialog">'
        '<property name="windowTitle"><string>人脸检索</string></property>'
        f'<widget class="QLabel" name="labelNation">{text("民族")}</widget>'
        f'<widget class="QComboBox" name="comboNation">{items}</widget></widget></ui>\n'
    )
    card = '<ui version="4.0"><class>CardReader</class><widget class="QDialog" name="CardReader">' + "".join(
        f'<widget class="QLabel" name="label{n}">{text(g)}</widget>' for n, _, g in CARD_FIELDS
    )
    return find, card + "</widget></ui>\n"


def _json() -> tuple[str, str]:
    event = {EVENT: {n: g for n, _, g in EVENT_FIELDS}}
    card = {CARD: {n: g for n, _, g in CARD_FIELDS}}
    return (
        json.dumps(event, ensure_ascii=False, indent=1) + "\n",
        json.dumps(card, ensure_ascii=False, indent=1) + "\n",
    )


def _yaml() -> tuple[str, str]:
    return (
        _lines(f"{EVENT}:", *(f"  {n}: {g}" for n, _, g in EVENT_FIELDS)),
        _lines(f"{CARD}:", *(f"  {n}: {g}" for n, _, g in CARD_FIELDS)),
    )


def _toml() -> tuple[str, str]:
    return (
        _lines(f"[{EVENT}]", *(f'{n} = "{g}"' for n, _, g in EVENT_FIELDS)),
        _lines(f"[{CARD}]", *(f'{n} = "{g}"' for n, _, g in CARD_FIELDS)),
    )


def _ini() -> tuple[str, str]:
    return (
        _lines(f"[{EVENT}]", *(f"{n}={g}" for n, _, g in EVENT_FIELDS)),
        _lines(f"[{CARD}]", *(f"{n}={g}" for n, _, g in CARD_FIELDS)),
    )


def _po() -> tuple[str, str]:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'

    def entry(source: str, told: str, place: str) -> str:
        return f'\n#: {place}\nmsgctxt "{place}"\nmsgid "{source}"\nmsgstr "{told}"\n'

    return (
        head + entry("Search faces by ethnicity", "按民族检索人脸", "FaceSearchDialog"),
        head + "".join(entry(n, n, "Language") for _, n in LOCALES),
    )


def _xml() -> tuple[str, str]:
    def fields(rows: tuple[tuple[str, str, str], ...]) -> str:
        return "\n".join(f'  <field name="{n}" description="{g}"/>' for n, _, g in rows)

    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<record name="{EVENT}">\n{fields(EVENT_FIELDS)}\n</record>\n',
        f'<?xml version="1.0" encoding="UTF-8"?>\n<record name="{CARD}">\n{fields(CARD_FIELDS)}\n</record>\n',
    )


def _csv() -> tuple[str, str]:
    return (
        ",".join(g for _, _, g in EVENT_FIELDS) + "\n1,1,30,1,0,0,0\n",
        ",".join(g for _, _, g in CARD_FIELDS) + "\n,,,,,,\n",
    )


def _table(rows: tuple[tuple[str, str, str], ...]) -> str:
    return _lines("| 字段 | 类型 | 说明 |", "|---|---|---|", *(f"| {n} | {k} | {g} |" for n, k, g in rows))


def _markdown() -> tuple[str, str]:
    return f"# 人脸检测事件 {EVENT}\n\n{_table(EVENT_FIELDS)}", f"# 身份证信息 {CARD}\n\n{_table(CARD_FIELDS)}"


def _rst() -> tuple[str, str]:
    def table(rows: tuple[tuple[str, str, str], ...]) -> str:
        return ".. list-table::\n   :header-rows: 1\n\n   * - field\n     - meaning\n" + "".join(
            f"   * - {n}\n     - {g}\n" for n, _, g in rows
        )

    return (
        f"人脸检测事件\n============\n\n{table(EVENT_FIELDS)}",
        f"身份证信息\n==========\n\n{table(CARD_FIELDS)}",
    )


def _prose() -> tuple[str, str]:
    return (
        f"Our software development kit predicts the ethnicity of a person from the face.\nSee {FILTER}.\n",
        "Fairness report\n\n" + "".join(f"- {line}\n" for line in FAIRNESS),
    )


_ENDS = {
    "c": ".h", "csharp": ".cs", "kotlin": ".kt", "rust": ".rs", "python": ".py", "javascript": ".js", "ruby": ".rb",
    "pascal": ".pas", "basic": ".vb", "qtui": ".ui", "hashed": ".jl", "markdown": ".md", "prose": ".txt",
    "shell": ".sh", "idl": ".thrift",
}  # fmt: skip


def samples(folder: Path) -> Iterator[Sample]:
    """Yield what is to be found and its twin in every format of text."""
    for name in FORMATS:
        found, twin = globals()[f"_{name}"]()
        end = _ENDS.get(name, f".{name}")
        finds = (NATION,) if NATION in found and name in ("c", "java", "dart", "csharp", "kotlin", "go", "rust",
                                                          "swift", "proto", "pascal", "php",
                                                          "hashed", "basic", "scala", "idl") else ()  # fmt: skip
        linked = (NATION, EVENT) if finds and name not in ("php", "javascript") else None
        yield Sample(f"{name}{end}", found.encode(), finds=finds, linked=linked)
        yield Sample(f"{name}_twin{end}", twin.encode(), verdict="records")
