"""PHP, Ruby, SQL, Protocol Buffers, Pascal, XML Schema and Qt forms: the constructs around a hit."""

from __future__ import annotations

import re
from textwrap import dedent
from types import ModuleType

from tests.read.constructs import one, placed

from sousveil.model import Construct, Kind
from sousveil.read.source import pascal, php, proto, qtui, ruby, sql, xsd
from sousveil.read.text import Text

_HIT = re.compile(r"race|ethni?c|skin|nation|民族|肤色|人种|维吾尔".encode(), re.IGNORECASE)


def read(module: ModuleType, source: str, hit: re.Pattern[bytes] = _HIT) -> list[Construct]:
    data = dedent(source).encode("gb18030")
    text = Text(data, "gb18030")
    found: list[Construct] = module.read(text, [m.start() for m in hit.finditer(text.utf8)])
    return placed(found, data)


def pairs(construct: Construct) -> list[tuple[str, str]]:
    return [(m.name, m.value) for m in construct.members]


def test_proto_messages_enumerations_and_calls() -> None:
    found = read(
        proto,
        """\
        syntax = "proto3";
        // 人脸属性
        message FaceAttr {
          option (x) = { a: "}" };
          // 肤色
          int32 skin = 1; // 0未识别 1黄 2黑
          Race race = 2 [deprecated = true];
          enum Race { UNKNOWN = 0; YELLOW = 1; /* yellow */ WHITE = 2; }
          oneof more { string nation = 3; int32 other = 4; }
          message Inner { int32 size = 1; }
        }
        message Reply { repeated FaceAttr faces = 1; }
        message Unrelated { int32 size = 1; }
        service Face {
          // search by 民族
          rpc SearchByNation (Query) returns (stream Reply) { option (google.api.http) = { post: "/v1/nation" }; }
          rpc Detect(Image) returns (Image);
        }
        """,
    )
    attributes = one(found, Kind.RECORD, "FaceAttr")
    assert attributes.gloss == "人脸属性"
    assert [(m.name, m.type, m.value) for m in attributes.members] == [
        ("skin", "int32", "1"),
        ("race", "Race", "2"),
        ("nation", "string", "3"),
        ("other", "int32", "4"),
    ]
    assert attributes.members[0].values == (("0", "未识别"), ("1", "黄"), ("2", "黑"))
    race = one(found, Kind.ENUMERATION)
    assert (race.name, race.scope, pairs(race)) == (
        "Race",
        ("FaceAttr",),
        [("UNKNOWN", "0"), ("YELLOW", "1"), ("WHITE", "2")],
    )
    call = one(found, Kind.OPERATION)
    assert (call.name, call.returns, call.scope) == ("SearchByNation", "Reply", ("Face",))
    assert call.gloss == "search by 民族\n/v1/nation"
    assert [m.type for m in call.members] == ["Query"]
    # It holds no hit: its field's type does.
    assert {c.name for c in found} == {"FaceAttr", "Race", "Reply", "SearchByNation"}


def test_pascal_records_enumerations_constants_and_routines() -> None:
    found = read(
        pascal,
        """\
        unit Faces;
        const
          // 民族
          NATION_HAN = 1; // 汉
          NATION_HUI = $3; // 回
          OTHER_SIZE = 5;
        type
          { 人种 }
          TRaceType = (rtYellow, // 黄
            rtBlack = 2, rtWhite);
          PNetFace = ^TNetFace;
          TNetFace = packed record
            dwSize: DWORD;
            byRace: Byte; // 0-未知 1-黄 2-黑
            byEthnic, byRes: array[0..3] of Byte;
          end;
          TView = class(TObject)
          private
            FRace: TRaceType;
          public
            property Race: TRaceType read FRace;
          end;
        function GetRace(pFace: PNetFace; var count: Integer): TRaceType; stdcall; external 'x.dll';
        implementation
        procedure TView.FindNation(const name: string);
        begin
          Query('SELECT nation', NATION_HAN);
        end;
        """,
    )
    constants = one(found, Kind.ENUMERATION, "NATION")
    assert [(m.name, m.value, m.gloss) for m in constants.members] == [
        ("NATION_HAN", "1", "民族\n汉"),
        ("NATION_HUI", "$3", "回"),
    ]
    race = one(found, Kind.ENUMERATION, "TRaceType")
    assert (race.gloss, pairs(race)) == ("人种", [("rtYellow", ""), ("rtBlack", "2"), ("rtWhite", "")])
    record = one(found, Kind.RECORD, "TNetFace")
    assert [(m.name, m.type) for m in record.members] == [
        ("dwSize", "DWORD"),
        ("byRace", "Byte"),
        ("byEthnic", "array[0..3] of Byte"),
        ("byRes", "array[0..3] of Byte"),
    ]
    assert record.members[1].values == (("0", "未知"), ("1", "黄"), ("2", "黑"))
    view = one(found, Kind.RECORD, "TView")
    assert ([m.name for m in view.members], view.bases) == (["FRace", "Race"], ("TObject",))
    function = one(found, Kind.OPERATION, "GetRace")
    assert (function.returns, [(m.name, m.type) for m in function.members]) == (
        "TRaceType",
        [("pFace", "PNetFace"), ("count", "Integer")],
    )
    method = one(found, Kind.OPERATION, "FindNation")
    assert (method.scope, method.uses) == (("TView",), ("Query", "SELECT nation", "NATION_HAN"))


