"""Languages that are read without a grammar: what is declared, what of it profiles, and what must stay quiet."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import sousveil
from sousveil.model import Construct, Kind
from sousveil.read.text import decode


def read(language: str, source: str, *words: str) -> dict[tuple[Kind, str], Construct]:
    """Return what is read by kind and name; each place is the bytes of the file."""
    text = decode(source.encode(), {})
    hits = sorted(text.utf8.find(w.encode()) for w in words) if words else None
    found = importlib.import_module(f"sousveil.read.source.{language}").read(text, hits)
    for construct in found:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            cut = source.encode()[passage.offset : passage.offset + passage.length]
            assert cut.decode(passage.encoding) == passage.text
    return {(c.kind, c.name): c for c in found}


def parts(construct: Construct) -> list[tuple[str, str, str]]:
    """Return name, value or type, and comment of each member."""
    return [(m.name, m.value or m.type, m.gloss) for m in construct.members]


def names(construct: Construct) -> list[str]:
    return [m.name for m in construct.members]


def test_basic_remarks() -> None:
    source = """Rem sort of a fruit
Enum SORT
    A = 0
    rem 梨
    B = 1 ' Rem it
    Remote = 2
End Enum
Rem = 3
"""
    answer = read("basic", source)[Kind.ENUMERATION, "SORT"]
    assert answer.gloss == "sort of a fruit"
    assert parts(answer) == [("A", "0", ""), ("B", "1", "梨\nRem it"), ("Remote", "2", "")]


def test_basic() -> None:
    source = """Imports System
Namespace Vendor.Fruit
    \'\'\' <summary>sort of a fruit</summary>
    Public Enum SORT As Integer
        <Description("x")> SORT_UNKNOWN = 0 ' 未知
        SORT_PEAR = 1 ' 梨
        [Other]
    End Enum
    <StructLayout(LayoutKind.Sequential)> _
    Public Structure EVT
        Public nAge As Integer
        <MarshalAs(UnmanagedType.ByValArray, SizeConst:=4)> Public emSort() As SORT ' 种类
    End Structure
    Public Class P
        Inherits Q
        Private Const NJ_TREE_A As Integer = 1 ' a
        Private Const NJ_TREE_B As Integer = 2
        Public Property Tree As SORT
        Public ReadOnly Property Skin() As String
            Get
                Dim inner As String = "a"
                Return inner
            End Get
        End Property
        ' Guesses.
        Public Shared Function PredictTree(ByVal img As Bitmap, Optional n As Integer = 3) As String
            Dim labels As String() = {"apple", "pear", "plum"}
            Dim others = New List(Of String) From {"apple", "pear"}
            a = "return_attributes=age,colour,taste"
            Select Case n
                Case 0
                    Return "Apple"
                Case SORT.B
                    Return "Pear"
            End Select
            Return labels(model.Predict(img))
        End Function
        Private Declare Function GetTree Lib "sdk.dll" (ByVal h As Long, ByRef e As EVT) As Boolean
    End Class
End Namespace
"""
    found = read("basic", source)
    enumeration = found[Kind.ENUMERATION, "SORT"]
    assert parts(enumeration) == [
        ("SORT_UNKNOWN", "0", "未知"),
        ("SORT_PEAR", "1", "梨"),
        ("Other", "", ""),
    ]
    assert (enumeration.gloss, enumeration.scope) == ("sort of a fruit", ("Vendor.Fruit",))
    assert parts(found[Kind.RECORD, "EVT"]) == [("nAge", "Integer", ""), ("emSort", "SORT", "种类")]
    assert names(found[Kind.ENUMERATION, "NJ_TREE"]) == ["NJ_TREE_A", "NJ_TREE_B"]
    record = found[Kind.RECORD, "P"]
    assert (names(record), record.bases) == (["Tree", "Skin"], ("Q",)), "a routine's own variables are no fields"
    guess = found[Kind.OPERATION, "PredictTree"]
    assert parts(guess) == [("img", "Bitmap", ""), ("n", "Integer", "")]
    assert (guess.gloss, guess.returns, guess.scope) == ("Guesses.", "String", ("Vendor.Fruit", "P"))
    assert "model.Predict" in guess.uses
    assert found[Kind.OPERATION, "GetTree"].returns == "Boolean"
    assert names(found[Kind.LABEL_SET, "labels"]) == ["apple", "pear", "plum"]
    assert names(found[Kind.LABEL_SET, "others"]) == ["apple", "pear"]
    assert names(found[Kind.LABEL_SET, "return_attributes"]) == ["age", "colour", "taste"]
    assert parts(found[Kind.LABEL_SET, "PredictTree"]) == [("0", "Apple", ""), ("SORT.B", "Pear", "")]


def test_scala() -> None:
    source = """package vendor
