"""C, C++, Objective-C and Java: what vendors' headers and wrappers hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import ModuleType

import pytest
from tests.read.constructs import one

from sousveil.model import Construct, Kind, Passage
from sousveil.read.source import c, java
from sousveil.read.text import Text

HEADER = """\
/* Copyright 2020 Example: "quotes" and 'apostrophes' */
#ifndef EXAMPLE_H
#define EXAMPLE_H
#ifdef __cplusplus
extern "C" {
#endif

#define EX_MAX_NAME          64      // 名称长度
#define EX_RACE_UNKNOWN      0       // 未知
#define EX_RACE_YELLOW       1       // 黄种人
#define EX_RACE_WHITE        2       /* 白种人 */

// 民族
typedef enum tagEX_NATION_TYPE
{
    EX_NATION_UNKNOWN,                  // 未知
    EX_NATION_UYGUR = 1,                // 维族
    EX_NATION_OTHER,                    // 其他
} EX_NATION_TYPE;

typedef enum { EX_SEX_MAN = 0, EX_SEX_WOMAN } EX_SEX_TYPE; // 性别

/// 人脸数据
typedef struct tagEX_FACE_DATA
{
    int                 nAge;           // 年龄
    EX_SEX_TYPE         emSex;          // 性别
    EX_NATION_TYPE      emNation;       // 民族
                                        // 仅部分设备支持
    BYTE                byRace[4], *pRace;   /* 肤色 0未识别 1黄 2黑 3白 */
    struct { int nLeft; } stuBox;
    BYTE                byReserved[64]; // 保留
} EX_FACE_DATA, *LPEX_FACE_DATA;

// 人脸事件
typedef struct
{
    DWORD               dwSize;
    EX_FACE_DATA        stuFace[10];
} EX_FACE_EVENT;

typedef struct tagEX_CAR { int nColour; } EX_CAR;

// 人脸识别回调
typedef int (CALLBACK *fFaceCallBack)(LLONG lHandle, EX_FACE_EVENT *pEvent, void *pUser);

// 查询人脸, pFace由用户申请
EX_NET_API BOOL CALL_METHOD EX_FindFace(LLONG lLogin, IN const EX_FACE_DATA *pFace, int nWait = 1000);
EX_NET_API BOOL CALL_METHOD EX_FindCar(LLONG lLogin, EX_CAR *pCar);

static const char *kRaceNames[] = {
    "black",    // first
    "white",
    "asian",
};

static inline const char *exRaceString(EX_NATION_TYPE race) {
    switch (race) {
        case EX_NATION_UYGUR: return "uygur";
        case EX_NATION_OTHER: return "other";
        default: return "unknown";
    }
}

int exAsk(void) {
    // race is asked for below
    return ask("returnAttributes=gender,age,ethnicity") + say("the race was won");
}

#ifdef __cplusplus
}
#endif
#endif
"""

JAVA = """\
package com.example.sdk;

import java.io.Serializable;

/**
 * 肤色类型
 */
public class EX_RACE_TYPE implements Serializable {
    private static final long serialVersionUID = 1L;
    /**
     * 黄
     */
    public static final int EX_RACE_YELLOW = 1;
    public static final int EX_RACE_BLACK = 2; // 黑
}

/** 人脸 */
@Data
class FaceObject extends Base implements Face {
    @JsonProperty("EthicCode")
    private String EthicCode;
    @ApiModelProperty("民族")
    private String nation;
    /**
     * 民族
     */
    public byte[] byReserved1 = new byte[4];
    private int age;

    enum Group implements Coded {
        ASIAN("asian", "亚洲人"), // 亚洲
        WHITE("white", "白人");
        private final String code;
        Group(String code, String text) { this.code = code; }
    }
}

interface Properties { String getEthnicity(); void setEthnicity(String ethnicity); int getAge(); }