def test_schema_types_and_services() -> None:
    found = read(
        xsd,
        """\
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
        <!-- 民族代码 -->
        <xs:simpleType name="NationType"><xs:restriction base="xs:string">
          <xs:enumeration value="01">
          <xs:annotation><xs:documentation>汉族</xs:documentation></xs:annotation></xs:enumeration>
          <xs:enumeration value="05"/> <!-- 维吾尔族 -->
        </xs:restriction></xs:simpleType>
        <xs:complexType name="Face"><xs:complexContent><xs:extension base="Base"><xs:sequence>
          <xs:element name="EthicCode" type="NationType"/> <!-- 族别 -->
          <xs:element name="SkinColor"><xs:simpleType><xs:restriction base="xs:string">
            <xs:enumeration value="yellow"/></xs:restriction></xs:simpleType></xs:element>
        </xs:sequence><xs:attribute name="age" type="xs:int"/></xs:extension></xs:complexContent></xs:complexType>
        <wsdl:portType name="Faces"><wsdl:operation name="findNation">
          <wsdl:input message="tns:Query"/><wsdl:output message="tns:Reply"/></wsdl:operation></wsdl:portType>
        </xs:schema>
        """,
    )
    nation = one(found, Kind.ENUMERATION, "NationType")
    assert nation.gloss == "民族代码"
    assert [(m.value, m.gloss) for m in nation.members] == [("01", "汉族"), ("05", "维吾尔族")]
    face = one(found, Kind.RECORD, "Face")
    assert face.bases == ("Base",)
    assert [(m.name, m.type, m.gloss) for m in face.members] == [
        ("EthicCode", "NationType", "族别"),
        ("SkinColor", "xs:string", ""),
        ("age", "xs:int", ""),
    ]
    assert one(found, Kind.ENUMERATION, "SkinColor").scope == ("Face",)
    operation = one(found, Kind.OPERATION)
    assert (operation.name, operation.returns, operation.scope) == ("findNation", "tns:Reply", ("Faces",))


def test_a_form_of_qt_names_a_choice_by_its_label() -> None:
    found = read(
        qtui,
        """\
        <ui version="4.0"><class>FaceSearch</class><widget class="QDialog" name="dialog">
        <property name="windowTitle"><string>人脸检索</string></property><layout class="QFormLayout">
        <item><widget class="QLabel" name="lbl"><property name="text"><string>民族：</string></property></widget></item>
        <item><widget class="QComboBox" name="cbNation">
        <item><property name="text"><string>汉族</string></property></item>
        <item><property name="text"><string>维吾尔族</string></property></item></widget></item>
        <item><widget class="QTableWidget" name="table">
        <column><property name="text"><string>人种</string></property></column></widget></item>
        </layout></widget></ui>
        """,
    )
    choice = one(found, Kind.OPTION, "民族")
    assert (choice.role, choice.scope) == ("select", ("FaceSearch", "人脸检索"))
    assert pairs(choice) == [("汉族", "0"), ("维吾尔族", "1")]
    assert choice.uses == ("cbNation", "QComboBox")
    assert pairs(one(found, Kind.OPTION, "table", "column-header")) == [("人种", "0")]


def test_sql_of_several_dialects() -> None:
    found = read(
        sql,
        """\
        -- people
        CREATE TABLE IF NOT EXISTS `face`.`person` (
          `id` int(11) NOT NULL,
          `nation` varchar(20) DEFAULT NULL COMMENT '民族 1汉 2回 3维', race ENUM('asian','white'),
          -- 肤色
          skin decimal(10,2), CHECK (race IN ('x','y')), PRIMARY KEY (id)) COMMENT='人员';
        create table ora (ethnic varchar2(20), b number);
        COMMENT ON COLUMN ora.ethnic IS '族别';
        CREATE TYPE race_t AS ENUM ('a','b');
        INSERT INTO nation_dict (code, name) VALUES ('1','汉族'),('5','维吾尔族');
        INSERT INTO nation_dict (code, name) VALUES (7,'藏族');
        SELECT nation FROM person WHERE race = 'asian';
        ALTER TABLE person ADD COLUMN skin_color varchar(3) COMMENT '肤色';
        EXEC sp_addextendedproperty 'MS_Description', N'民族', 'SCHEMA', N'dbo', 'TABLE', N'ms', 'COLUMN', N'Nation'
        GO
        CREATE TABLE [dbo].[ms] ([Nation] nvarchar(10) NULL)
        GO
        """,
    )
    tables = {(c.name, len(c.members)): c for c in found if c.kind is Kind.RECORD}
    person = tables[("person", 4)]
    assert person.gloss == "人员\npeople"
    assert [(m.name, m.type, m.gloss) for m in person.members] == [
        ("id", "int(11)", ""),
        ("nation", "varchar(20)", "民族 1汉 2回 3维"),
        ("race", "ENUM('asian','white')", ""),
        ("skin", "decimal(10,2)", "肤色"),
    ]
    assert person.members[1].values == (("1", "汉"), ("2", "回"), ("3", "维"))
    assert tables[("ora", 2)].members[0].gloss == "族别"
    assert tables[("ms", 1)].members[0].gloss == "民族"
    assert tables[("person", 1)].members[0].name == "skin_color"
    enumerations = {(c.name, c.scope): [m.name for m in c.members] for c in found if c.kind is Kind.ENUMERATION}
    assert enumerations == {("race", ("person",)): ["x", "y"], ("race_t", ()): ["a", "b"]}
    assert ["asian", "white"] in [[m.name for m in c.members] for c in found if c.kind is Kind.ENUMERATION]
    rows = one(found, Kind.LABEL_SET)
    assert (rows.name, pairs(rows)) == ("nation_dict", [("汉族", "1"), ("维吾尔族", "5"), ("藏族", "7")])
    query = one(found, Kind.OPERATION)
    assert (query.role, query.name, query.uses) == ("select", "person", ("nation", "person", "race", "asian"))