/** Sort of a fruit. */
sealed trait Sort
case object Apple extends Sort // 苹果
case object Pear extends Sort
sealed abstract class Code(val v: Int)
object Code {
  case object A extends Code(1)
  case object B extends Code(2)
}
object Kind extends Enumeration {
  type Kind = Value
  val Red, Green = Value
  val Blue = Value("blue") // 蓝
}
enum Colour(val x: Int):
  case Red extends Colour(1) // r
  case Green, Blue
end Colour
enum Tree { case Oak, Elm; case Fir(n: Int) }
object Ids { val One = 1; val Two = 2 }
@Inject
final case class Answer(
  age: Int, // years
  glasses: Boolean = false,
  sort: Option[Sort] // 种类
) extends Base with Other {
  val inner: String = "x"
  // Guesses.
  def guess(image: Mat, n: Int = 3)(implicit e: Ec): Map[String, Int] = {
    val local = 1
    val labels: Seq[String] = Seq("apple", "pear", "plum")
    val m = Map("apple" -> 0, "pear" -> 1)
    ask("return_attributes=age,taste,colour")
    n match {
      case 0 => "Apple"
      case Code.B => "Pear"
    }
  }
  def short(x: Int) = x + 1
  private def third =
    net.run(1)
    b
  def last: Int
}
class P(model: Net) { def predict(f: Mat): String = labels(model.forward(f).argmax)
  val labels = Seq("apple", "pear") }
"""
    found = read("scala", source)
    sort = found[Kind.ENUMERATION, "Sort"]
    assert (parts(sort), sort.gloss) == ([("Apple", "", "苹果"), ("Pear", "", "")], "Sort of a fruit.")
    assert parts(found[Kind.ENUMERATION, "Code"]) == [("A", "1", ""), ("B", "2", "")]
    assert parts(found[Kind.ENUMERATION, "Kind"]) == [("Red", "", ""), ("Green", "", ""), ("Blue", '"blue"', "蓝")]
    assert parts(found[Kind.ENUMERATION, "Colour"]) == [("Red", "1", "r"), ("Green", "", ""), ("Blue", "", "")]
    assert names(found[Kind.ENUMERATION, "Tree"]) == ["Oak", "Elm", "Fir"]
    assert parts(found[Kind.ENUMERATION, "Ids"]) == [("One", "1", ""), ("Two", "2", "")]
    answer = found[Kind.RECORD, "Answer"]
    assert answer.bases == ("Base", "Other")
    assert [(m.name, m.type, m.gloss) for m in answer.members] == [
        ("age", "Int", "years"),
        ("glasses", "Boolean", ""),
        ("sort", "Option[Sort]", "种类"),
        ("inner", "String", ""),
    ]
    guess = found[Kind.OPERATION, "guess"]
    assert (names(guess), guess.returns, guess.gloss) == (["image", "n"], "Map[String, Int]", "Guesses.")
    assert guess.scope == ("Answer",)
    assert found[Kind.OPERATION, "third"].uses == ("net.run", "b"), (
        "a body without braces ends where it is indented less"
    )
    assert "model.forward" in found[Kind.OPERATION, "predict"].uses
    assert names(found[Kind.LABEL_SET, "labels"]) == ["apple", "pear"]
    assert parts(found[Kind.LABEL_SET, "m"]) == [("apple", "0", ""), ("pear", "1", "")]
    assert names(found[Kind.LABEL_SET, "return_attributes"]) == ["age", "taste", "colour"]
    assert parts(found[Kind.LABEL_SET, "guess"]) == [("0", "Apple", ""), ("Code.B", "Pear", "")]


def test_shell() -> None:
    source = """#!/bin/bash
