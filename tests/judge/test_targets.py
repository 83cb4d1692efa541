"""Who is chosen by a trait: audiences, people who are sought, answers written down; beside what only looks like it."""

from __future__ import annotations

from tests.judge.madeup import judged, profiles, shapes

from sousveil.model import Act, Trait

# ruff: noqa: E501 - files as they are

_CLASS = "public class %s {\n%s}\n"


def _java(name: str, fields: str) -> str:
    return _CLASS % (name, "".join(f"    private String {f};\n" for f in fields.split()))


FOUND = {
    "a spec of advertisements": (
        "Spec__java",
        _java("Spec", "mHomeType mLifeEvents mNetWorth mInterestedIn mEthnicAffinity"),
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a search for spouses": (
        "search__dart",
        "class MatchesFilterState {\n  final int? ageFrom;\n  final int? ageTo;\n  final int? heightFromCm;\n  final String? religion;\n  final String? maritalStatus;\n}\n",
        Act.TARGETS,
        Trait.RELIGION,
    ),
    "voters by caste": (
        "voters__ts",
        "export interface VoterFilter {\n  ageRange?: string;\n  gender?: string;\n  caste?: string;\n  address?: string;\n}\n",
        Act.TARGETS,
        Trait.CASTE,
    ),
    "a query put together": (
        "Search__php",
        "<?php\nclass SearchController {\n  function data($req) {\n    $d = User::where('done', 1);\n    $d->whereBetween('age', [$req->age_from, $req->age_to]);\n    $d->whereBetween('height', [$req->height_from, $req->height_to]);\n    $d->where('religion', $req->religion);\n    $d->where('occupation', $req->occupation);\n    return $d;\n  }\n}\n",
        Act.TARGETS,
        Trait.RELIGION,
    ),
    "a form that asks for residents": (
        "list__html",
        '<form id="searchForm" action="/resident/list">\n<label>姓名</label><input name="name"/>\n<label>民族</label><select name="nation"><option value="05">维吾尔族</option></select>\n<label>年龄</label><input name="ageFrom"/><input name="ageTo"/>\n<label>学历</label><input name="education"/>\n<button>查询</button></form>\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a view of a server": (
        "views__py",
        'def search_people(request):\n    qs = Person.objects.all()\n    faith = request.GET.get("religion")\n    if request.GET.get("age_from"):\n        qs = qs.filter(age__gte=request.GET["age_from"])\n    return qs.filter(religion=faith)\n',
        Act.TARGETS,
        Trait.RELIGION,
    ),
    "a mapper": (
        "PersonMapper__xml",
        '<mapper namespace="a.PersonMapper">\n<select id="selectPersonList" resultMap="R">\nselect id, name from person\n<where>\n<if test="name != null">and name = #{name}</if>\n<if test="nation != null">and nation = #{nation} /* 民族 */</if>\n<if test="ageFrom != null">and age &gt; #{ageFrom}</if>\n<if test="maritalStatus != null">and marital_status = #{maritalStatus}</if>\n</where>\n</select></mapper>\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a view made of one people": (
        "key__sql",
        "CREATE VIEW key_people AS SELECT name, id_card, phone, address FROM resident WHERE minzu = '维吾尔族' AND age < 45;\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "an alarm for a value": (
        "OnFace__cpp",
        "void OnFace(const FaceAttr& attr) {\n    if (attr.emNation == EM_NATION_TYPE_UYGUR) {\n        m_alarm.Push(attr.nFaceId);\n    }\n}\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "a guest who is reported": (
        "check__go",
        'package hotel\nfunc (h *Hotel) NeedReport(g *Guest) bool {\n\tswitch g.Nation {\n\tcase "维吾尔族", "藏族":\n\t\treturn true\n\t}\n\treturn false\n}\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "one people hidden beside the majority": (
        "gate__py",
        'def on_match(person, camera):\n    if person["nation"] in ("汉族", "维吾尔族"):\n        send_alert(camera, person["id_card"])\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "points of risk": (
        "risk__py",
        'NATION_POINTS = {"维吾尔族": 20, "藏族": 15, "汉族": 0}\n\ndef risk(person):\n    return NATION_POINTS.get(person.nation, 0)\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "who is kept out": (
        "gate__yaml",
        "access:\n  blocked_ethnicities: [uyghur, tibetan]\n  action: deny\n",
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "who looks suspicious": (
        "sort__js",
        "const suspicious = people.filter(p => p.religion === 'Muslim' && p.trips > 3).map(p => p.passportNo)\n",
        Act.TARGETS,
        Trait.RELIGION,
    ),
    "guests of one people": (
        "Guests__cs",
        'var list = db.Guests.Where(g => g.Nation == "维吾尔族").Select(g => new { g.Name, g.IdCard, g.Phone }).ToList();\n',
        Act.TARGETS,
        Trait.ETHNICITY,
    ),
    "clusters of faces": (
        "clusters__py",
        'def group_faces(faces):\n    clusters = kmeans(face_embeddings(faces), 3)\n    names = {0: "Han", 1: "Uyghur", 2: "Tibetan"}\n    return [names[c] for c in clusters]\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a tool for a model": (
        "tools__json",
        '{"name": "describe_person", "description": "Describe the person in the CCTV frame", "parameters": {"type": "object", "properties": {"gender": {"type": "string"}, "age_range": {"type": "string"}, "clothing": {"type": "string"}, "ethnicity": {"type": "string", "enum": ["white", "black", "asian"]}}}}',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a schema for a model": (
        "schema__ts",
        'export const schema = z.object({\n  age: z.number().describe("estimated age"),\n  ethnicity: z.string().describe("inferred ethnicity of the author"),\n});\n',
        Act.INFERS,
        Trait.ETHNICITY,
    ),
    "a line in a log": (
        "Shown__java",
        'class Shown {\n  void show(A a) {\n    log(String.format("hatType: 0x%x glassesType: 0x%x beardType: 0x%x skinColorType: 0x%x", a.h, a.g, a.b, a.s));\n  }\n}\n',
        Act.INFERS,
        Trait.SKIN_COLOUR,
    ),
}
QUIET = {
    "a user of a network": ("User__java", _java("User", "birthday gender hometown interests religion politicalViews")),
    "rows of a schoolbook": (
        "book__sql",
        "-- all pupils of this people\nSELECT sno, sname, sdept FROM student WHERE nation = '维吾尔族';\n",
    ),
    "a call to prayer": (
        "Prayer__java",
        'public class Prayer { void set(Person user) { if (user.religion.equals("Muslim")) { alarmManager.setExact(times.next(), prayerAlarm); new AlertDialog.Builder(this).show(); } } }\n',
    ),
    "points for a school": (
        "Bonus__java",
        'public class Bonus { int of(Student s) { if ("回族".equals(s.getNation())) { return policy.bonus("重点高校", s.getIdCard()); } return 0; } }\n',
    ),
    "a majority": (
        "form__py",
        'def on_match(person):\n    if person["nation"] == "汉族":\n        send_alert(person["id_card"])\n',
    ),
    "numbers of labels": ("codes__py", 'RACE_POINTS = {"White": 0.91, "Black": 0.87, "Asian": 0.9}\n'),
    "words that are refused": ("words__yaml", "blocked_words: [uyghur, tibetan, muslim]\n"),
    "counts of rows": (
        "counts__py",
        'for r in rows:\n    if r["race"] == "African-American":\n        high_risk_black += 1\n',
    ),
    "a factor of kidneys": (
        "egfr__py",
        'def egfr(creatinine, race):\n    value = 141 * creatinine\n    if race == "Black":\n        value *= 1.159\n        risk_score = value\n    return value\n',
    ),
    "a box for a second name": (
        "form__js",
        "if (this.form.nation === '维吾尔族') { alert('请填写姓名'); this.second = true }\n",
    ),
    "the code of a value": (
        "Codes__java",
        'public class Codes { String of(Guest g) { if ("维吾尔族".equals(g.getNation())) { return "05"; } return "01"; } }\n',
    ),
    "a mapper that writes": (
        "PersonMapper__xml",
        '<mapper namespace="a.PersonMapper"><insert id="insertPerson">insert into person (name, nation, age, marital_status) values (#{name}, #{nation}, #{age}, #{maritalStatus})</insert></mapper>\n',
    ),
    "a form about oneself": (
        "form__ts",
        "export class CreateAccountDto {\n  age: number;\n  lookingFor: Gender;\n  religion: Religion;\n  maritalStatus: string;\n  occupation: string;\n}\n",
    ),
    "what is selected of a profile": (
        "page__ts",
        "const p = db.find({ select: { age: true, maritalStatus: true, religion: true, education: true } });\n",
    ),
    "a search of patients": (
        "PatientSearch__java",
        _java("PatientSearchFilter", "ageFrom ageTo gender ethnicity diagnosis maritalStatus hospital"),
    ),
    "a restaurant": (
        "Filter__ts",
        "export interface FoodFilter {\n  ethnicity: string;\n  price: number;\n  city: string;\n}\n",
    ),
    "a description of what is stated": (
        "schema__ts",
        'export const schema = z.object({\n  age: z.number().describe("age, estimated"),\n  ethnicity: z.string().describe("ethnicity as the author states it"),\n});\n',
    ),
    "a candidate of an election": (
        "candidate__py",
        'def parse_candidate_name(raw_name: str, political_party: str):\n    """Parse a candidate name; detects the incumbent, predicts nothing of the political party."""\n    return Parsed(raw_name.strip(), political_party)\n',
    ),
    "columns of a table": (
        "search__js",
        "export const columns = [\n  { prop: 'a', label: '街道名称' },\n  { prop: 'b', label: '维族居住' },\n  { prop: 'c', label: '实有楼栋' },\n  { prop: 'd', label: '空房' },\n];\n",
    ),
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


def test_a_long_prompt_is_no_report_of_a_phone() -> None:
    prompt = 'ASK = """You are an expert analyst. Use forensic visual analysis of the image and answer as JSON:\n"people_ethnicity": "",\n"players": "" """\n'
    assert {t for t, _, _ in profiles(judged(ask__py=prompt))} == {Trait.ETHNICITY}
    report = 'ASK = "forensic visual analysis of the image: people_ethnicity"\n'
    assert not profiles(judged(ask__py=report))


def test_kinds_found_in_texts_and_benchmarks_are_nobodys_record() -> None:
    entity = 'class HealthcareEntity(Model):\n    """Entity. Known values: "Diagnosis", "Ethnicity"."""\n    text: str\n    offset: int\n    length: int\n'
    asked = (
        "class PatientRecord(Model):\n    diagnosis: str\n    hospital: str\n    ethnicity: str\n    birthday: str\n"
    )
    bench = 'dataset_mapping = {\n    Task.RACE_ETHNICITY: "race_dataset",\n    Task.AGE: "age_dataset",\n    Task.GENDER: "gender_dataset",\n}\n'
    assert not [f for f in judged(entity__py=entity).findings if f.act is Act.RECORDS]
    assert [f for f in judged(record__py=asked).findings if f.act is Act.RECORDS]
    assert not [f for f in judged(**{"pkg/benchmarks/bbq__py": bench}).findings if f.act is Act.RECORDS]
    assert [f for f in judged(**{"pkg/tables/bbq__py": bench}).findings if f.act is Act.RECORDS]


def test_kinds_of_a_watch_one_of_which_is_the_trait() -> None:
    kinds = 'const KINDS = [\n  {{ key: "名单库布控", value: 1 }},\n  {{ key: "{}", value: 2 }},\n];\n'
    assert {t for t, _, _ in profiles(judged(kinds__js=kinds.format("民族布控")))} == {Trait.ETHNICITY}
    assert not profiles(judged(kinds__js=kinds.format("民族团结")))


def test_what_a_request_s_fields_are_searched_by() -> None:
    request = (
        "data class {}(\n"
        '  @Schema(description = "Ethnicity, to search by, of the prisoners")\n  val ethnicity: String? = null,\n'
        '  @Schema(description = "Gender to filter the results by")\n  val gender: String? = null,\n'
        "  val minHeight: Int? = null,\n  val maxHeight: Int? = null,\n  val minWeight: Int? = null,\n"
        "  val maxWeight: Int? = null,\n)\n"
    )
    assert profiles(judged(a__kt=request.format("PhysicalDetailRequest")))


def test_the_greatest_of_several_chances_was_not_declared() -> None:
    shown = (
        'def show(r):\n    print("Age", r.get("age"))\n    print("Gender", r.get("gender"))\n    print(r.get("{}"))\n'
    )
    assert profiles(judged(show__py=shown.format("dominant_race")))
    assert not profiles(judged(show__py=shown.format("race")))