@RestController
@RequestMapping("/api/face")
class FaceController {
    /**
     * Search.
     * @param ethnicity 民族 0-未知 1-维族
     */
    @PostMapping(value = "/search")
    public Result<FaceObject> search(@RequestParam("ethnicity") String ethnicity, int... pages) {
        request.setReturnAttributes("gender,age,ethnicity");
        request.setFields("age,race");
        List<String> races = Arrays.asList("black", "white");
        log.info("ethnicity was asked");
        // request.setRace(race);
        return find(ethnicity);
    }

    String name(int race) {
        switch (race) {
            case Races.BLACK: return "black";
            case Races.WHITE: return "white";
            default: throw new IllegalArgumentException("race");
        }
    }
}
"""

TERM = re.compile(rb"(?i)race|nation|ethni|ethic|\xe6\xb0\x91\xe6\x97\x8f|\xe8\x82\xa4\xe8\x89\xb2")


def places(construct: Construct) -> list[Passage]:
    return [construct.passage, *(m.passage for m in construct.members)]


def found(module: ModuleType, text: str, encoding: str = "utf-8", hits: Sequence[int] | None = ()) -> list[Construct]:
    data = text.encode(encoding)
    decoded = Text(data, encoding)
    if hits == ():
        hits = [m.start() for m in TERM.finditer(decoded.utf8)]
    result = module.read(decoded, hits)
    for construct in result:
        for p in places(construct):
            assert data[p.offset : p.offset + p.length].decode(encoding, "backslashreplace") == p.text
            assert decoded.utf8.decode().split("\n")[p.line - 1][p.column - 1 :].startswith(p.text.split("\n")[0])
    return result


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_a_header_is_read_in_every_encoding(encoding: str) -> None:
    constructs = found(c, HEADER, encoding)
    nation = one(constructs, Kind.ENUMERATION, "EX_NATION_TYPE")
    assert [(m.name, m.value, m.gloss) for m in nation.members] == [
        ("EX_NATION_UNKNOWN", "", "未知"),
        ("EX_NATION_UYGUR", "1", "维族"),
        ("EX_NATION_OTHER", "", "其他"),
    ]
    assert (nation.role, nation.gloss, nation.language) == ("enum", "民族", "c")
    assert nation.passage.text == "typedef enum tagEX_NATION_TYPE"


def test_big5_header() -> None:
    source = "// 種族\nenum Race\n{\n    YELLOW, // 黃種人\n    WHITE,  // 白種人\n};\n"
    constructs = found(c, source, "big5")
    assert [m.gloss for m in one(constructs, Kind.ENUMERATION, "Race").members] == ["黃種人", "白種人"]


def test_records_have_types_glosses_and_values() -> None:
    face = one(found(c, HEADER), Kind.RECORD, "EX_FACE_DATA")
    members = {m.name: m for m in face.members}
    assert list(members) == ["nAge", "emSex", "emNation", "byRace", "pRace", "stuBox", "nLeft", "byReserved"]
    assert members["emNation"].type == "EX_NATION_TYPE"
    assert members["emNation"].gloss == "民族\n仅部分设备支持"
    assert members["byRace"].type == "BYTE[4]"
    assert members["pRace"].type == "BYTE *"
    assert members["pRace"].values == (("0", "未识别"), ("1", "黄"), ("2", "黑"), ("3", "白"))
    assert members["byReserved"].gloss == "保留"
    assert face.gloss == "人脸数据"
    assert face.role == "struct"


def test_what_uses_a_hit_type_is_read_too() -> None:
    constructs = found(c, HEADER)
    event = one(constructs, Kind.RECORD, "EX_FACE_EVENT")
    assert [m.type for m in event.members] == ["DWORD", "EX_FACE_DATA[10]"]
    assert event.passage.text == "} EX_FACE_EVENT;"
    callback = one(constructs, Kind.OPERATION, "fFaceCallBack", "callback")
    assert [m.type for m in callback.members] == ["LLONG", "EX_FACE_EVENT *", "void *"]
    find = one(constructs, Kind.OPERATION, "EX_FindFace", "function")
    assert (find.returns, find.gloss) == ("BOOL", "查询人脸, pFace由用户申请")
    assert [(m.name, m.type) for m in find.members][1] == ("pFace", "const EX_FACE_DATA *")
    assert not [x for x in constructs if x.name in ("EX_FindCar", "EX_CAR", "EX_SEX_TYPE")]


def test_the_type_of_a_hit_field_is_read_too() -> None:
    source = "typedef enum { A, B } KIND;\ntypedef enum { C } OTHER;\nstruct Face { KIND race; OTHER other; };\n"
    constructs = found(c, source, hits=[source.index("race")])
    assert [(x.kind, x.name) for x in constructs] == [(Kind.ENUMERATION, "KIND"), (Kind.RECORD, "Face")]


def test_constants_lists_switches_and_strings() -> None:
    constructs = found(c, HEADER)
    race = one(constructs, Kind.ENUMERATION, "EX_RACE", "constants")
    assert [(m.name, m.value, m.gloss) for m in race.members] == [
        ("EX_RACE_UNKNOWN", "0", "未知"),
        ("EX_RACE_YELLOW", "1", "黄种人"),
        ("EX_RACE_WHITE", "2", "白种人"),
    ]
    labels = one(constructs, Kind.LABEL_SET, "kRaceNames", "list")
    assert [(m.name, m.gloss) for m in labels.members] == [("black", "first"), ("white", ""), ("asian", "")]
    switch = one(constructs, Kind.LABEL_SET, "exRaceString", "switch")
    assert [(m.name, m.value) for m in switch.members][:2] == [
        ("EX_NATION_UYGUR", '"uygur"'),
        ("EX_NATION_OTHER", '"other"'),
    ]
    asked = one(constructs, Kind.LABEL_SET, "returnAttributes", "attribute-list")
    assert [m.name for m in asked.members] == ["gender", "age", "ethnicity"]
    assert asked.scope == ("exAsk",)
    said = one(constructs, Kind.STATEMENT, "say", "string")
    assert said.passage.text == '"the race was won"'
    comment = one(constructs, Kind.STATEMENT, "", "comment")
    assert (comment.passage.text, comment.scope) == ("// race is asked for below", ("exAsk",))
    operation = one(constructs, Kind.OPERATION, "exRaceString")
    assert operation.returns == "const char*" or operation.returns == "const char *"
    assert "EX_NATION_UYGUR" in operation.uses and "uygur" in operation.uses


def test_no_hits_no_constructs_and_all() -> None:
    assert c.read(Text(HEADER.encode(), "utf-8"), ()) == []
    assert c.read(Text(HEADER.encode(), "utf-8"), [10**9]) == []
    every = found(c, HEADER, hits=c.ALL)
    assert {x.name for x in every} >= {"EX_CAR", "EX_SEX_TYPE", "EX_FindCar", "EX_FACE_EVENT", "exAsk"}


def test_cplusplus() -> None:
    source = """\
