"""Persons looked up, weighed and shown by a trait that only a running program knows; each shape beside twins."""

from __future__ import annotations

import py_compile
from pathlib import Path

import pytest
from tests.judge.madeup import judged, profiles, shapes

from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.look import collect
from sousveil.match.lexicon import load
from sousveil.model import SET_ASIDE
from sousveil.options import Options
from sousveil.read.criteria import criteria
from sousveil.read.held import held
from sousveil.read.text import Text

# ruff: noqa: E501 - files as they are

FOUND = {
    "conditions added to a query set": (
        "views__py",
        'from django.http import JsonResponse\nfrom .models import Profile\n\ndef matches(request):\n    me = request.user.profile\n    qs = Profile.objects.exclude(pk=me.pk).filter(gender=me.partner_gender)\n    if request.GET.get("religion"):\n        qs = qs.filter(religion=request.GET["religion"])\n    if request.GET.get("caste"):\n        qs = qs.filter(caste__iexact=request.GET["caste"])\n    return JsonResponse({"results": [p.as_dict() for p in qs[:50]]})\n',
    ),
    "conditions of a hosted database": (
        "search__js",
        "const express = require('express');\nconst { supabase } = require('../db');\nconst router = express.Router();\nrouter.get('/voters', async (req, res) => {\n  const { booth, caste, religion, age_min } = req.query;\n  let query = supabase.from('voters').select('*').eq('booth_id', booth);\n  if (caste) query = query.ilike('caste', `%${caste}%`);\n  if (religion) query = query.eq('religion', religion);\n  if (age_min) query = query.gte('age', age_min);\n  const { data, error } = await query;\n  res.json(data);\n});\nmodule.exports = router;\n",
    ),
    "SQL put together": (
        "dao__py",
        'import sqlite3\n\ndef find_tenants(db, max_income, ethnicity=None, religion=None):\n    sql = "SELECT id, name, phone FROM applicants WHERE income <= ?"\n    args = [max_income]\n    if ethnicity:\n        sql += " AND ethnicity = ?"\n        args.append(ethnicity)\n    if religion:\n        sql += " AND religion = ?"\n        args.append(religion)\n    return sqlite3.connect(db).execute(sql, args).fetchall()\n',
    ),
    "SQL with a variable in it": (
        "search__php",
        "<?php\n$religion = $_GET['religion']; $caste = $_GET['caste'];\n$sql = \"SELECT * FROM members WHERE gender='$gender'\";\nif ($religion != '') { $sql .= \" AND religion='$religion'\"; }\nif ($caste != '') { $sql .= \" AND caste='$caste'\"; }\n$res = mysqli_query($conn, $sql);\nwhile ($row = mysqli_fetch_assoc($res)) { echo $row['name'] . '<br>'; }\n",
    ),
    "a term of a search engine": (
        "PersonSpec__kt",
        'package uk.gov.search\ndata class PhysicalDetailRequest(\n  @Schema(description = "Ethnicity code", example = "W1")\n  val ethnicity: String? = null,\n  @Schema(description = "Minimum height in cm") val minHeight: Int? = null,\n  val hairColour: String? = null,\n  val shapeOfFace: String? = null,\n)\nclass PrisonerSearchService(private val client: SearchClient) {\n  fun findByPhysicalDetail(request: PhysicalDetailRequest): SearchResponse {\n    val query = QueryBuilders.boolQuery()\n    request.ethnicity?.let { query.must(QueryBuilders.termQuery("ethnicity", it)) }\n    return client.search(query)\n  }\n}\n',
    ),
    "a lambda over candidates": (
        "CandidateRepo__cs",
        "using System.Linq;\nnamespace Hiring {\n  public class CandidateRepository {\n    public IQueryable<Candidate> Search(CandidateFilter filter) {\n      var q = _db.Candidates.AsQueryable();\n      if (filter.Religion != null) q = q.Where(c => c.Religion == filter.Religion);\n      if (filter.Ethnicity != null) q = q.Where(c => c.Ethnicity == filter.Ethnicity);\n      if (filter.MaxAge > 0) q = q.Where(c => c.Age <= filter.MaxAge);\n      return q;\n    }\n  }\n}\n",
    ),
    "conditions with symbols and placeholders": (
        "search__rb",
        'class ProfilesController < ApplicationController\n  def index\n    @profiles = Profile.where(gender: params[:gender])\n    @profiles = @profiles.where(religion: params[:religion]) if params[:religion].present?\n    @profiles = @profiles.where("caste ILIKE ?", params[:caste]) if params[:caste].present?\n    render json: @profiles\n  end\nend\n',
    ),
    "a filter object": (
        "mongo__ts",
        "import { Voter } from './models';\nexport async function listVoters(req, res) {\n  const filter: any = { constituency: req.params.id };\n  if (req.query.religion) filter.religion = req.query.religion;\n  if (req.query.caste) filter.caste = { $in: req.query.caste.split(',') };\n  const voters = await Voter.find(filter).limit(500);\n  await sms.sendAll(voters.map(v => v.phone), req.body.text);\n  res.json({ sent: voters.length });\n}\n",
    ),
    "a stored function that finds faces": (
        "face__sql",
        "-- 人脸抓拍检索\nCREATE OR REPLACE FUNCTION find_faces(p_age int, p_race varchar, p_from timestamp)\nRETURNS SETOF capture AS $$\nBEGIN\n  RETURN QUERY SELECT * FROM capture c\n    WHERE c.age BETWEEN p_age - 5 AND p_age + 5\n      AND (p_race IS NULL OR c.race = p_race)\n      AND c.capture_time >= p_from;\nEND $$ LANGUAGE plpgsql;\n",
    ),
    "conditions made when a value is given": (
        "ctl__php",
        "<?php\nclass ProfileController extends Controller {\n    public function search(Request $request) {\n        return Profile::query()\n            ->when($request->religion, fn($q, $v) => $q->where('religion', $v))\n            ->when($request->caste, function ($q, $v) { $q->where('caste', $v); })\n            ->whereBetween('age', [$request->min, $request->max])->paginate(20);\n    }\n}\n",
    ),
    "a group of filters on a page": (
        "filter__tsx",
        'import React from "react";\nexport default function OfficerFilter({ onChange }) {\n  const [ethnicity, setEthnicity] = React.useState([]);\n  return (\n    <aside>\n      <h3>Filter officers</h3>\n      <FilterGroup label="Ethnicity">\n        {["Black", "White", "Hispanic", "Asian"].map(e => (\n          <Checkbox key={e} label={e} onChange={() => onChange({ ethnicity: e })} />\n        ))}\n      </FilterGroup>\n      <FilterGroup label="Rank"><Checkbox label="Sergeant" /></FilterGroup>\n    </aside>\n  );\n}\n',
    ),
    "a template that prints a face": (
        "view__pug",
        "extends layout\nblock content\n  h2 Face detected\n  ul\n    li Age: #{face.age}\n    li Gender: #{face.gender}\n    li Ethnicity: #{face.ethnicity}\n    li Smile: #{face.smile}\n",
    ),
    "an element that prints a face": (
        "Detail__jsx",
        "export function FaceCard({ face }) {\n  return (<ul>\n    <li>Age: {face.attributes.age.value}</li>\n    <li>Gender: {face.attributes.gender.value}</li>\n    <li>Ethnicity: {face.attributes.ethnicity.value}</li>\n    <li>Emotion: {face.attributes.emotion}</li>\n  </ul>);\n}\n",
    ),
    "a change log": (
        "CHANGELOG__md",
        "# Changelog\n## 0.4.0\n- Added `predict_religion()`: predicts religion from a person's name using a character LSTM.\n- Fixed encoding of Hindi names.\n## 0.3.0\n- New model for binary religion classification (Muslim / non-Muslim).\n",
    ),
    "a prompt in a manual": (
        "prompt__md",
        "# System prompt\nYou are an assistant that looks at a profile photo and writes JSON with these keys:\n- `age_range`\n- `gender`\n- `ethnicity` (one of White, Black, Asian, Hispanic, Middle Eastern)\n- `attractiveness`\nAnswer with JSON only.\n",
    ),
    "a message put together": (
        "msg__java",
        'public class AlarmNotifier {\n    public void notify(Person p) {\n        String msg = "发现" + "维吾尔族" + "人员" + p.getName() + "进入" + p.getPlace();\n        if (p.getMz().equals("05")) { sms.send(policePhone, msg); }\n    }\n}\n',
    ),
    "kinds of watched persons": (
        "subjects__ts",
        "export const archiveTypes = [\n  { value: 1, label: '前科人员' },\n  { value: 2, label: '涉毒人员' },\n  { value: 3, label: '维族' },\n  { value: 4, label: '法轮功' },\n  { value: 5, label: '上访人员' },\n];\n",
    ),
    "points taken away by faith": (
        "loan__sql",
        "SELECT applicant_id, CASE WHEN religion IN ('Muslim','Sikh') THEN score - 50 ELSE score END AS final_score\nFROM loan_applicants;\n",
    ),
    "an answer held in a string": (
        "test__java",
        'public class FaceppClientTest {\n    static final String ANSWER = "{\\"faces\\":[{\\"attributes\\":{\\"gender\\":{\\"value\\":\\"Male\\"},\\"age\\":{\\"value\\":28},\\"ethnicity\\":{\\"value\\":\\"ASIAN\\"},\\"smile\\":{\\"value\\":3.1}}}]}";\n    public static void main(String[] a) { System.out.println(new FaceppParser().parse(ANSWER)); }\n}\n',
    ),
    "a class named for the inference": (
        "authors__py",
        'import pandas as pd\nfrom ethnicolr import pred_wiki_name\nfrom demographicx import EthnicityEstimator\n\ndf = pd.read_csv("authors.csv")\nout = pred_wiki_name(df, "last", "first")\nest = EthnicityEstimator()\ndf["eth"] = [est.estimate(n) for n in df["name"]]\ndf.to_csv("authors_out.csv")\n',
    ),
    "a text that shows a face": (
        "a__kt",
        'class ResultFragment : Fragment() {\n  fun show(face: FaceInfo) {\n    binding.age.text = "Age: ${face.age}"\n    binding.race.text = "Ethnicity: ${face.ethnicity}"\n    binding.emotion.text = "Emotion: ${face.emotion}"\n  }\n}\n',
    ),
    "a switch on what a camera gives": (
        "a__cs",
        'private void OnFaceSnap(NET_FACE_INFO info) {\n  lblAge.Text = info.byAge.ToString();\n  lblMask.Text = info.byMask == 1 ? "Mask" : "No mask";\n  switch (info.byRace) { case 1: lblRace.Text = "Yellow"; break; case 2: lblRace.Text = "White"; break; case 3: lblRace.Text = "Black"; break; }\n}\n',
    ),
    "a faith by names in SQL": (
        "a__sql",
        "SELECT v.id, v.first_name, v.last_name,\n  CASE WHEN v.last_name IN ('Singh','Kaur','Gill') THEN 'Sikh'\n       WHEN v.first_name IN ('Mohammed','Ahmed','Fatima') THEN 'Muslim'\n       ELSE 'Hindu' END AS likely_religion\nFROM voters v;\n",
    ),
    "a faith by lists of names": (
        "a__py",
        'MUSLIM_NAMES = {"mohammed", "ahmed", "fatima", "khan"}\nJEWISH_NAMES = {"cohen", "levi", "goldberg"}\n\ndef religion_of(first, last):\n    if first.lower() in MUSLIM_NAMES or last.lower() in MUSLIM_NAMES:\n        return "Muslim"\n    if last.lower() in JEWISH_NAMES:\n        return "Jewish"\n    return "unknown"\n',
    ),
    "a row of what was read off a face": (
        "a__js",
        "const faceapi = require('./face');\napp.post('/checkin', async (req, res) => {\n  const r = await faceapi.analyze(req.file.path);\n  await db.query('INSERT INTO visits (face_id, age, gender, ethnicity, emotion, seen_at) VALUES (?,?,?,?,?,NOW())',\n    [r.id, r.age, r.gender, r.ethnicity, r.emotion]);\n  res.sendStatus(204);\n});\n",
    ),
    "texts of attributes of a face": (
        "a__properties",
        "face.attribute.age=年龄\nface.attribute.glasses=眼镜\nface.attribute.minority=少数民族\nface.attribute.mask=口罩\nface.attribute.beard=胡子\n",
    ),
    "a people among kinds of alarms": (
        "a__java",
        'public enum AlarmType {\n  STRANGER(1, "陌生人"), BLACKLIST(2, "黑名单"), MINORITY(3, "少数民族"), CROWD(4, "人群聚集");\n  private final int code; private final String desc;\n}\n',
    ),
}
QUIET = {
    "lists of names chosen by what they are called": (
        "custom__py",
        'def add_names(name, data, kept):\n    if name not in ("muslim_names", "hindu_names"):\n        raise ValueError(f"Invalid {name}: muslim, hindu")\n    if name == "muslim_names":\n        kept["muslim"] += data\n    return kept\n',
    ),
    "sounds of an alarm clock": (
        "sounds__py",
        'ALARM_SOUNDS = {"alarm_1": "Bell", "alarm_2": "Adhan", "alarm_3": "Tibetan bowl", "alarm_4": "Uyghur dutar"}\n',
    ),
    "a dictionary's entry": (
        "words__txt",
        '2: naturally having skin of a dark color; "gold earrings gleamed against her dusky cheeks"; "a smile on his swarthy face" [syn: {dark-skinned}, {dusky}]\n',
    ),
    "what a type's text lists": (
        "kinds__py",
        'class Kinds(Message):\n    r"""Kinds of content that a user may leave out.\n\n    Values:\n        UNKNOWN (1):\n            Used for return value only.\n        RELIGION (2):\n            Content with religious themes, such as videos of people who pray.\n    """\n',
    ),
    "a text that shows a user": (
        "a__kt",
        'class ProfileFragment : Fragment() {\n  fun show(user: User) {\n    binding.name.text = "Name: ${user.name}"\n    binding.ethnicity.text = "Ethnicity: ${user.ethnicity}"\n    binding.phone.text = "Phone: ${user.phone}"\n  }\n}\n',
    ),
    "faiths that were stated, grouped": (
        "a__sql",
        "SELECT r.id, CASE WHEN r.religion IN ('Sikh') THEN 'Sikh' WHEN r.religion IN ('Muslim') THEN 'Muslim' ELSE 'Other' END AS religion_group\nFROM respondents r;\n",
    ),
    "a faith by a feast": (
        "a__py",
        'HOLIDAYS = {"eid", "diwali", "hanukkah"}\ndef religion_of(holiday):\n    if holiday == "eid": return "Muslim"\n    if holiday == "hanukkah": return "Jewish"\n',
    ),
    "a row of a register": (
        "a__js",
        "app.post('/register', async (req, res) => {\n  const r = req.body;\n  await db.query('INSERT INTO students (name, age, gender, ethnicity, phone) VALUES (?,?,?,?,?)', [r.name, r.age, r.gender, r.ethnicity, r.phone]);\n});\n",
    ),
    "channels of a broadcaster": (
        "a__java",
        'public enum Channel { STRANGER(1, "陌生人"), NEWS(2, "新闻"), MINORITY(3, "少数民族语言"), MUSIC(4, "音乐"); }\n',
    ),
    "a form of a school": (
        "a__html",
        '<html><body><form action="/students" method="post"><h3>学生登记</h3>\n<label>性别</label><select name="sex"><option>男</option></select>\n<label>是否少数民族</label><select name="minority"><option value="1">是</option><option value="0">否</option></select>\n</form></body></html>\n',
    ),
    "a form that is stored": (
        "models__py",
        'from django.db import models\nclass Person(models.Model):\n    name = models.CharField(max_length=50)\n    religion = models.CharField(max_length=20)\n    caste = models.CharField(max_length=20)\ndef update(request, pk):\n    p = Person.objects.get(pk=pk)\n    p.religion = request.POST["religion"]\n    p.caste = request.POST["caste"]\n    p.save()\n',
    ),
    "castes looked up by their name": (
        "castes__js",
        "router.get('/castes', async (req, res) => {\n  const { data } = await supabase.from('castes').select('*').ilike('caste', `%${req.query.q}%`);\n  res.json(data);\n});\n",
    ),
    "units of a game": (
        "game__cs",
        "public List<Unit> Find(string race, int level) {\n    return units.Where(u => u.Race == race && u.Level >= level).ToList();\n}\n",
    ),
    "players by nation": (
        "nation__go",
        "func (s *Store) ByNation(ctx context.Context, nation string) ([]Player, error) {\n\treturn s.query(ctx, `SELECT id, name, club FROM players WHERE nation = $1`, nation)\n}\n",
    ),
    "pupils of a school": (
        "a__py",
        'def students(request):\n    qs = Student.objects.filter(caste=request.GET["caste"], gender=request.GET["gender"])\n    return qs\n',
    ),
    "a count": (
        "a__rb",
        "class StatsController\n  def by_group\n    n = User.where(ethnicity: params[:ethnicity]).count\n    render json: { n: n }\n  end\nend\n",
    ),
    "a share": (
        "a__js",
        "export function share(users, ethnicity) {\n  const matching = users.filter(u => u.ethnicity === ethnicity).length;\n  return matching / users.length;\n}\n",
    ),
    "a count of each": (
        "a__py",
        "def report(people, ethnicities):\n    out = {}\n    for ethnicity in ethnicities:\n        out[ethnicity] = len([p for p in people if p.ethnicity == ethnicity])\n    return out\n",
    ),
    "somebody's own, and a list of the values": (
        "a__ts",
        "export class UserService {\n  async ethnicityOf(userId: number) {\n    return this.repo.findOne({ where: { userId: userId, ethnicity: Not(IsNull()) } });\n  }\n  async codeFor(user: User) {\n    const gender = user.gender; const age = user.age;\n    return ethnicityOptions.find(o => o.ethnicity === user.ethnicity);\n  }\n}\n",
    ),
    "the number of a value": (
        "a__go",
        "func (s *Store) EthnicityID(ctx context.Context, user User, ethnicity string) (int, error) {\n\trow := s.db.QueryRow(`SELECT id FROM ethnicities WHERE ethnicity = $1`, ethnicity)\n\treturn scan(row, user.Age, user.Gender)\n}\n",
    ),
    "dishes": (
        "a__php",
        "<?php\nfunction dishes($db, $ethnicity, $person) {\n  $sql = \"SELECT * FROM recipes WHERE ethnicity = '$ethnicity' AND servings >= 2\";\n  return $db->query($sql);\n}\n",
    ),
    "values written": (
        "a__sql",
        "UPDATE members SET religion = ?, caste = ? WHERE member_id = ?;\nINSERT INTO members (name, caste) VALUES (?, ?);\n",
    ),
    "patients": (
        "a__java",
        'public class PatientDao {\n  List<Patient> cohort(String ethnicity) {\n    return jdbc.query("SELECT * FROM patients WHERE ethnicity = ? AND diagnosis = ?", mapper, ethnicity, d);\n  }\n}\n',
    ),
    "a measure of fairness": (
        "a__py",
        'def group_metrics(y, people, ethnicity):\n    """Fairness: true positive rate by group."""\n    rows = people.query("ethnicity == @ethnicity")\n    sub = [p for p in people if p.ethnicity == ethnicity]\n    return demographic_parity(y, sub)\n',
    ),
    "languages and crimes": (
        "a__ts",
        "const kinds = [\n  { value: 1, label: '语文' }, { value: 2, label: '维吾尔语' }, { value: 3, label: '数学' } ];\nconst crimes = ['盗窃', '诈骗', '抢劫'];\n",
    ),
    "a law held in a string": (
        "a__py",
        'LAW = """{"title": "Religious freedom", "articles": [{"n": 1, "text": "No person may be refused a job for his ethnicity or religion."}]}"""\n',
    ),
    "a form held in a string": (
        "a__java",
        'public class FormTest {\n  static final String BODY = "{\\"name\\":\\"x\\",\\"birth\\":\\"1990\\",\\"ethnicity\\":\\"white\\",\\"address\\":\\"y\\",\\"phone\\":\\"z\\"}";\n}\n',
    ),
    "pupils told in a sentence": (
        "a__java",
        'public class Menu {\n  String t = "本校" + "维吾尔族" + "学生" + n + "名，" + "藏族" + "学生" + m + "名";\n}\n',
    ),
    "a story asked for": (
        "a__md",
        "# Prompt\nYou are a helpful writer. Write a story about a fictional character.\n- `ethnicity`: any\n- `age`\nAnswer with JSON only.\n",
    ),
    "what a prompt forbids": (
        "a__md",
        "# System prompt\nYou are a careful assistant that looks at a profile photo and writes a caption.\n- Do not mention `ethnicity` or religion.\n- Answer with JSON only.\n",
    ),
    "a field of a form in a change log": (
        "a__md",
        "# Changelog\n## 0.4.0\n- The field religion of a person is optional now.\n- Race condition in the CNN loader fixed.\n",
    ),
    "a page of one's own": (
        "a__jsx",
        "export function ProfileForm({ user }) {\n  return (<ul>\n    <li>Name: {user.name}</li>\n    <li>Age: {user.age}</li>\n    <li>Ethnicity: {user.ethnicity}</li>\n    <li>Phone: {user.phone}</li>\n  </ul>);\n}\n",
    ),
    "filters of a census": (
        "a__jsx",
        'export function ReportFilter() {\n  return (<div><FilterGroup label="Region"/><FilterGroup label="Ethnicity"/><p>Share of population by census year</p></div>);\n}\n',
    ),
    "a factor of kidneys": (
        "a__py",
        'def premium(person):\n    score = 100\n    if person.race == "Black":\n        gfr_score = 1.159 * score\n    return gfr_score\n',
    ),
    "heroes": (
        "a__py",
        'def hero(name, race, gender, age):\n    db = connect()\n    return db.execute("SELECT * FROM characters WHERE race = ? AND gender = ? AND age > ?", (race, gender, age))\n',
    ),
    "restaurants": (
        "a__py",
        "import ethnic_cuisine\nest = EthnicRestaurantClassifier()\nfor name in menus: print(est.classify(name))\n",
    ),
    "a population": (
        "a__cs",
        'public class CensusApi {\n  public Task<Table> ByEthnicity(string ethnicity) =>\n    Get($"/population/residents?ethnicity={ethnicity}&year={_year}");\n}\n',
    ),
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


def test_classes_are_no_factors_whatever_they_are_called() -> None:
    labels = '"""Face classifier."""\nRACE_NORMS = {"caucasian": %s, "asian": %s, "african": %s, "hispanic": 3}\n\ndef predict(face):\n    return list(RACE_NORMS)[model.predict(face).argmax()]\n'
    assert profiles(judged(labels__py=labels % (0, 1, 2)))
    assert not profiles(judged(labels__py=labels % (1.0, 0.92, 1.08)))


def test_a_search_names_its_field_its_function_and_its_line() -> None:
    code = 'def tenants(db, faith):\n    sql = "SELECT name FROM tenants WHERE 1 = 1"\n    sql += " AND religion = ?"\n'
    (found,) = criteria(Text(code.encode(), "utf-8"), [code.index("religion")], "python")
    assert (found.name, found.scope, found.passage.line) == ("religion", ("tenants",), 3)
    assert found.passage.text == 'sql += " AND religion = ?"'


@pytest.mark.parametrize(
    "code",
    [
        "UPDATE t SET religion = ? WHERE member = 1",
        "SELECT religion FROM t",
        "p.religion = other.religion",
        "WHERE religion = 'Islam'",
        "for p in people: print(p.religion)",
    ],
)
def test_what_is_no_search_by_a_variable(code: str) -> None:
    assert not criteria(Text(code.encode(), "utf-8"), [code.index("religion")], "sql")


def test_the_pieces_of_a_text_are_joined_over_lines() -> None:
    code = 'String msg = "发现" + "维吾尔族"\n    + "人员" + p.getName() + "进入";\n'
    (found,) = held(Text(code.encode(), "utf-8"), [code[: code.index("维")].encode().__len__()], "java")
    assert (found.name, found.gloss) == ("msg", "发现维吾尔族人员…进入")
    alone = 'String msg = "维吾尔族";\n'
    assert not held(Text(alone.encode(), "utf-8"), [14], "java")


def test_the_place_of_what_a_string_holds_is_the_strings() -> None:
    code = 'A = """{"faces": [{"ethnicity": "ASIAN", "smile": 3}]}"""\n'
    found = held(Text(code.encode(), "utf-8"), [code.index("ethnicity")], "python")
    assert {(c.passage.offset, c.passage.line) for c in found} == {(4, 1)}
    assert any(m.name == "ethnicity" for c in found for m in c.members)


@pytest.mark.parametrize("piece", ['"a" + ', '"{', "'''", '"\\', '`{"', "+ \n", '"religion" +\n'])
def test_hostile_lines_end_soon(piece: str) -> None:
    text = Text((piece * 20_000 + " religion ").encode(), "utf-8")
    offsets = list(range(0, len(text.utf8), 300))
    held(text, offsets, "c")
    criteria(text, offsets, "c")


def test_a_query_in_byte_code_is_read(tmp_path: Path) -> None:
    code = (
        'def find(db, wanted):\n    return db.execute("SELECT phone FROM voters WHERE booth = ? AND {} = ?", wanted)\n'
    )
    for name, column, found in (("a", "caste", True), ("b", "street", False)):
        source = tmp_path / f"{name}.py"
        source.write_text(code.format(column))
        target = tmp_path / name / "m.pyc"
        py_compile.compile(str(source), cfile=str(target), doraise=True)
        gathered = collect(str(target.parent), Options())
        assert bool(profiles(judge(gathered.sited, load_rules(), load().tag))) is found


def test_a_made_up_test_beside_it_hides_no_answer() -> None:
    code = FOUND["an answer held in a string"][1]
    assert profiles(judged(Client__java="import org.junit.Test;\n" + code))
    assert not profiles(judged(ClientTest__java="import org.junit.Test;\n" + code))


def test_whom_a_school_looks_up_is_named_among_what_is_explained() -> None:
    file, text = FOUND["conditions added to a query set"]
    hidden = judged(**{file: text.replace("def matches", "def students")})
    assert not profiles(hidden)
    assert SET_ASIDE in {e.rule for e in hidden.explained}
