"""C#, Kotlin, Go, Rust, Swift: the same structures in other words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import ModuleType

import pytest
from tests.read.constructs import one, placed

from sousveil.model import Construct, Kind
from sousveil.read.source import csharp, go, kotlin, rust, swift
from sousveil.read.text import Text

TERM = re.compile(rb"(?i)race|ethni|\xe6\xb0\x91\xe6\x97\x8f")

CSHARP = """\
using System;
namespace Example.Sdk {
    /// <summary>
    /// 人脸
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FACE_FEATURE {
        public byte byAge;     // 年龄
        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 4)]
        public byte[] byRace;  // 0-未知,1-亚洲人
    }
    public enum Race : int {
        [Description("亚洲人")] Asian = 1, // first
        White
    }
    public static class Codes {
        public const int RACE_YELLOW = 1; // 黄
        public const int RACE_BLACK = 2;
    }
    public class Person : Base {
        [JsonProperty("ethnicity")]
        public string Ethnicity { get; set; }
        public Race Kind { get; set; }
        private static readonly string[] Races = { "black", "white" };
        [HttpGet("race")]
        public Race Find(Race race, out int count) {
            return Ask("age,gender,race");
        }
        string Name(Race race) => race switch { Race.Asian => "asian", Race.White => "white", _ => "" };
        [DllImport("face.dll")]
        public static extern bool NET_SetRace(int handle, ref FACE_FEATURE feature);
        public delegate void RaceCallback(int handle, FACE_FEATURE feature);
    }
}
"""

KOTLIN = """\
package example

// 人脸
data class Face(
    @SerializedName("ethnicity") val ethnicity: String?, // 民族
    var age: Int = 0,
) : Base(), Marked {
    val race: Race = Race.ASIAN

    /** Finds. */
    fun find(race: Race): String {
        return when (race) {
            Race.ASIAN -> "asian"
            Race.WHITE -> "white"
            else -> "unknown"
        }
    }

    companion object {
        const val RACE_YELLOW = 1 // 黄
        const val RACE_BLACK = 2
    }
}

enum class Race(val code: Int) {
    ASIAN(1), // 亚洲人
    WHITE(2)
}

val races = listOf("black", "white")
val raceNames = mapOf(0 to "black", 1 to "white")

object Client {
    fun ask() {
        request.setAttributes("age,gender,race")
    }
}
"""

GO = """\
package example

// Race of a face.
type Race int

const (
	RaceAsian Race = iota // 亚洲人
	RaceWhite
)

// Face is a face.
type Face struct {
	Race      Race   `json:"race" gorm:"column:race_code"` // the race
	Age, Size int
	*Base
}

type Finder interface {
	FindRace(id int) Race
}

// Name names a race.
func (r Race) Name() string {
	switch r {
	case RaceAsian:
		return "asian"
	case RaceWhite:
		return "white"
	}
	return ""
}

func use(f Face) error { return nil }

var raceNames = map[Race]string{RaceAsian: "asian", RaceWhite: "white"}

func ask() { client.Do("return_attributes=age,gender,race") }
"""

RUST = """\
/// Race of a face.
#[derive(Debug)]
pub enum Race {
    /// 亚洲人
    Asian = 1,
    White(String),
}

pub struct Face {
    #[serde(rename = "ethnicity")]
    pub race: Race, // the race
    pub age: u8,
}

pub const RACE_YELLOW: u8 = 1; // 黄
pub const RACE_BLACK: u8 = 2;

impl Face {
    /// Names it.
    pub fn race_name(&self, race: &Race) -> &'static str {
        match race {
            Race::Asian => "asian",
            Race::White(_) => "white",
        }
    }
}

static RACES: &[&str] = &["black", "white"];

fn ask() {
    send("age,gender,race");
}
"""

SWIFT = """\
// Race of a face.
enum Race: Int {
    case asian = 1 // 亚洲人
    case white, black
}

struct Face: Codable {
    let race: Race? // 民族
    var age: Int = 0
    enum CodingKeys: String, CodingKey {
        case race = "race_code"
    }
}

class Client: Base {
    static let RACE_YELLOW = 1 // 黄
    static let RACE_BLACK = 2
    var name: String = ""

    /// Names it.
    func raceName(_ race: Race, with size: Int) -> String {
        switch race {
        case .asian: return "asian"
        case .white: return "white"
        default: return ""
        }
    }