namespace face {
// Races the model tells apart.
enum class Race : int { kAsian = 1, kWhite };  // two
class Attributes : public Base {
 public:
  Race race = Race::kAsian;  ///< the race
  std::string name() const;
  Attributes(int race);
};
std::string Attributes::name() const { return race_; }
const std::map<int, std::string> kRaces = {{0, "asian"}, {1, "white"}};
}  // namespace face
"""
    constructs = found(c, source)
    race = one(constructs, Kind.ENUMERATION, "Race")
    assert (race.scope, race.bases, race.gloss) == (("face",), ("int",), "Races the model tells apart.\ntwo")
    record = one(constructs, Kind.RECORD, "Attributes", "class")
    assert (record.bases, record.language) == (("Base",), "cpp")
    assert [(m.name, m.type, m.value, m.gloss) for m in record.members] == [
        ("race", "Race", "Race::kAsian", "the race")
    ]
    methods = [x for x in constructs if x.kind is Kind.OPERATION and x.name == "name"]
    assert [(m.role, m.scope) for m in methods] == [("method", ("face", "Attributes"))] * 2
    labels = one(constructs, Kind.LABEL_SET, "kRaces", "dict")
    assert [(m.name, m.value) for m in labels.members] == [("0", '"asian"'), ("1", '"white"')]


def test_objective_c() -> None:
    source = """\
