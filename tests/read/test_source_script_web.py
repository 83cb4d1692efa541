"""JavaScript, TypeScript, JSX and Vue: classes, enumerations, label sets, endpoints, labels and choices."""

from __future__ import annotations

import re
from textwrap import dedent

from tests.read.constructs import one, placed

from sousveil.model import Construct, Kind
from sousveil.read.source import javascript, vue
from sousveil.read.text import Text

_HIT = re.compile(r"race|ethnic|skin|nation|民族|肤色|人种|维吾尔".encode(), re.IGNORECASE)


def read(source: str, component: bool = False, hit: re.Pattern[bytes] = _HIT) -> list[Construct]:
    data = dedent(source).encode()
    text = Text(data, "utf-8")
    hits = [m.start() for m in hit.finditer(text.utf8)]
    found = vue.read(text, hits) if component else javascript.read(text, hits)
    return placed(found, data)


def names(construct: Construct) -> list[str]:
    return [m.name for m in construct.members]


def test_a_table_of_groups_is_one_label_set() -> None:
    found = read(
        """\
        define(["exports"], function (exports) {
            exports.NationType = [
                { text: "未知", value: "00", parentCode: "1" },
                { text: "汉族", value: "1", parentCode: "1" },
                { text: "维吾尔族", value: "5", parentCode: "1" },
            ];
        });
        """
    )
    labels = one(found, Kind.LABEL_SET)
    assert labels.name == "NationType"
    assert [(m.name, m.value) for m in labels.members] == [("未知", "00"), ("汉族", "1"), ("维吾尔族", "5")]
    assert found == [labels]


def test_constant_objects_are_enumerations() -> None:
    found = read(
        """\
        // codes of race
        const RaceKind = Object.freeze({ Yellow: 0, White: 1 });
        export const SKIN = { LIGHT: 'light', DARK: 'dark' };
        var Nation;
        (function (Nation) {
            Nation[Nation["Han"] = 1] = "Han";
            Nation[Nation["Hui"] = 3] = "Hui";
        })(Nation || (Nation = {}));
        """
    )
    told = {c.name: (c.role, [(m.name, m.value) for m in c.members]) for c in found if c.kind is Kind.ENUMERATION}
    assert told["RaceKind"] == ("constants", [("Yellow", "0"), ("White", "1")])
    assert told["SKIN"] == ("constants", [("LIGHT", "light"), ("DARK", "dark")])
    assert told["Nation"] == ("enum", [("Han", "1"), ("Hui", "3")])
    assert one(found, Kind.ENUMERATION, "RaceKind").gloss == "codes of race"


def test_a_list_of_names_in_a_comment_belongs_to_the_function_it_documents() -> None:
    found = read(
        """\
        class AipFace extends BaseClient {
            /**
             * 人脸检测
             *
             * @param {string} image - the picture
             * @param {Object} options - optional
             * @description options:
             *   face_field 包括**age,beauty,gender,race,quality信息**
             * @return {Promise} - a promise
             */
            detect(image, options) {
                return this.commonImpl({ image: image, targetPath: DETECT_PATH });
            }
        }
        """
    )
    listed = one(found, Kind.LABEL_SET)
    assert (listed.role, listed.name, listed.scope) == ("attribute-list", "face_field", ("AipFace", "detect"))
    assert names(listed) == ["age", "beauty", "gender", "race", "quality"]
    assert listed.passage.line == 8
    operation = one(found, Kind.OPERATION)
    assert (operation.name, operation.returns) == ("detect", "Promise")
    assert [(m.name, m.type, m.gloss.split("\n")[0]) for m in operation.members] == [
        ("image", "string", "the picture"),
        ("options", "Object", "optional"),
    ]
    assert "commonImpl" in operation.uses


def test_headings_in_strings_of_markup() -> None:
    found = read(
        """\
        View.draw = function (face) {
            var html = "";
            html += "<tr><th>人种</th><td>" + face.ethnicity + "</td></tr>";
            return html;
        };
        """
    )
    heading = one(found, Kind.OPTION)
    assert (heading.name, heading.role, heading.scope) == ("人种", "column-header", ("draw",))
    assert heading.passage.text == "人种"
    assert "face.ethnicity" in one(found, Kind.OPERATION, "draw").uses


def test_requests_and_routes() -> None:
    found = read(
        """\
        app.get("/people/race", (req, res) => { res.json(find(req.query.race)); });
        function search() {
            return axios.post("/face/search", { nation: this.query.nation, age: 1 });
        }
        """
    )
    route = one(found, Kind.OPERATION, role="endpoint")
    assert (route.name, route.gloss) == ("get /people/race", "/people/race")
    request = one(found, Kind.OPERATION, role="request")
    assert (request.name, names(request)) == ("post /face/search", ["nation", "age"])


