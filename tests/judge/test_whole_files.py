"""Shapes that whole files of applications had, each beside one that looks alike and profiles nobody."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judged, profiles

from sousveil.model import Trait

# ruff: noqa: E501 - files as they are


def test_one_name_for_the_race_of_a_face() -> None:
    shown = (
        "class Shown {{\n  void show(Image img) {{\n"
        '    info.add("Age: " + img.first().get{0}AgeValue());\n'
        '    info.add("Gender: " + img.first().get{0}GenderValue());\n'
        '    info.add("Race: " + img.first().get{0}RaceValue());\n  }}\n}}\n'
    )
    assert {t for t, _, _ in profiles(judged(Shown__java=shown.format("FaceAttr")))} == {Trait.ETHNICITY}
    assert not profiles(judged(Shown__java=shown.format("Player")))
    assert not profiles(judged(Shown__java=shown.format("Interface")))


def test_an_answer_about_a_face_is_taken_apart() -> None:
    taken = (
        "public class {0} {{\n  private Attribute attribute(JSONObject given) {{\n"
        '    age.setValue(given.optJSONObject("age").optInt("value"));\n'
        '    gender.setValue(given.optJSONObject("gender").optString("value"));\n'
        '    JSONObject raceObj = given.optJSONObject("race");\n'
        '    race.setValue(raceObj.optString("value"));\n{1}    return attribute;\n  }}\n}}\n'
    )
    sure = '    race.setConfidence(raceObj.optDouble("confidence"));\n'
    assert profiles(judged(A__java=taken.format("FaceService", sure)))
    assert not profiles(judged(A__java=taken.format("FaceService", "")))
    assert not profiles(judged(A__java=taken.format("CensusService", sure)))
    # Who is enrolled with a name and an address said so himself.
    named = (
        sure
        + '    person.setFirstName(given.optString("firstName"));\n    person.setAddress(given.optString("address"));\n'
    )
    assert not profiles(judged(A__java=taken.format("FaceService", named)))


def test_what_stands_beside_the_words_of_a_label() -> None:
    page = "export const View = ({{ face }}) => (\n  <Line size='2'>Origin: {{face.{}.toUpperCase()}}</Line>\n);\n"
    assert profiles(judged(View__jsx=page.format("dominant_race")))
    assert not profiles(judged(View__jsx=page.format("dominant_race_track")))
    assert not profiles(judged(View__jsx=page.format("race")))


def test_tags_of_persons_in_a_component_of_the_page_s_own() -> None:
    page = 'export const Tags = () => (\n  <Form>\n    <StateTag name="3" show={{on}}>{}</StateTag>\n  </Form>\n);\n'
    assert {t for t, _, _ in profiles(judged(Tags__jsx=page.format("涉疆人员")))} == {Trait.ETHNICITY}
    assert not profiles(judged(Tags__jsx=page.format("信鸽持有人")))
    assert not profiles(judged(Tags__jsx=page.format("少数民族文化")))


def test_a_percentage_beside_each_value_of_one_person() -> None:
    page = (
        "const Info = ({{ {0}, {0}Percent, race, racePercent, gender, genderPercent }}) => (\n"
        "  <div><span>Age:</span><span>{{{0}}}</span><span>{1}:</span><span>{{{0}Percent}}</span>\n"
        "  <span>Ethnic:</span><span>{{race}}</span></div>\n);\n"
    )
    assert profiles(judged(Info__jsx=page.format("age", "Probability")))
    # Shares of a county's people.
    assert not profiles(judged(Info__jsx=page.format("county", "Probability")))
    assert not profiles(judged(Info__jsx=page.format("age", "Share of residents")))


def test_mood_in_an_analysis() -> None:
    record = "class {} {{\n  final int age;\n  final String {};\n  final String gender;\n  final String race;\n}}\n"
    assert profiles(judged(model__dart=record.format("AttributeAnalysisModel", "emotion")))
    # A figure of a story has moods as well.
    assert not profiles(judged(model__dart=record.format("Character", "emotion")))
    assert not profiles(judged(model__dart=record.format("AttributeAnalysisModel", "address")))


def test_the_race_of_a_face_is_the_greatest_chance() -> None:
    drawn = (
        'def draw(image, frame):\n    """Write {} on the image."""\n    for row in frame.iterrows():\n'
        '        gender = "Male" if row["Male"] >= 0.5 else "Female"\n'
        "        race = np.argmax(row[1:4])\n"
        '        cv2.putText(image, "{{}} {{}}".format(race, gender))\n'
    )
    assert profiles(judged(draw__py=drawn.format("the face attributes")))
    assert not profiles(judged(draw__py=drawn.format("the winner and the driver")))


def test_a_prompt_put_together_in_r() -> None:
    prompt = (
        'ask <- paste0(\n  "You are an expert analyst. {0}\\n\\n",\n  "- Name: ", person, "\\n",\n'
        '  "TASK:\\n",\n  "1. {1} for the given name and country.\\n",\n'
        '  "Respond ONLY in valid JSON format.\\n"\n)\n'
    )
    asked = judged(ask__r=prompt.format("You know names.", "Predict the SINGLE most likely ethnicity"))
    assert {t for t, _, _ in profiles(asked)} == {Trait.ETHNICITY}
    assert not profiles(judged(ask__r=prompt.format("You know names.", "Predict the most likely spelling")))
    assert not profiles(judged(ask__r=prompt.format("You know names.", "Do not guess the ethnicity; tell the gender")))
    made = 'said <- paste0("The survey asks for ethnicity, sex and age of each resident of ", county, " once a year.\\n")\n'
    assert not profiles(judged(ask__r=made))


def test_a_long_text_in_r_keeps_its_lines() -> None:
    prompt = (
        'system_prompt <- "You are an expert in names.\nGiven a surname and a first name, say who it is.\n'
        "Return {} as JSON, with how sure you are, and nothing else. Answer in English.\n"
        'Do not write a sentence before it, nor one after it."\nsend(system_prompt)\n'
    )
    assert profiles(judged(ask__r=prompt.format("the religion of the person")))
    assert not profiles(judged(ask__r=prompt.format("the spelling of the name")))


def test_a_formula_for_the_chance_given_a_name() -> None:
    said = "* This program reads a list of persons and merges it with others.\n* Create P({}) for each of the names.\n"
    assert {t for t, _, _ in profiles(judged(merge__do=said.format("caste | name")))} == {Trait.CASTE}
    assert profiles(judged(merge__do=said.format("rel = muslim | last name")))
    # The chance of a name, and one given a place.
    assert not profiles(judged(merge__do=said.format("name | caste")))
    assert not profiles(judged(merge__do=said.format("caste | district")))


def test_a_window_about_one_person_is_no_filter() -> None:
    page = (
        "<template><div id='face_library'>\n  <el-input placeholder='请输入证件号码'></el-input><el-button>检索</el-button>\n"
        "  <el-dialog title='{}'><div id='dialogSearchFaceDetail'>\n"
        "    <label>姓名</label><label>证件号码</label><label>民族</label><label>出生日期</label>\n"
        "  </div></el-dialog></div></template>\n"
    )
    assert profiles(judged(FaceLibrary__vue=page.format("人脸检索")))
    assert not profiles(judged(FaceLibrary__vue=page.format("人员详细信息")))
    assert not profiles(judged(FaceLibrary__vue=page.format("修改名单")))
    assert profiles(judged(FaceLibrary__vue=page.format("新增人脸布控")))


def test_columns_that_give_a_score_for_the_trait() -> None:
    columns = 'package x\n\nvar HEADER = []string{{\n\t"{0}",\n\t"{0}Alt",\n\t"{1}",\n\t"{0}Score",\n}}\n'
    assert profiles(judged(x__go=columns.format("raceEthnicity", "probabilityCalibrated")))
    assert not profiles(judged(x__go=columns.format("raceEthnicity", "county")))
    # A race that is run has scores and odds.
    assert not profiles(judged(x__go=columns.format("race", "winProbability")))


def test_what_a_model_reports_on_is_an_enumeration() -> None:
    kinds = "/// One attribute the {} reports on.\nenum AttributeKey: String {{\n    case {}\n    case gender\n    case age\n    case race\n}}\n"
    assert profiles(judged(Kinds__swift=kinds.format("model", "emotion")))
    assert not profiles(judged(Kinds__swift=kinds.format("form", "emotion")))
    assert not profiles(judged(Kinds__swift=kinds.format("model", "address")))


def test_a_repository_says_that_it_classifies() -> None:
    said = "# Work\n\n{} hosts the {} Classifier, a machine learning project about racial categories of politicians.\n"
    assert profiles(judged(README__md=said.format("This repository", "Race")))
    assert not profiles(judged(README__md=said.format("Another repository", "Race")))
    run = said.replace("racial categories of politicians", "laps of the drivers")
    assert not profiles(judged(README__md=run.format("This repository", "Race")))


def test_the_colours_of_a_chart_are_no_labels() -> None:
    chart = "def draw(graph):\n    ethnicity_color_map = {{'White': '{}', 'Asian': '{}', 'Black': 'lightcoral', 'Other': 'lightyellow'}}\n    return graph\n"
    assert not profiles(judged(graph__py=chart.format("lightblue", "lightgreen")))
    labels = "def read(face):\n    skin_colors = {0: 'yellow', 1: 'white', 2: 'black', 3: 'brown'}\n    return skin_colors[face.skin_color]\n"
    assert profiles(judged(face__py=labels))


_KEPT = {
    "About.java": 'class About {{\n  static final String ASK = "{0}";\n}}\n',
    "About.cs": 'class About {{\n  const string Ask = "{0}";\n}}\n',
    "About.kt": 'class About {{\n  private val asks = listOf(Ask("a", "{0}"))\n}}\n',
    "About.swift": 'struct About {{\n  let asks = [\n    Ask(title: "a", text: "{0}"),\n  ]\n}}\n',
    "About.php": '<?php\nclass About {{\n  private $ask = "{0}";\n}}\n',
    "about.rb": "class About\n  ASK = <<~TEXT\n    {0}\n  TEXT\nend\n",
    "About.m": '@implementation About\nstatic NSString *const kAsk = @"{0}";\n@end\n',
    "about.jl": 'const ASK = """\n{0}\n"""\nsend(ASK)\n',
    "about.lua": 'local ask = "{0}"\nreturn send(ask)\n',
    "about.pl": 'my $ask = "{0}";\nsend($ask);\n',
    "about.sql": "INSERT INTO texts (name, body) VALUES ('a', '{0}');\n",
    "about.go": 'package a\n\nconst ask = "{0}"\n',
    "about.ts": 'export class About {{\n  ask = "{0}";\n}}\n',
}


@pytest.mark.parametrize("name", _KEPT)
def test_a_prompt_that_a_program_keeps_whole(name: str) -> None:
    asks = "You are an expert. Look at the photo of the person and return the {} as JSON."
    kept = {name.replace(".", "__"): _KEPT[name].format(asks.format("ethnicity"))}
    assert [t for t, _, _ in profiles(judged(**kept))] == [Trait.ETHNICITY]
    for other in (asks.format("hair style"), "The ethnicity of the person in the photo is asked for by the form."):
        assert not profiles(judged(**{name.replace(".", "__"): _KEPT[name].format(other)}))


def test_code_between_two_marks_is_no_prompt() -> None:
    php = (
        "<?php\nfunction form() {\n  $seats = DB::raw('select `as`.`id` from `seats` `as`');\n"
        "  $religions = Religion::pluck('name');\n  return response()->json(compact('religions', 'users'));\n"
        "  $years = DB::raw('select `b`.`id` from `b`');\n}\n"
    )
    assert not profiles(judged(form__php=php))
    script = (
        "export function form(res, users) {\n  const a = `one`;\n  const religions = load();\n"
        "  return res.json({ religions, users, only: true });\n  const b = `two`;\n}\n"
    )
    assert not profiles(judged(form__js=script))