#import <Foundation/Foundation.h>
NS_ASSUME_NONNULL_BEGIN
// 人种
typedef NS_ENUM(NSInteger, FaceRace) {
    FaceRaceYellow = 0, // 黄
    FaceRaceBlack,
};
@interface Face : NSObject
@property (nonatomic, assign) FaceRace race; // the race
- (NSString *)nameOfRace:(FaceRace)race with:(int)options;
@end
@implementation Face
- (NSArray *)races { return @[@"black", @"white"]; }
- (void)ask { [self setAttributes:@"age,gender,race"]; }
@end
"""
    constructs = found(c, source)
    race = one(constructs, Kind.ENUMERATION, "FaceRace")
    assert [(m.name, m.value, m.gloss) for m in race.members] == [
        ("FaceRaceYellow", "0", "黄"),
        ("FaceRaceBlack", "", ""),
    ]
    face = one(constructs, Kind.RECORD, "Face", "class")
    assert (face.bases, face.language) == (("NSObject",), "objc")
    assert [(m.name, m.type, m.gloss) for m in face.members] == [("race", "FaceRace", "the race")]
    method = one(constructs, Kind.OPERATION, "nameOfRace:with:")
    assert [(m.name, m.type) for m in method.members] == [("race", "FaceRace"), ("options", "int")]
    asked = one(constructs, Kind.LABEL_SET, "setAttributes", "attribute-list")
    assert [m.name for m in asked.members] == ["age", "gender", "race"]


def test_java_constants_records_and_enumerations() -> None:
    constructs = found(java, JAVA)
    race = one(constructs, Kind.ENUMERATION, "EX_RACE_TYPE", "constants")
    assert [(m.name, m.value, m.gloss) for m in race.members] == [
        ("EX_RACE_YELLOW", "1", "黄"),
        ("EX_RACE_BLACK", "2", "黑"),
    ]
    assert (race.gloss, race.bases) == ("肤色类型", ("Serializable",))
    face = one(constructs, Kind.RECORD, "FaceObject", "class")
    assert [(m.name, m.type, m.value, m.gloss) for m in face.members] == [
        ("EthicCode", "String", "", "JsonProperty EthicCode"),
        ("nation", "String", "", "ApiModelProperty 民族"),
        ("byReserved1", "byte[]", "new byte[4]", "民族"),
        ("age", "int", "", ""),
    ]
    assert (face.bases, face.gloss) == (("Base", "Face"), "人脸")
    group = one(found(java, JAVA, hits=java.ALL), Kind.ENUMERATION, "Group")
    assert [(m.name, m.value, m.gloss) for m in group.members] == [
        ("ASIAN", '"asian", "亚洲人"', "亚洲"),
        ("WHITE", '"white", "白人"', ""),
    ]
    assert (group.scope, group.bases) == (("FaceObject",), ("Coded",))


def test_java_properties_of_an_interface() -> None:
    record = one(found(java, JAVA, hits=java.ALL), Kind.RECORD, "Properties", "interface")
    assert [(m.name, m.type) for m in record.members] == [("ethnicity", "String"), ("age", "int")]


def test_java_endpoints_and_what_is_in_them() -> None:
    constructs = found(java, JAVA)
    search = one(constructs, Kind.OPERATION, "search", "endpoint")
    assert search.returns == "Result<FaceObject>"
    assert [(m.name, m.type) for m in search.members] == [("ethnicity", "String"), ("pages", "int...")]
    assert search.members[0].values == (("0", "未知"), ("1", "维族"))
    assert "RequestMapping /api/face" in search.gloss and "PostMapping /search" in search.gloss
    assert "setReturnAttributes" in search.uses
    asked = one(constructs, Kind.LABEL_SET, "setReturnAttributes", "attribute-list")
    assert [m.name for m in asked.members] == ["gender", "age", "ethnicity"]
    assert [m.name for m in one(constructs, Kind.LABEL_SET, "setFields").members] == ["age", "race"]
    said = one(constructs, Kind.STATEMENT, "info", "string")
    assert said.scope == ("FaceController", "search")
    comment = one(constructs, Kind.STATEMENT, "", "comment")
    assert comment.passage.text == "// request.setRace(race);"
    switch = one(constructs, Kind.LABEL_SET, "name", "switch")
    assert [(m.name, m.value) for m in switch.members] == [("BLACK", '"black"'), ("WHITE", '"white"')]


def test_a_hit_in_the_name_of_a_list_or_function_brings_its_labels() -> None:
    source = """\