# Guess the taste.
guess() {
  local labels=(apple pear "prickly pear")
  declare -A codes=([0]="apple" [1]="pear")
  for fruit in apple pear plum; do run --fruit $fruit; done
  curl "https://h/x?return_attributes=age,taste,colour"
  curl https://h/fruit?attrs=age,taste -F fields=age,taste,colour
  curl -d '{"attributes": ["age", "taste"], "n": 1}' http://h
  detect --attributes "age,taste"
}
"""
    found = read("shell", source)
    assert found[Kind.OPERATION, "guess"].gloss == "Guess the taste."
    assert names(found[Kind.LABEL_SET, "labels"]) == ["apple", "pear", "prickly pear"]
    assert parts(found[Kind.LABEL_SET, "codes"]) == [("apple", "0", ""), ("pear", "1", "")]
    assert names(found[Kind.LABEL_SET, "fruit"]) == ["apple", "pear", "plum"]
    assert names(found[Kind.LABEL_SET, "return_attributes"]) == ["age", "taste", "colour"], "quoted"
    assert names(found[Kind.LABEL_SET, "attrs"]) == ["age", "taste"], "in an address without quotes"
    assert names(found[Kind.LABEL_SET, "fields"]) == ["age", "taste", "colour"]
    assert names(found[Kind.LABEL_SET, "attributes"]) == ["age", "taste"], "after an option's name"
    assert names(read("shell", source, '["age')[Kind.LABEL_SET, "attributes"]) == ["age", "taste"], "in JSON"


def test_powershell() -> None:
    source = """<# Asks. #>
enum Fruit { Apple = 0; Pear
  Plum = 2 }
class Answer {
  [int]$age # years
  [Fruit]$fruit
  [string] Say([int]$x) { $y = 1; return "a" }
}
function Get-Fruit {
  param([string]$path, [int]$n = 3)
  $labels = @('apple', 'pear', "plum")
  $other = 'apple', 'pear'
  $body = @{ age = 1; taste = 'x'; colour = 2 }
  Invoke-RestMethod -Uri "$base/fruit/detect?returnAttributes=age,taste,colour" -Method Post
}
"""
    found = read("shell", source)
    assert {c.language for c in found.values()} == {"powershell"}
    fruit = found[Kind.ENUMERATION, "Fruit"]
    assert (parts(fruit), fruit.gloss) == ([("Apple", "0", ""), ("Pear", "", ""), ("Plum", "2", "")], "Asks.")
    assert parts(found[Kind.RECORD, "Answer"]) == [("age", "int", "years"), ("fruit", "Fruit", "")]
    assert names(found[Kind.OPERATION, "Get-Fruit"]) == ["path", "n"]
    assert names(found[Kind.LABEL_SET, "labels"]) == ["apple", "pear", "plum"]
    assert names(found[Kind.LABEL_SET, "other"]) == ["apple", "pear"]
    assert names(found[Kind.RECORD, "body"]) == ["age", "taste", "colour"]
    assert names(found[Kind.LABEL_SET, "returnAttributes"]) == ["age", "taste", "colour"]


def typed(construct: Construct) -> list[tuple[str, str, str]]:
    return [(m.name, m.type, m.gloss) for m in construct.members]


def test_graphql() -> None:
    source = '''"""Sort of a fruit."""
enum Sort { "an apple" APPLE PEAR @deprecated(reason: "x")
  "a plum"
  PLUM # violet
}
type Answer implements Node & Named {
  "in years"
  age: Int!
  taste(unit: Unit = A): [Sort!]!
}
input Ask { image: Upload!, sort: Sort = APPLE }
type Query { detect(image: Upload!, sort: Sort): [Answer!]! }
query Find($sort: Sort) { fruits(sort: $sort) { age taste { name kind } colour } }
fragment Parts on Answer { age taste }
'''
    found = read("idl", source)
    sort = found[Kind.ENUMERATION, "Sort"]
    assert parts(sort)[1:] == [("PEAR", "", ""), ("PLUM", "", "a plum\nviolet")]
    assert sort.gloss.startswith("Sort of a fruit.")
    answer = found[Kind.RECORD, "Answer"]
    assert (typed(answer), answer.bases) == (
        [("age", "Int!", "in years"), ("taste", "[Sort!]!", "")],
        ("Node", "Named"),
    )
    assert names(found[Kind.RECORD, "Ask"]) == ["image", "sort"]
    detect = found[Kind.OPERATION, "detect"]
    assert (names(detect), detect.returns, detect.role) == (["image", "sort"], "[Answer!]!", "endpoint")
    assert names(found[Kind.RECORD, "fruits"]) == ["age", "taste", "colour"], "what a query asks for"
    assert found[Kind.RECORD, "Parts"].bases == ("Answer",)


def test_thrift() -> None:
    source = """namespace java vendor