def test_typescript_declarations() -> None:
    found = read(
        """\
        export enum Race { Asian = 'A', White = 'W' } // codes
        /** what a model says */
        type RaceName = 'asian' | 'white';
        export interface Face extends Base {
            /** 肤色 0未识别 1黄 2黑 */
            readonly skin: number;
            race?: Race;
        }
        @Entity()
        export class Person {
            @ApiProperty({ description: '民族' })
            nation: string = '';
            @Get('race/:id')
            find(@Param('id') id: string): Promise<Race> { return this.repo.find(id); }
        }
        """
    )
    race = one(found, Kind.ENUMERATION, "Race")
    assert [(m.name, m.value) for m in race.members] == [("Asian", "A"), ("White", "W")]
    union = one(found, Kind.ENUMERATION, "RaceName")
    assert (union.role, names(union), union.gloss) == ("union", ["asian", "white"], "what a model says")
    face = one(found, Kind.RECORD, "Face")
    assert (face.role, face.bases, face.language) == ("interface", ("Base",), "typescript")
    assert [(m.name, m.type) for m in face.members] == [("skin", "number"), ("race", "Race")]
    assert face.members[0].values == (("0", "未识别"), ("1", "黄"), ("2", "黑"))
    person = one(found, Kind.RECORD, "Person")
    assert [(m.name, m.gloss) for m in person.members] == [("nation", "民族")]
    endpoint = one(found, Kind.OPERATION)
    assert (endpoint.role, endpoint.gloss, endpoint.returns) == ("endpoint", "race/:id", "Promise<Race>")
    assert not [c for c in found if c.kind is Kind.STATEMENT]


def test_jsx_labels_choices_and_columns() -> None:
    found = read(
        """\
        const columns = [
            { title: '姓名', dataIndex: 'name' },
            { title: '民族', dataIndex: 'nation', width: 80 },
        ];
        export function Search() {
            return (
                <Form.Item label="肤色">
                    <Select name="skin">
                        <Option value="1">黄</Option>
                        <Option value="2">黑</Option>
                    </Select>
                </Form.Item>
            );
        }
        """
    )
    columns = one(found, Kind.OPTION, "columns")
    assert (columns.role, [(m.name, m.value) for m in columns.members]) == (
        "column-header",
        [("姓名", "name"), ("民族", "nation")],
    )
    choice = one(found, Kind.OPTION, "肤色")
    assert (choice.role, choice.scope) == ("select", ("Search",))
    assert [(m.name, m.value) for m in choice.members] == [("黄", "1"), ("黑", "2")]


def test_a_component_of_vue() -> None:
    found = read(
        """\
        <template>
          <el-form ref="queryForm">
            <el-form-item label="民族" prop="nation">
              <el-select v-model="query.nation" placeholder="请选择">
                <el-option label="汉族" value="1" />
                <el-option v-for="n in nationList" :key="n.id" :label="n.name" :value="n.id"></el-option>
              </el-select>
            </el-form-item>
            <el-table-column label="人种" prop="race"/>
            <label>肤色：</label><span>{{ detail.skin }}</span>
          </el-form>
        </template>
        <script>
        export default {
          name: 'FaceSearch',
          data() { return { nationList: [{id: 1, name: '汉族'}, {id: 5, name: '维吾尔族'}] } },
        }
        </script>
        """,
        component=True,
    )
    choice = one(found, Kind.OPTION, "民族")
    assert (choice.role, choice.scope, choice.language) == ("select", ("queryForm",), "vue")
    assert [(m.name, m.value) for m in choice.members if m.value == "1"] == [("汉族", "1")]
    assert {"nation", "query.nation", "nationList"} <= set(choice.uses)
    assert one(found, Kind.OPTION, "人种").role == "column-header"
    assert "detail.skin" in one(found, Kind.OPTION, "肤色").uses
    labels = one(found, Kind.LABEL_SET)
    assert (labels.name, labels.language) == ("nationList", "javascript")
    assert labels.passage.line == 16


def test_minified_code_of_megabytes_is_read_around_its_hits() -> None:
    filler = b'function a(b){return b.c("d e",{f:1,g:[2,3]})};' * 160_000
    data = filler + b'var raceMap={0:"asian",1:"black"};' + filler
    text = Text(data, "utf-8")
    assert len(data) > 10_000_000
    found = javascript.read(text, [data.index(b"raceMap")])
    labels = one(found, Kind.LABEL_SET)
    assert (labels.name, names(labels)) == ("raceMap", ["asian", "black"])
    assert data[labels.passage.offset :].startswith(b"raceMap=")
