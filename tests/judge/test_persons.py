"""Persons gathered by their people, and other shapes of single files: each beside a twin that must stay quiet."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judged, shapes

from sousveil.judge.persons import find_persons
from sousveil.match.lexicon import load
from sousveil.model import Act, Trait

# ruff: noqa: E501 - files as they are

PERSONS = [
    "在粤维族人员",
    "新疆籍流动人员统计",
    "某省涉藏群体人员信息",
    "西藏籍藏族人员",
    "七天内来自新疆人员同时入住宾馆",
    "是否外籍维族人员",
    "查询涉疆人员位置信息列表",
    "涉疆人员多维分析",
    "少数民族流动人口",
    "少数民族人员轨迹",
    "读取陌生维族人的定时工具",
]
OTHERS = [
    "残疾人、少数民族人员、退役军人的就业",
    "少数民族专业技术人员",
    "少数民族人员培训",
    "少数民族人员",
    "少数民族人员统计",
    "是否少数民族人员",
    "汉族人员",
    "维族人的坚果之王",
    "重点维吾尔族古籍",
    "维吾尔族歌曲",
    "人员",
    "新疆人民医院",
    "我们在新疆采访了许多维吾尔族人员并且记录了他们的生活和工作",
]


@pytest.mark.parametrize("text", PERSONS)
def test_the_persons_of_a_people(text: str) -> None:
    assert find_persons(text, Trait.ETHNICITY, load().tag) is not None


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_phrase_for_persons_of_a_people(text: str) -> None:
    assert find_persons(text, Trait.ETHNICITY, load().tag) is None


FOUND = {
    "where they live, asked of the police": (
        "Client__java",
        'class Client {\n  /** 市局-维族人员居住信息[X1]数据查询服务 */\n  void ask1() { request("X1"); }\n}\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a list of face libraries": (
        "config__js",
        "const DBS = [\n {ID: '1', NAME: '常住人口'},\n {ID: '2', NAME: '在粤维族人员'},\n {ID: '3', NAME: '布控库'},\n];\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "libraries told by comments": (
        "Ids__java",
        'class Ids {\n    static List<String> all() {\n        list.add("0007");\n        /** 全国在逃人员 **/\n        list.add("0025");\n        /** 在粤维族人员 **/\n        return list;\n    }\n}\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a register": (
        "list__jsp",
        "<html><head><title>港区少数民族流动人口登记表</title></head>\n<body><h1>港区少数民族流动人口登记表</h1>\n<table><thead><th>姓名</th><th>户籍地址</th></thead></table></body></html>\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a box to tick": (
        "query__jsp",
        '<form>\n<span>居住地址：</span><input name="dz">\n<input type="checkbox" id="xj" name="q.xj" value="1"><label for="xj">新疆籍维吾尔族人员</label>\n</form>\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a flag beside a card's fields": (
        "Person__java",
        "/** 旅客 */\npublic class Person {\n    /** 身份证号 */\n    private String id;\n    /** 姓名 */\n    private String xm;\n    /** 民族 */\n    private String mz;\n    /** 是否外籍维族人员 */\n    private String wjwz;\n}\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a route": (
        "router__js",
        "export default [\n  { path: '/a/minorityPage', name: '涉疆人员分析', component: page },\n  { path: '/b/map', name: '地图', component: map },\n];\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a service of the police": (
        "Service__h",
        "//四川省涉藏群体人员信息\nvoid OnQueryTibetanRelatedGroups(INotificationPtr p);\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "numbers of a face's event": (
        "play__js",
        "function onEvent(e) {\n  /**\n  人脸特征：\n  0,// 未知\t1,// 戴眼镜\t2,// 微笑\n  口罩状态：\n  0,// 未知\t1,// 没戴口罩\n  种族：\n  0,// 未知\t1,// 黄种人\t2,// 黑人\t3,// 白人\n  **/\n  show(e);\n}\n",
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a page of a face's attributes": (
        "face__jsp",
        '<h1>人像识别结果</h1>\n<div class="a"><li>性别：${a.gender }</li>\n<li>年龄：${a.age }</li>\n<li>人种：${a.race }</li></div>\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a chance that is read": (
        "show__py",
        'r = detect(picture)["result"][0]\nprint("age %d" % r["age"])\nif r["glasses_probability"] > 0.9:\n    print("glasses")\nif r["expression_probability"] > 0.9:\n    print("smile")\nif r["race_probability"] > 0.9:\n    print(r["race"])\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a call that is named for it": (
        "films__py",
        'import cv2\nimport marks\n\nfilm = cv2.VideoCapture("a.mp4")\nfor face in marks.detect_races(film.read()):\n    print(face["dominant_race"])\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a selfie's tone": (
        "skin__py",
        'def analyze(file):\n    result = analyze_skin_tone(file)\n    if result == "No face detected":\n        return None\n    return result\n',
        Act.INFERS,
        Trait.SKIN_COLOUR,
    ),
    "a filter set": (
        "filters__py",
        "import django_filters\n\n\nclass DataFilter(django_filters.FilterSet):\n    caste = django_filters.CharFilter(method='by_caste')\n    gender = django_filters.CharFilter(method='by_gender')\n",
        Act.TARGETS,
        Trait.CASTE,
    ),
    "a filter beside a posture": (
        "search__vue",
        '<template><ul>\n<li><span>体态 :</span><el-select v-model="posture" placeholder="请选择体态"></el-select></li>\n<li><span>民族 :</span><el-select v-model="ethic" placeholder="请选择民族"></el-select></li>\n<li><button>查询</button></li></ul></template>\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a turn of a chat": (
        "ask__py",
        'def ask(client, post):\n    return client.chat.completions.create(model="m", messages=[\n        {"role": "system", "content": "You give one word, in lower case letters, and nothing else at all."},\n        {"role": "user", "content": f"Analyze the following post title and comment and determine the commentors political leaning with one word: {post}"},\n    ])\n',
        Act.INFERS,
        Trait.POLITICS,
    ),
    "a likely ethnicity": (
        "export__py",
        'def export(mc):\n    row = {\n        "first_name": mc.first,\n        "last_name": mc.last,\n        "likely_ethnicity": mc.ethnicity,\n        "confidence": mc.confidence,\n    }\n    return row\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
}

QUIET = {
    "where anybody lives": (
        "Client__java",
        'class Client {\n  /** 市局-少数民族人员就业信息[X1]、汉族人员居住信息数据查询服务 */\n  void ask1() { request("X1"); }\n}\n',
    ),
    "a law's list": (
        "law__js",
        "const LAW = [\n {ID: '1', NAME: '残疾人、少数民族人员的就业，从其规定'},\n {ID: '2', NAME: '少数民族人员培训'},\n];\n",
    ),
    "an article on registers": (
        "news__html",
        "<html><head><title>少数民族流动人口登记管理办法</title></head>\n<body><h1>少数民族流动人口登记管理办法</h1>\n<p>为了做好服务，制定本办法。</p></body></html>\n",
    ),
    "a staff of the majority": (
        "staff__js",
        "const KINDS = [\n {ID: '1', NAME: '汉族人员'},\n {ID: '2', NAME: '退休人员'},\n];\n",
    ),
    "numbers of a card": (
        "card__js",
        "function onCard(e) {\n  /**\n  身份证\n  性别：\n  1,// 男\t2,// 女\n  民族：\n  1,// 汉族\t2,// 蒙古族\t3,// 回族\t4,// 藏族\t5,// 维吾尔族\n  住址\n  **/\n  show(e);\n}\n",
    ),
    "a page of a staff": (
        "staff__jsp",
        '<h1>员工信息</h1>\n<div class="a"><li>姓名：${a.name }</li>\n<li>年龄：${a.age }</li>\n<li>民族：${a.nation }</li></div>\n',
    ),
    "laps": (
        "laps__py",
        'import marks\n\nfor lap in marks.predict_race(season.read()):\n    print(lap["race"], lap["race_probability"])\n',
    ),
    "a filter of ants": (
        "filters__py",
        "import django_filters\n\n\nclass AntFilter(django_filters.FilterSet):\n    caste = django_filters.CharFilter(method='by_caste')\n    colony = django_filters.CharFilter(method='by_colony')\n",
    ),
    "a form with a body's shape": (
        "form__vue",
        '<template><ul>\n<li><span>体型 :</span><el-select v-model="shape" placeholder="请选择体型"></el-select></li>\n<li><span>民族 :</span><el-select v-model="nation" placeholder="请选择民族"></el-select></li>\n<li><button>保存</button></li></ul></template>\n',
    ),
    "a turn that forbids": (
        "ask__py",
        'def ask(client, post):\n    return client.chat.completions.create(model="m", messages=[\n        {"role": "user", "content": f"Summarise the post. Never infer the author\'s political leaning or religion: {post}"},\n    ])\n',
    ),
    "boxes that somebody ticks": (
        "store__py",
        "from google.appengine.ext import ndb\n\nclass Profile(ndb.Model):\n    first_name = ndb.StringProperty()\n    last_name = ndb.StringProperty()\n    race_asian = ndb.BooleanProperty()\n    race_african = ndb.BooleanProperty()\n    race_white = ndb.BooleanProperty()\n    race_indian = ndb.BooleanProperty()\n",
    ),
    "a hero's looks": (
        "Hero__swift",
        "struct Appearance: Decodable {\n  var gender: String\n  var race: String\n  var height: [String]\n  var eyecolor: String\n  var haircolor: String\n}\n",
    ),
    "guests of a game": (
        "Helpers__cs",
        "public class Helpers {\n    public enum SkinColor { Pale, Asian, Tan, Dark, Black }\n    public enum HairColor { Black, Blond, Red }\n    public static HairColor GetHairColor(SkinColor skin) { return HairColor.Black; }\n}\n",
    ),
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


def test_a_line_of_a_program_that_a_page_shows_is_no_filter() -> None:
    page = "<html><body><h2>filter(): rows with matching conditions</h2><form><label>hair_color</label><label>{}</label></form></body></html>\n"
    assert not [
        f
        for f in judged(doc__html=page.format("#&gt; hair_color skin_color eye_color")).findings
        if f.probability >= 0.5
    ]