// Sort of a fruit.
enum Sort { APPLE = 0, PEAR = 1 /* 梨 */
  PLUM }
struct Answer { 1: i32 age, 2: optional map<string, list<i32>> tastes; 3: Sort sort = Sort.PEAR // 种类
}
service Fruits extends Base { /* asks */ Answer detect(1: binary image, 2: Sort sort) throws (1: Bad e)
  oneway void drop(1: i32 n) }
"""
    found = read("idl", source)
    sort = found[Kind.ENUMERATION, "Sort"]
    assert (parts(sort), sort.gloss) == (
        [("APPLE", "0", ""), ("PEAR", "1", "梨"), ("PLUM", "", "")],
        "Sort of a fruit.",
    )
    assert typed(found[Kind.RECORD, "Answer"]) == [
        ("age", "i32", ""),
        ("tastes", "map<string, list<i32>>", ""),
        ("sort", "Sort", ""),
    ]
    detect = found[Kind.OPERATION, "detect"]
    assert (names(detect), detect.returns, detect.scope) == (["image", "sort"], "Answer", ("Fruits",))


def test_flatbuffers() -> None:
    source = """namespace vendor;
/// Sort of a fruit.
enum Sort : byte { Apple = 0, Pear, Plum = 5 }
table Answer { age:int = 3 (id: 0); tastes:[string]; sort:Sort; // 种类
}
rpc_service Fruits { Detect(Ask):Answer; }
root_type Answer;
"""
    found = read("idl", source)
    assert parts(found[Kind.ENUMERATION, "Sort"]) == [("Apple", "0", ""), ("Pear", "", ""), ("Plum", "5", "")]
    assert typed(found[Kind.RECORD, "Answer"]) == [
        ("age", "int", ""),
        ("tastes", "[string]", ""),
        ("sort", "Sort", "种类"),
    ]
    assert found[Kind.OPERATION, "Detect"].uses == ("Ask", "Answer")


def test_asn1() -> None:
    source = """FruitModule DEFINITIONS ::= BEGIN
-- Sort of a fruit.
Sort ::= ENUMERATED { apple(0), pear-tree(1), ... , plum(2) }
Answer ::= SEQUENCE { age [0] INTEGER OPTIONAL, taste BOOLEAN, -- 味
  sort Sort, inner ENUMERATED { a(0), b(1) }, names SEQUENCE OF UTF8String }