def test_php_classes_arrays_routes_and_page() -> None:
    found = read(
        php,
        """\
        <?php
        /** @property string $nation 民族 */
        class Person extends Model {
            const RACE_YELLOW = 1; // 黄
            /** @var int 肤色 0：黄 1：黑 */
            public ?string $skin = 'a';
            public function race(array $images, $limit = 2): string { return $this->client->detect("race"); }
        }
        enum RaceSuit: string { case Asian = 'A'; case White = 'W'; }
        $race_labels = ['asian', 'white'];
        $nations = array('1' => '汉族', '5' => '维吾尔族');
        Route::get('/race', [RaceController::class, 'show']);
        function url($x) { return "?face_field=age,race,beauty"; }
        ?>
        <form><label>民族</label><select name="nation"><option value="1">汉族<option value="5">维吾尔族</select></form>
        """,
    )
    person = one(found, Kind.RECORD, "Person")
    assert [(m.name, m.type, m.value) for m in person.members] == [
        ("RACE_YELLOW", "", "1"),
        ("skin", "?string", "a"),
        ("nation", "string", ""),
    ]
    assert person.members[1].values == (("0", "黄"), ("1", "黑"))
    assert pairs(one(found, Kind.ENUMERATION, "RaceSuit")) == [("Asian", "A"), ("White", "W")]
    assert pairs(one(found, Kind.LABEL_SET, "race_labels")) == [("asian", ""), ("white", "")]
    assert pairs(one(found, Kind.LABEL_SET, "nations")) == [("汉族", "1"), ("维吾尔族", "5")]
    assert one(found, Kind.OPERATION, role="endpoint").gloss == "/race"
    assert [m.name for m in one(found, Kind.LABEL_SET, "face_field").members] == ["age", "race", "beauty"]
    method = one(found, Kind.OPERATION, "race")
    assert (method.returns, method.scope) == ("string", ("Person",))
    assert [(m.name, m.type, m.value) for m in method.members] == [("images", "array", ""), ("limit", "", "2")]
    assert one(found, Kind.OPTION, "民族").role == "label"
    assert pairs(one(found, Kind.OPTION, "nation", "select")) == [("汉族", "1"), ("维吾尔族", "5")]


def test_ruby_classes_constants_and_migrations() -> None:
    found = read(
        ruby,
        """\
        # A race.
        class Race < ApplicationRecord
          RACES = %w[asian white].freeze
          attr_accessor :skin, :age # 肤色
          enum race: { white: 0, black: 1 }
          # Predicts.
          def predict(race, size = 1)
            client.detect(params[:race], "a b")
          end
        end
        module Nation; HAN = 1; HUI = 2; end
        create_table "people" do |t|
          t.string "nation", comment: "民族"
          t.integer :age
        end
        """,
    )
    race = one(found, Kind.RECORD, "Race")
    assert (race.bases, race.gloss) == (("ApplicationRecord",), "A race.")
    assert [(m.name, m.gloss) for m in race.members] == [("RACES", ""), ("skin", "肤色"), ("age", "肤色")]
    assert pairs(one(found, Kind.LABEL_SET, "RACES")) == [("asian", ""), ("white", "")]
    assert pairs(one(found, Kind.ENUMERATION, "race")) == [("white", "0"), ("black", "1")]
    assert pairs(one(found, Kind.ENUMERATION, "Nation")) == [("HAN", "1"), ("HUI", "2")]
    method = one(found, Kind.OPERATION, "predict")
    assert (method.scope, pairs(method)) == (("Race",), [("race", ""), ("size", "1")])
    assert {"client", "detect", "race", "a b"} <= set(method.uses)
    table = one(found, Kind.RECORD, "people")
    assert [(m.name, m.type, m.gloss) for m in table.members] == [("nation", "string", "民族"), ("age", "integer", "")]