    func ask() {
        send("age,gender,race")
    }
}

let raceNames = ["black", "white"]
let raceCodes: [Int: String] = [0: "black", 1: "white"]
protocol Finder {
    var race: String { get }
    func findRace(id: Int) -> Race
}
"""


def found(module: ModuleType, text: str, hits: Sequence[int] | None = ()) -> list[Construct]:
    data = text.encode()
    if hits == ():
        hits = [m.start() for m in TERM.finditer(data)]
    result: list[Construct] = module.read(Text(data, "utf-8"), hits)
    return placed(result, data)


def members(construct: Construct) -> list[tuple[str, str, str, str]]:
    return [(m.name, m.type, m.value, m.gloss) for m in construct.members]


def test_csharp() -> None:
    constructs = found(csharp, CSHARP)
    feature = one(constructs, Kind.RECORD, "FACE_FEATURE", "struct")
    assert members(feature) == [("byAge", "byte", "", "年龄"), ("byRace", "byte[]", "", "0-未知,1-亚洲人")]
    assert (feature.gloss, feature.scope) == ("人脸", ("Example.Sdk",))
    assert feature.members[1].values == (("0", "未知"), ("1", "亚洲人"))
    race = one(constructs, Kind.ENUMERATION, "Race", "enum")
    assert members(race) == [("Asian", "", "1", "Description 亚洲人\nfirst"), ("White", "", "", "")]
    codes = one(constructs, Kind.ENUMERATION, "Codes", "constants")
    assert members(codes) == [("RACE_YELLOW", "", "1", "黄"), ("RACE_BLACK", "", "2", "")]
    person = one(constructs, Kind.RECORD, "Person", "class")
    assert members(person)[:2] == [("Ethnicity", "string", "", "JsonProperty ethnicity"), ("Kind", "Race", "", "")]
    assert person.bases == ("Base",)
    find = one(constructs, Kind.OPERATION, "Find", "endpoint")
    assert (find.returns, [m.type for m in find.members], find.gloss) == ("Race", ["Race", "out int"], "HttpGet race")
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "Ask", "attribute-list").members] == [
        "age",
        "gender",
        "race",
    ]
    assert [m.value for m in one(constructs, Kind.LABEL_SET, "Name", "switch").members][:2] == ['"asian"', '"white"']
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "Races", "list").members] == ["black", "white"]
    assert one(constructs, Kind.OPERATION, "NET_SetRace").members[1].type == "ref FACE_FEATURE"
    assert one(constructs, Kind.OPERATION, "RaceCallback", "callback").members[1].type == "FACE_FEATURE"


def test_kotlin() -> None:
    constructs = found(kotlin, KOTLIN)
    face = one(constructs, Kind.RECORD, "Face", "class")
    assert members(face) == [
        ("ethnicity", "String?", "", "SerializedName ethnicity\n民族"),
        ("age", "Int", "0", ""),
        ("race", "Race", "Race.ASIAN", ""),
    ]
    assert (face.bases, face.gloss) == (("Base()", "Marked"), "人脸")
    race = one(constructs, Kind.ENUMERATION, "Race", "enum")
    assert members(race) == [("ASIAN", "", "1", "亚洲人"), ("WHITE", "", "2", "")]
    constants = one(constructs, Kind.ENUMERATION, "Face", "constants")
    assert members(constants) == [("RACE_YELLOW", "", "1", "黄"), ("RACE_BLACK", "", "2", "")]
    find = one(constructs, Kind.OPERATION, "find", "method")
    assert (find.returns, find.gloss, find.scope) == ("String", "Finds.", ("Face",))
    switch = one(constructs, Kind.LABEL_SET, "find", "switch")
    assert [(m.name, m.value) for m in switch.members][:2] == [("ASIAN", '"asian"'), ("WHITE", '"white"')]
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "races", "list").members] == ["black", "white"]
    named = one(constructs, Kind.LABEL_SET, "raceNames", "dict")
    assert [(m.name, m.value) for m in named.members] == [("0", '"black"'), ("1", '"white"')]
    asked = one(constructs, Kind.LABEL_SET, "setAttributes", "attribute-list")
    assert asked.scope == ("Client", "ask")


def test_go() -> None:
    constructs = found(go, GO)
    race = one(constructs, Kind.ENUMERATION, "Race", "constants")
    assert members(race) == [("RaceAsian", "", "iota", "亚洲人"), ("RaceWhite", "", "", "")]
    face = one(constructs, Kind.RECORD, "Face", "struct")
    assert members(face)[0] == ("Race", "Race", "", "json race\ngorm column:race_code\nthe race")
    assert (face.bases, face.gloss) == (("*Base",), "Face is a face.")
    name = one(constructs, Kind.OPERATION, "Name", "method")
    assert (name.scope, name.returns, name.gloss) == (("Race",), "string", "Name names a race.")
    assert [m.value for m in one(constructs, Kind.LABEL_SET, "Name", "switch").members] == ['"asian"', '"white"']
    assert one(constructs, Kind.OPERATION, "FindRace").returns == "Race"
    assert one(constructs, Kind.OPERATION, "use").members[0].type == "Face"
    named = one(constructs, Kind.LABEL_SET, "raceNames", "dict")
    assert [(m.name, m.value) for m in named.members] == [("RaceAsian", '"asian"'), ("RaceWhite", '"white"')]
    asked = one(constructs, Kind.LABEL_SET, "return_attributes", "attribute-list")
    assert [m.name for m in asked.members] == ["age", "gender", "race"]


def test_rust() -> None:
    constructs = found(rust, RUST)
    race = one(constructs, Kind.ENUMERATION, "Race", "enum")
    assert members(race) == [("Asian", "", "1", "亚洲人"), ("White", "(String)", "", "")]
    assert race.gloss == "Race of a face."
    face = one(constructs, Kind.RECORD, "Face", "struct")
    assert members(face) == [("race", "Race", "", "serde ethnicity\nthe race"), ("age", "u8", "", "")]
    constants = one(constructs, Kind.ENUMERATION, "RACE", "constants")
    assert members(constants) == [("RACE_YELLOW", "", "1", "黄"), ("RACE_BLACK", "", "2", "")]
    name = one(constructs, Kind.OPERATION, "race_name", "method")
    assert (name.returns, name.scope, name.gloss) == ("&'static str", ("Face",), "Names it.")
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "race_name", "switch").members][:1] == ["Asian"]
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "RACES", "list").members] == ["black", "white"]
    assert one(constructs, Kind.LABEL_SET, "send", "attribute-list").scope == ("ask",)


def test_swift() -> None:
    constructs = found(swift, SWIFT)
    race = one(constructs, Kind.ENUMERATION, "Race", "enum")
    assert [m[0] for m in members(race)] == ["asian", "white", "black"]
    assert members(race)[0] == ("asian", "", "1", "亚洲人")
    face = one(constructs, Kind.RECORD, "Face", "struct")
    assert members(face) == [("race", "Race?", "", "民族"), ("age", "Int", "0", "")]
    assert members(one(constructs, Kind.ENUMERATION, "CodingKeys")) == [("race", "", '"race_code"', "")]
    constants = one(constructs, Kind.ENUMERATION, "RACE", "constants")
    assert members(constants) == [("RACE_YELLOW", "", "1", "黄"), ("RACE_BLACK", "", "2", "")]
    name = one(constructs, Kind.OPERATION, "raceName", "method")
    assert (name.returns, name.gloss, [m.type for m in name.members]) == ("String", "Names it.", ["Race", "Int"])
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "raceName", "switch").members] == [
        "asian",
        "white",
        "default",
    ]
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "raceNames", "list").members] == ["black", "white"]
    codes = one(constructs, Kind.LABEL_SET, "raceCodes", "dict")
    assert [(m.name, m.value) for m in codes.members] == [("0", '"black"'), ("1", '"white"')]
    assert one(constructs, Kind.RECORD, "Finder", "interface").members[0].name == "race"
    assert one(constructs, Kind.OPERATION, "findRace").returns == "Race"


@pytest.mark.parametrize(
    ("module", "source"), [(csharp, CSHARP), (kotlin, KOTLIN), (go, GO), (rust, RUST), (swift, SWIFT)]
)
def test_nothing_without_hits_everything_with_none(module: ModuleType, source: str) -> None:
    assert module.read(Text(source.encode(), "utf-8"), ()) == []
    assert {(x.kind, x.name) for x in found(module, source, None)} >= {
        (x.kind, x.name) for x in found(module, source) if x.role not in ("code", "comment")
    }