static const char *kRaces[] = {"black", "white"};
static const char *kCars[] = {"bus", "van"};
const char *raceName(int r) { switch (r) { case 1: return "black"; case 2: return "white"; } return 0; }
const char *carName(int r) { switch (r) { case 1: return "bus"; case 2: return "van"; } return 0; }
"""
    constructs = found(c, source)
    assert [(x.kind, x.name, [m.name for m in x.members]) for x in constructs] == [
        (Kind.LABEL_SET, "kRaces", ["black", "white"]),
        (Kind.OPERATION, "raceName", ["r"]),
        (Kind.LABEL_SET, "raceName", ["1", "2"]),
    ]


def test_java_label_list() -> None:
    constructs = found(java, JAVA, hits=[JAVA.encode().index(b'"black", "white"')])
    labels = one(constructs, Kind.LABEL_SET, "races", "list")
    assert [m.name for m in labels.members] == ["black", "white"]


def test_a_constant_named_beside_others_of_another_kind_is_a_statement() -> None:
    source = "#define MAX_CHANNELS 16\n#define NATION_LENGTH 32\n#define USE_GPU\n"
    constructs = found(c, source)
    assert [(x.kind, x.role, x.name) for x in constructs] == [(Kind.STATEMENT, "constants", "NATION_LENGTH")]


def test_broken_code_keeps_its_lines() -> None:
    source = "int race @@ ((;\n} } }\nstruct Face { int race; // 民族\n};\nimport race;\n"
    constructs = found(c, source)
    assert [m.gloss for m in one(constructs, Kind.RECORD, "Face").members] == ["民族"]
    assert {x.passage.line for x in constructs if x.kind is Kind.STATEMENT} >= {5}


def test_conditional_lines_do_not_break_declarations() -> None:
    source = "enum Race {\n#ifdef FULL\n  RACE_A, // a\n#else\n  RACE_B,\n#endif\n  RACE_C\n};\n"
    constructs = found(c, source)
    assert [m.name for m in one(constructs, Kind.ENUMERATION, "Race").members] == ["RACE_A", "RACE_B", "RACE_C"]


def test_values_listed_below_a_field_are_its_own_where_each_comment_stands_behind_its_line() -> None:
    header = """typedef struct tagEX_CARD
{
    char    szName[64];     // 姓名
    int     nEthnicity;     // 民族
    // 0 无效
    // 1 汉族
    // 2 维吾尔族
    EX_TIME stuBirth;       // 出生日期
    // 0 one
    // 1 two
    int     nPlain;
    int     nRace;          // 人种
    // 只用于人脸, 见 1.2
    int     nOther;         // 其他
} EX_CARD;
"""
    found = c.read(Text(header.encode(), "utf-8"), None)
    (card,) = [one for one in found if one.name == "EX_CARD"]
    said = {member.name: member.gloss for member in card.members}
    assert said["nEthnicity"].split() == ["民族", "0", "无效", "1", "汉族", "2", "维吾尔族"]
    listed = next(m for m in card.members if m.name == "nEthnicity").values
    assert [value for _, value in listed] == ["无效", "汉族", "维吾尔族"]
    assert said["stuBirth"] == "出生日期"
    assert said["nPlain"].split() == ["0", "one", "1", "two"], "above a field without one of its own it is that field's"
    assert said["nOther"].split()[-1] == "其他"
    assert "人脸" in said["nOther"], "words without a count stand above what they speak of"