END
"""
    found = read("idl", source)
    sort = found[Kind.ENUMERATION, "Sort"]
    assert (parts(sort), sort.gloss) == (
        [("apple", "0", ""), ("pear-tree", "1", ""), ("plum", "2", "")],
        "Sort of a fruit.",
    )
    assert typed(found[Kind.RECORD, "Answer"])[:3] == [
        ("age", "INTEGER", ""),
        ("taste", "BOOLEAN", "味"),
        ("sort", "Sort", ""),
    ]
    assert names(found[Kind.ENUMERATION, "inner"]) == ["a", "b"], "declared where it is used"


_FOUND = {
    "F.vb": (
        "Public Enum Ethnicity\n    Asian = 0\n    Black = 1\n    White = 2\nEnd Enum\n"
        "Public Structure FaceAttributes\n    Public Age As Integer\n    Public Glasses As Boolean\n"
        "    Public Race As Ethnicity\nEnd Structure\n",
        "face-attribute-record",
    ),
}
_FOUND["F.scala"] = (
    "package face\ncase class FaceAttributes(age: Int, glasses: Boolean, ethnicity: String)\n"
    "class Analyzer(model: Net) {\n"
    "  def predictEthnicity(face: Mat): String = labels(model.forward(face).argmax)\n"
    '  val labels = Seq("asian", "black", "white", "indian") }\n',
    "face-attribute-record",
)
_FOUND["f.sh"] = (
    'curl "https://face.example/v3/detect" -F "image_file=@$1" -F "return_attributes=age,gender,ethnicity,beauty"\n',
    "attribute-list",
)
_FOUND["f.http"] = (
    "POST https://face.example/v3/detect?return_attributes=age,gender,ethnicity,beauty\n",
    "attribute-list",
)
_FOUND["d.ps1"] = (
    '$attrs = Invoke-RestMethod -Uri "$base/face/detect?returnFaceAttributes=age,gender,ethnicity" -Method Post\n',
    "attribute-list",
)
_FOUND["d.bat"] = (
    "@echo off\ncurl -F image=@%1 https://face.example/detect?returnFaceAttributes=age,gender,glasses,ethnicity\n",
    "attribute-list",
)
_FOUND["schema.graphql"] = (
    "enum Ethnicity { ASIAN BLACK WHITE LATINO }\n"
    "type FaceAttributes { age: Int glasses: Boolean ethnicity: Ethnicity confidence: Float }\n"
    "type Query { detectFaces(image: Upload!): [FaceAttributes!]! }\n",
    "face-attribute-record",
)
_FOUND["face.thrift"] = (
    "enum Ethnicity { ASIAN = 0, BLACK = 1, WHITE = 2 }\n"
    "struct FaceAttributes { 1: i32 age, 2: bool glasses, 3: Ethnicity ethnicity, 4: double confidence }\n"
    "service FaceService { FaceAttributes analyze(1: binary image) }\n",
    "face-attribute-record",
)
_FOUND["face.fbs"] = (
    "namespace face;\n"
    "enum Race : byte { Asian = 0, Black, White }\n"
    "table FaceAttr { age:int; glasses:bool; race:Race; score:float; }\n"
    "root_type FaceAttr;\n",
    "face-attribute-record",
)
_FOUND["face.asn"] = (
    "FaceModule DEFINITIONS ::= BEGIN\n"
    "Ethnicity ::= ENUMERATED { asian(0), black(1), white(2) }\n"
    "FaceAttributes ::= SEQUENCE { age INTEGER, glasses BOOLEAN, ethnicity Ethnicity }\n"
    "END\n",
    "face-attribute-record",
)
_QUIET = {
    "C.scala": (
        "case class CitizenCard(name: String, nation: String, /* 民族 */ birthday: Date,\n"
        "  cardNo: String, address: String)\n"
        'object Locales { val names = Seq("English", "Uyghur", "Tibetan", "Kazakh") }\n'
    ),
    "c.graphql": (
        "type CitizenCard { name: String nation: String birthday: Date cardNo: String address: String }\n"
        "enum Language { ENGLISH UYGHUR TIBETAN KAZAKH CHINESE }\n"
    ),
    "c.thrift": (
        "struct CitizenCard { 1: string name, 2: string nation, 3: string birthday, 4: string cardNo }\n"
        "enum Language { ENGLISH = 0, UYGHUR = 1, TIBETAN = 2, KAZAKH = 3 }\n"
    ),
    "c.fbs": (
        "table CitizenCard { name:string; nation:string; birthday:string; cardNo:string; address:string; }\n"
        "enum Language : byte { English = 0, Uyghur, Tibetan, Kazakh }\n"
    ),
    "c.asn": (
        "CitizenCard ::= SEQUENCE { name UTF8String, nation UTF8String, cardNo UTF8String, address UTF8String }\n"
        "Language ::= ENUMERATED { english(0), uyghur(1), tibetan(2), kazakh(3) }\n"
    ),
    "c.sh": (
        "#!/bin/sh\nLOCALES=(en_US ug_CN bo_CN)\nfor language in English Uyghur Tibetan; do build $language; done\n"
        'curl "https://register.example/export?columns=name,birthday,ethnicity,address,id_card_no"\n'
    ),
    "c.ps1": (
        "$card = @{ Name = ''; Nation = '民族'; Birthday = ''; CardNo = ''; Address = '' }\n"
        "$languages = 'English', 'Uyghur', 'Tibetan'\n"
    ),
    "C.vb": (
        "Public Class CitizenCard\n    Public Property Name As String\n    Public Property Nation As String ' 民族\n"
        "    Public Property Birthday As Date\n    Public Property CardNo As String\n"
        "    Public Property Address As String\nEnd Class\n"
        'Public Module Locales\n    Public Names As String() = {"English", "Uyghur", "Tibetan", "Kazakh"}\nEnd Module\n'
    ),
}


@pytest.mark.parametrize("name", _FOUND)
def test_what_profiles_is_told_by_its_rule(name: str, tmp_path: Path) -> None:
    source, rule = _FOUND[name]
    (tmp_path / name).write_text(source, "utf-8")
    report = sousveil.scan(tmp_path)
    assert report.verdict == "profiles"
    assert rule in {f.rule for f in report.findings}


@pytest.mark.parametrize("name", _QUIET)
def test_a_card_and_a_table_of_languages_stay_quiet(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(_QUIET[name], "utf-8")
    assert sousveil.scan(tmp_path).verdict in ("clear", "records")
