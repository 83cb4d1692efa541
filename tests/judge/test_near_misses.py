"""What was said wrongly of products once, each beside what must still be found."""

from __future__ import annotations

import json

import pytest
from tests.judge.madeup import judged, profiles

from sousveil.match.lexicon import load
from sousveil.model import Act, Basis, Trait, Verdict

# ruff: noqa: E501 - files as they are


def test_persons_of_attention_are_no_people() -> None:
    page = '<template><div class="face-detail"><span>疑似%s</span><el-button>查看%s</el-button></div></template>\n'
    assert judged(FaceDetail__vue=page % ("重点人员", "重点人员")).verdict is Verdict.CLEAR
    assert judged(FaceDetail__vue=page % ("维族人员", "维族人员报警")).verdict is Verdict.PROFILES


def test_a_prefix_of_an_identifier_is_no_caste() -> None:
    event = "public class JunctionEvent {{ public byte byHat; public byte byUmbrella; public byte bySex; public byte byAge; {} }}\n"
    cars = "public CarInfo stTrafficCar; public CommInfo stCommInfo; public SupplementInfo stObjectInfo;"
    assert not profiles(judged(a__java=event.format(cars)))
    assert [t.concept for t in load().tag("pct_st") if t.trait] == ["caste-groups"]


def test_a_list_of_files_with_their_hashes_claims_nothing() -> None:
    line = "names/infer_ethnicity_selfreport.py,{}=USUQhrrjnEE2pU_3jeGTmUASlX2XhwogoF7CmROlKM0,20040\n"
    assert not profiles(judged(**{"names.txt": line.format("sha256")}))
    assert profiles(judged(**{"names.txt": line.format("of")}))


def test_oily_and_dry_are_no_colours_of_skin() -> None:
    text = "public final class SkinAnalyzeSkinType {\n    public enum SkinType: Int {\n%s    }\n    public let skinType: SkinType\n}\n"
    assert not profiles(judged(Face_Skin__swift=text % "        case oilySkin = 0\n        case drySkin\n"))
    tone = "public final class FaceSkinColorResult {\n    public enum SkinColor: Int {\n        case yellow = 0\n        case black\n        case white\n    }\n    public let skinColor: SkinColor\n    public let confidence: Float\n}\n"
    assert {trait for trait, _, _ in profiles(judged(Skin__swift=tone))} == {Trait.SKIN_COLOUR}


def test_ethnic_wear_is_a_style_of_clothes() -> None:
    wear = (
        "def classes_of(outfit: EthnicOutfit):\n"
        '    """Classify each ethnic outfit of a person, saree or lehenga, and drop the face: detects ethnic per garment."""\n'
        "    return pool(outfit.upper_is_ethnic)\n"
    )
    assert judged(wear__py=wear).verdict is Verdict.CLEAR
    person = 'def read(person):\n    """Detect the face and predict the ethnicity of the person, and the clothes."""\n    return net(person)\n'
    assert judged(person__py=person).verdict is Verdict.PROFILES


def test_names_of_tasks_are_no_persons_names() -> None:
    targets = "import torch\n%s = ['age', 'gender', 'race']\nheads = [torch.nn.Linear(512, n) for n in sizes]\n"
    assert {basis for _, basis, _ in profiles(judged(train__py=targets % "task_names"))} == {Basis.UNKNOWN}
    by_name = 'def predict_race(last_names):\n    """Return the race of each last name."""\n    return model.predict(last_names)\n'
    assert {basis for _, basis, _ in profiles(judged(guess__py=by_name))} == {Basis.NAME}


def test_the_inner_type_of_another_class_is_not_linked() -> None:
    face = (
        "public class FaceDetectOption {\n    public enum ReturnAttributes: String {\n        case smiling\n        case glasses\n"
        "        case ethnicity\n    }\n    public var returnAttributes: Set<ReturnAttributes>\n}\n"
    )
    body = (
        "/// 人体，不含 ethnicity\npublic class BodyDetectOption {\n    public enum ReturnAttributes: String { case cloth }\n"
        "    public var returnAttributes: Set<ReturnAttributes>\n}\n"
    )
    apart = profiles(judged(Face__swift=face, Body__swift=body))
    assert "FaceDetectOption" in {name for _, _, name in apart}
    assert "BodyDetectOption" not in {name for _, _, name in apart}
    meant = body.replace("Set<ReturnAttributes>", "Set<FaceDetectOption.ReturnAttributes>")
    assert "BodyDetectOption" in {name for _, _, name in profiles(judged(Face__swift=face, Body__swift=meant))}


def test_a_part_of_a_recogniser_is_not_accused_by_its_comment() -> None:
    backbone = (
        'class FaceBackbone(nn.Module):\n    """\n    Layers are named so that weights of the race model load too.\n    """\n'
        "    def __init__(self):\n        self.conv1 = nn.Conv2d(3, 64)\n        self.conv2 = nn.Conv2d(64, 64)\n"
    )
    model = (
        'class RaceModel(nn.Module):\n    """\n    Predicts race from a face image.\n    """\n'
        "    def __init__(self):\n        self.backbone = FaceBackbone()\n        self.head = nn.Linear(4096, 6)\n"
        "    def forward(self, face):\n        return self.head(self.backbone(face))\n"
    )
    assert [name for _, _, name in profiles(judged(backbone__py=backbone, model__py=model))] == ["RaceModel"]


@pytest.mark.parametrize(
    ("sentence", "gloss"),
    [
        ("The Face Recognition API predicts the ethnicity of faces.", "ethnicity: ethnicity"),
        ("A race classifier for faces, trained on FairFace.", "race: race"),
    ],
)
def test_a_gloss_says_what_is_meant(sentence: str, gloss: str) -> None:
    (finding,) = judged(readme__md=f"# About\n\n{sentence}\n").findings
    assert finding.places[0].gloss == gloss


def test_what_is_called_an_appearance_needs_one_thing_seen() -> None:
    fields = "    out = {'age': p.age(), 'ethnicity': p.ethnicity(), 'gender': p.gender(), 'glasses': p.glasses()}\n    return out\n"
    read = f"def appearance_of_face(p):\n{fields}"
    form = f"def export_member(p):\n{fields}"
    assert profiles(judged(face__py=read)) == [(Trait.ETHNICITY, Basis.FACE, "out")]
    assert not profiles(judged(member__py=form))
    row = "rows.append({'face_hash': h, 'age': e.get('age'), 'gender': e.get('gender'), 'emotion': e.get('emotion'), 'race': e.get('race')%s})\n"
    assert [(t, b) for t, b, _ in profiles(judged(store__py=row % ""))] == [(Trait.ETHNICITY, Basis.FACE)]
    assert not profiles(judged(store__py=row % ", 'id_card': e.get('id_card'), 'address': e.get('address')"))


def test_one_value_for_each_people_is_an_answer_where_a_face_gives_it() -> None:
    code = "function show(answer) {\n    var raceData = { asian: %s.asian, black: %s.black, white: %s.white, other: %s.other };\n    return raceData;\n}\n"
    assert judged(a__js=code.replace("%s", "answer.faces[0]")).verdict is Verdict.PROFILES
    assert judged(a__js=code.replace("%s", "county.share")).verdict is not Verdict.PROFILES


def test_an_answer_that_a_manual_shows_is_a_record() -> None:
    block = "# kit\n\nReturns:\n\n```\n%s: None\nasian: 0.1044\nblack: 0.0063\nwhite: 0.4081\nage: 31\n```\n"
    assert judged(readme__md=block % "glasses").verdict is Verdict.PROFILES
    assert judged(readme__md=block % "county").verdict is not Verdict.PROFILES


def test_what_a_comment_lists_of_a_face_is_read_off_it() -> None:
    text = "class Detection {\n    /** %s: gender, age, race, smiling, glass and pose. The request is async. */\n    void run(Object one, String attribute) { api.call(one, attribute); }\n}\n"
    found = profiles(judged(a__java=text % "Detects all faces; their attributes"))
    assert found == [(Trait.ETHNICITY, Basis.FACE, "run")]
    assert not profiles(judged(a__java=text % "Keeps what the member chose for the party"))


def test_a_list_in_a_comment_is_asked_of_what_it_documents() -> None:
    # An identity card is a kind of picture here; a living body's detection (活体检测) is no examination (体检).
    java = """class Client {
    /**
     * 在线活体检测接口
     * part_field 包括**%s信息** <br> 逗号分隔
     * picture_type IDCARD表示身份证芯片照
     */
    JSONObject %s(String image, Map<String, String> options) { return call(image, options); }
}
"""
    cs = 'interface IClient\n{\n    /// <param name="part_field">包括%s</param>\n    string %s(string image, string part_field);\n}\n'
    face, form = "age,beauty，race,glasses,expression", "name,age,race,phone,address"
    for path, text in (("Client__java", java), ("Client__cs", cs)):
        found = profiles(judged(**{path: text % (face, "detectFace")}))
        assert (Trait.ETHNICITY, Basis.FACE, "part_field") in found, path
        assert not profiles(judged(**{path: text % (form, "exportMembers")})), path
    codes = "// 人体检测支持的脸部特征\ntypedef enum tagTRAIT { TRAIT_AGE, TRAIT_GLASSES, TRAIT_BEARD, TRAIT_COMPLEXION } TRAIT;\n"
    assert profiles(judged(a__h=codes)) == [(Trait.SKIN_COLOUR, Basis.FACE, "TRAIT")]
    assert not profiles(judged(a__h=codes.replace("人体检测支持", "学生体检记录")))


def test_natural_skin_is_a_quality_of_the_picture() -> None:
    page = """<html><head><title>Face API: PhotographicAttributes</title></head><body><div class="contents">
<table><tr><td>int</td><td>%s</td></tr></table></div></body></html>"""
    assert judged(a__html=page % "NaturalSkinColor").verdict is Verdict.CLEAR
    assert judged(a__html=page % "SkinColor").verdict is Verdict.PROFILES


def test_a_function_that_asks_a_model_of_the_trait_infers_it() -> None:
    code = "def run(picture):\n    faces = find_faces(picture)\n    scores = %s_model.predict(faces)[0]\n    return softmax(scores), %s_predictions, age_model.predict(faces)\n"
    assert judged(a__py=code.replace("%s", "race")).verdict is Verdict.PROFILES
    assert judged(a__py=code.replace("%s", "mood")).verdict is Verdict.CLEAR
    odds = (
        "def run(horses):\n    scores = race_model.predict(horses)[0]\n    return softmax(scores), race_predictions\n"
    )
    assert judged(horses__py=odds).verdict is Verdict.CLEAR


def test_a_detector_of_religious_dress_says_so_in_its_title() -> None:
    assert [b for _, b, _ in profiles(judged(readme__md="# Hijab detection with YOLO\n"))] == [Basis.BODY]
    assert judged(readme__md="# Hijab shop, delivered in a day\n").verdict is Verdict.CLEAR


def test_the_names_of_a_folders_files_claim_nothing() -> None:
    listing = "-rw------- 1 root root 38599552 Oct 29 08:22 face_race_classifier.h5\n"
    assert not profiles(judged(output__txt=listing))
    assert profiles(judged(output__txt="This tool predicts the race of each face.\n"))


def test_reading_the_label_of_a_picture_hands_out_nothing() -> None:
    code = 'def %s(file):\n    """Return the race of a picture of a face."""\n    return int(file.split("_")[2])\n'
    assert not profiles(
        judged(utkface__py=code.replace('"""Return the race of a picture of a face."""', "") % "parse_race")
    )
    assert profiles(judged(utkface__py=code % "detect_race"))


def test_a_basis_is_borrowed_only_where_all_others_agree() -> None:
    labels = 'class RaceClassifier(nn.Module):\n    race_labels = ["White", "Black", "Asian", "Indian", "Others"]\n'
    manual = "This tool predicts the race from a picture of the face.\n"
    names = "This tool predicts the race from the surname.\n"
    alone = judged(a__py=labels)
    assert {b for _, b, _ in profiles(alone)} == {Basis.UNKNOWN}
    assert {b for _, b, _ in profiles(judged(a__py=labels, readme__md=manual))} == {Basis.FACE}
    both = judged(a__py=labels, readme__md=manual, more__md=names)
    assert Basis.UNKNOWN in {b for _, b, _ in profiles(both)}
    borrowed = [f for f in judged(a__py=labels, readme__md=manual).findings if f.places[0].artifact == "a.py"]
    assert all(f.not_proved[-1].startswith("What it is taken from") for f in borrowed)


def test_a_kind_of_identity_card_is_not_its_holder() -> None:
    text = "/// detection\n@interface Scanner\n- (int)FaceID%sDetectMongol;\n- (int)FaceID%sDetectTibetan;\n@end\n"
    assert not profiles(judged(Scanner__h=text.replace("%s", "IDCard")))
    assert profiles(judged(Scanner__h=text.replace("%s", "")))


def test_what_reads_labelled_pictures_is_no_recogniser() -> None:
    text = "class Face%s:\n    def __init__(self, table):\n        self.age = table.age\n        self.gender = table.gender\n        self.race = table.race\n"
    assert not profiles(judged(data__py=text % "Dataset"))
    assert profiles(judged(data__py=text % "AnalysisResult"))


def test_a_confusion_matrix_is_a_measure() -> None:
    text = 'def run(faces, races):\n    """%s for each face: race labels and predictions."""\n    return step(faces, races)\n'
    assert not profiles(judged(a__py=text % "Create the confusion matrix"))
    assert profiles(judged(a__py=text % "Predict the race"))


def test_a_list_of_pictures_is_no_list_of_answers() -> None:
    names = ("Asian", "Black", "White", "Indian")
    for end, found in ((".jpg", False), ("", True)):
        code = f"class FaceRacePredictor:\n    RACES = {[f'race {n}{end}' for n in names]!r}\n"
        labels = [name for _, _, name in profiles(judged(predict__py=code)) if name == "RACES"]
        assert bool(labels) is found


def test_a_file_without_its_folders_says_what_it_is_part_of() -> None:
    text = 'package com.vendor.%s.enums;\npublic enum Origin {\n    ASIAN("亚洲人"), WHITE("白人"), BLACK("黑人");\n    private String ethnicity;\n}\n'
    assert profiles(judged(Origin__java=text % "facerecognition"))
    assert not profiles(judged(Origin__java=text % "billing"))


def test_a_list_of_attributes_is_read_in_a_map_and_in_an_address() -> None:
    code = 'package main\n\nfunc run() {\n\toptions := map[string]interface{}{\n\t\t"max": 10,\n\t\t"fields": "%s",\n\t}\n\tsend(options)\n}\n'
    assert profiles(judged(a__go=code % "age,beauty,glasses,race,gender"))
    assert not profiles(judged(a__go=code % "driver,lap,car,race,heat"))
    call = 'def look(url)\n  get "https://api.example/detect?attribute=%s&url=" + url\nend\n'
    assert profiles(judged(a__rb=call % "glass%2Cage%2Crace%2Csmiling"))
    assert not profiles(judged(a__rb=call % "lap%2Cheat%2Crace%2Cdriver"))


def test_a_caste_of_machines_is_none_of_people() -> None:
    text = "struct %s;\n/// the class of a machine by memory\nstd::string classify_caste(const %s& facts);\n"
    assert not profiles(judged(a__hpp=text % ("HwFacts", "HwFacts")))
    assert profiles(judged(a__hpp=text % ("Surname", "Surname")))


def test_a_figure_is_drawn_not_seen() -> None:
    look = "const [a, set] = useState({ topType: 'Long', hairColor: 'BrownDark', clotheType: 'Hoodie', eyeType: 'Happy', skinColor: 'Light'%s });\n"
    assert not profiles(judged(App__js=look % ""))
    assert profiles(judged(App__js=look % ", age: 31, gender: 'f', glasses: true"))


def test_dwellings_are_looked_up_by_who_lives_there() -> None:
    page = '<template><Form :model="queryForm"><Col span="8"><FormItem label="标签"><Select v-model="queryForm.tag"><Option value="w">%s</Option><Option value="k">空房</Option><Option value="q">群租房</Option></Select></FormItem></Col></Form></template>\n'
    assert profiles(judged(query__vue=page % "维族居住"))
    assert not profiles(judged(query__vue=page % "维族餐馆"))


def test_a_page_says_a_sentence() -> None:
    page = 'export function Page() {\n  return <Heading size="l">{"%s"}</Heading>;\n}\n'
    assert profiles(judged(Page__tsx=page % "Classify names into their most likely ethnic origins"))
    assert not profiles(judged(Page__tsx=page % "Choose your most likely ethnic origin from the list"))


def test_what_a_comment_denies_is_not_what_the_field_holds() -> None:
    table = "# Face API\n\n| Field | Meaning |\n|---|---|\n| `age` | Age read off the face. |\n| `glasses` | Whether glasses are worn. |\n| `origin` | %s |\n"
    assert not judged(
        README__md=table % "Country of the data set. Neither indicates nationality nor ethnicity."
    ).findings
    assert not judged(README__md=table % "The service does not return race.").findings
    assert profiles(judged(README__md=table % "Ethnicity read off the face; does not state nationality."))


def test_keys_of_a_bundle_that_end_alike_are_one_set_of_labels() -> None:
    other = "".join(f"menu{n}=text {n}\n" for n in range(60))
    assert profiles(judged(res__properties=other + "YELLOW_RACE=Yellow\nBLACK_RACE=Black\nWHITE_RACE=White\n" + other))
    assert not profiles(
        judged(res__properties=other + "YELLOW_CAR=Yellow\nBLACK_CAR=Black\nWHITE_RACE=White\n" + other)
    )
    assert not profiles(judged(res__properties=other + "LONG_RACE=Long\nSHORT_RACE=Short\nNIGHT_RACE=Night\n" + other))


def test_scores_of_models_by_group_are_no_table_of_names() -> None:
    page = "# Model Zoo\n\nName | ALL | African | Caucasian | South Asian | East Asian | LFW\n:--|:--|:--|:--|:--|:--|:--\nbig | 91.2 | 90.4 | 93.1 | 93.0 | 74.9 | 99.8\n"
    assert not profiles(judged(README__md=page))
    table = "surname,african,caucasian,south asian,east asian,probability\nexample,0.1,0.6,0.2,0.1,0.6\n"
    assert profiles(judged(names__csv=table))


def test_what_was_taken_out_is_a_residue() -> None:
    text = 'class FaceNet(Net):\n    """Trained to predict gender, age and race of a face.\n\n    %s\n    """\n'
    found = judged(a__py=text % "Racial classification layers were erased from this distribution.")
    assert found.verdict is Verdict.RESIDUE
    assert profiles(judged(a__py=text % "Racial classification layers were retrained for this distribution."))
    assert profiles(judged(a__py=text % "Race classification is disabled by default."))
    live = text.replace("FaceNet", "RaceClassifier") + '    labels = ["asian", "black", "white", "indian"]\n'
    assert profiles(judged(a__py=live % "Racial classification layers were removed."))
    data = judged(a__py=text.replace(" and race", "") % "The column race was removed from the data.")
    assert not data.findings


def test_names_in_a_census_are_those_of_columns() -> None:
    code = 'class RaceTable(Table):\n    """Pivot the survey of the census: one row for each race, columns %s, with pct shares."""\n\n    def wide(self):\n        return self.pivot("race")\n'
    assert not profiles(judged(census__api__py=code % "by level names"))
    assert profiles(judged(census__api__py=code % "the chance of a surname"))


def test_the_words_of_a_tokenizer_are_no_set_of_labels() -> None:
    words = ["race", "religious", "Islamic", "Jewish", "Muslims", "Christian", "asian", "white", "black", "indian"]
    listed = [w for pair in zip(words, (f"word{i}" for i in range(10)), strict=True) for w in pair] + ["x"] * 30
    vocabulary = "{" + ", ".join(f'"\\u0120{w}": {i + 300}' for i, w in enumerate(listed)) + "}"
    assert not profiles(judged(tokenizer__vocab__json=vocabulary))


def test_white_balance_spares_skin() -> None:
    header = "/* %s */\ntypedef struct tag%s_ATTR {\n    unsigned char u8SkinColorDetect; /* skin color detect enable */\n    unsigned short u16Gain;\n} %s_ATTR;\nint %sSkinColorDetect(int pipe, const %s_ATTR *attr);\n"
    balance = header % ("auto white balance", "AWB", "AWB", "Awb", "AWB")
    assert not profiles(judged(isp__h=balance))
    assert profiles(judged(face__h=header % ("what is read off a face", "FACE", "FACE", "Face", "FACE")))


def test_two_colours_among_many_places_are_no_peoples() -> None:
    places = "".join(f"model.nation.english.region.{n}=Place{n}\n" for n in range(26))
    assert not profiles(
        judged(
            texts__properties=places
            + "model.nation.english.region.river.1=White\nmodel.nation.english.region.river.2=Black\n"
        )
    )


WORDS = {f"{a}{b}": b for a in ("menu", "dlg", "btn", "tip") for b in ("Open", "Close", "Save", "Copy", "Move", "Find")}
WORDS |= {f"{key}{n}": text for key, text in WORDS.items() for n in range(2, 7)}


def bundles(texts: dict[str, str]) -> list[dict[str, str]]:
    """Return texts among many others, as JSON, as properties and as a gettext catalogue."""
    every = {**WORDS, **texts, **{f"log{key}": text for key, text in WORDS.items()}}
    return [
        {"lang/en__json": json.dumps(every, indent=1, ensure_ascii=False)},
        {"lang/en__properties": "".join(f"{key}={text}\n" for key, text in every.items())},
        {
            "lang/en__po": "".join(
                f'#: src/page.c:{n}\nmsgid "{key}"\nmsgstr "{text}"\n\n' for n, (key, text) in enumerate(every.items())
            )
        },
    ]


def test_what_a_bundle_shows_of_a_face_is_read_off_it() -> None:
    shown = {
        "faceAge": "Age",
        "faceGlasses": "Glasses",
        "faceMask": "Mask",
        "faceBeard": "Beard",
        "faceNation": "Ethnicity",
    }
    for files in bundles(shown):
        assert (Trait.ETHNICITY, Basis.FACE, "face") in profiles(judged(**files)), files
    card = {
        "cardName": "Name",
        "cardSex": "Sex",
        "cardNation": "Ethnicity",
        "cardAddress": "Address",
        "cardNumber": "ID number",
    }
    shop = {
        "faceCream": "Cream",
        "faceMask": "Mask",
        "faceSerum": "Serum",
        "faceGlasses": "Glasses",
        "faceBrush": "Brush",
    }
    apart = {"faceCapture": "Capture", "faceLibrary": "Library", "nation": "Ethnicity", "eventMask": "Mask"}
    for texts in (card, shop, apart):
        for files in bundles(texts):
            assert not profiles(judged(**files)), files


def test_a_detection_with_a_box_in_the_picture_is_of_somebody_seen() -> None:
    fields = {
        "DetectionResult": "bbox: number[]; ageRange: string; sex: string; skinTone: string",
        "FaceAnalysis": "bounding_box: number[]; age: number; gender: string; ethnicity: string",
    }
    for name, members in fields.items():
        assert profiles(judged(model__ts=f"export interface {name} {{ {members} }}\n")), name
    others = {
        # What somebody wrote beside a picture; a card that is read; what has an office and no box.
        "PictureAnnotation": "bbox: number[]; ageRange: string; sex: string; skinTone: string",
        "CardRecognition": "bbox: number[]; cardName: string; sex: string; nation: string; birthday: string; address: string; idNumber: string",
        "AudienceAnalysis": "boxOffice: number; age: number; gender: string; ethnicity: string",
    }
    for name, members in others.items():
        assert not profiles(judged(model__ts=f"export interface {name} {{ {members} }}\n")), name


def test_a_recognisers_values_are_no_filter_of_texts_whatever_their_name() -> None:
    header = (
        "typedef enum tagEM_MODERATION_NATION {\n    MOD_UNKNOWN, MOD_UYGUR, /* 维族(新疆) */ MOD_OTHER, MOD_UNIDENTIFIED\n"
        "} EM_MODERATION_NATION;\n"
    )
    assert [name for _, _, name in profiles(judged(sdk__h=header))] == ["EM_MODERATION_NATION"]


def test_what_is_predicted_of_a_person_was_not_declared() -> None:
    for shape in ("predicted_{}", "inferred_{}", "modeled_{}", "imputed_{}", "{}_predicted", "{}Modelled"):
        field = shape.format("ethnicity")
        table = f"create table voters (voter_id int, first_name text, last_name text, age int, {field} text);\n"
        found = judged(voters__sql=table)
        assert [f.act for f in found.findings if f.probability >= 0.5][:1] == [Act.INFERS], field
    others = (
        # Stated, seen or counted; a race that is run; what a model is measured by; a model's error.
        "create table voters (voter_id int, first_name text, last_name text, age int, stated_ethnicity text);\n",
        "create table stops (id int, officer text, perceived_race text, search_conducted int, age int);\n",
        "create table runners (bib int, first_name text, age int, race_name text, predicted_race_time int);\n",
        "create table eval (id int, age int, true_{0} text, predicted_{0} text);\n".format("ethnicity"),
        "create table eval (id int, age int, true_{0} text, predicted_{0} text);\n".format("religion"),
        "create table fairness_metrics (id int, age int, ethnicity text, predicted_income int, estimated_rate int);\n",
        "create table census (age int, ethnicity text, estimated_population int, modeled_share int);\n",
    )
    for table in others:
        assert not profiles(judged(table__sql=table)), table


def test_a_column_called_predicted_is_no_call_of_a_model() -> None:
    names = [shape.format("ethnicity") for shape in ("predicted_{}", "inferred_{}", "imputed_{}")]
    code = "def report(rows):\n" + "".join(f"    put(rows[{name!r}], 'guess', 'probability')\n" for name in names)
    assert not profiles(judged(report__py=code))


def test_an_answer_that_prints_a_card_keeps_no_emptied_slot() -> None:
    table = "## ocr/{}\n\n|字段|说明|\n|:--|:--|\n|res[性别]|性别|\n|res[民族]|民族|\n|res[出生]|出生|\n|res[{}]|{}|\n"
    card = judged(api__md=table.format("idcard", "签发机关", "身份证的签发机关"))
    assert card.verdict is Verdict.RECORDS
    struct = "typedef struct {{ BYTE byAge; BYTE byEthnic; //{} \n BYTE bySex; BYTE byMask; }} HUMAN;"
    assert judged(human__h=struct.format("保留")).verdict is Verdict.RESIDUE


def test_a_register_is_one_in_indonesian_too() -> None:
    page = '<h4>Data {0}</h4><label>{1}</label><input name="{1}"><label>Agama</label><select name="agama"><option>Hindu</option><option>Islam</option><option>Kristen</option></select><label>{2}</label><input name="{2}">'
    assert judged(a__html=page.format("Penduduk", "tempat_lahir", "pekerjaan")).verdict is Verdict.RECORDS
    assert not judged(a__html=page.format("Buku", "judul", "penerbit")).findings


def test_privileged_classes_are_measured_across() -> None:
    code = "def load(frame):\n    {} = {{'sex': [1.0], 'race': [1.0], 'age': [2.0], 'education': [1.0]}}\n    return frame\n"
    assert {str(f.act) for f in judged(a__py=code.format("all_privileged_classes")).findings} == {"measures"}


def test_spanish_labels_of_a_classifier_and_spanish_colours() -> None:
    code = """import tensorflow as tf
{} = [{}]
def analizar(rostro):
    pred = model.predict(rostro)
    return {}[pred.argmax()]
"""
    assert profiles(judged(rostro__py=code.format("razas", "'Asiatico', 'Blanco', 'Negro', 'Mestizo'", "razas")))
    for name, colours in (("pelo", "'Negro', 'Blanco', 'Rojo'"), ("coche", "'blanco', 'negro', 'gris', 'azul'")):
        assert not profiles(judged(rostro__py=code.format(name, colours, name)))


def test_what_an_answer_of_a_network_is_held_against() -> None:
    code = "model = Model(inputs=x, outputs=[a, b])\nmodel.compile(optimizer='adam', {}={{'{}': 'mse', '{}': 'categorical_crossentropy'}})\n"
    for word in ("loss", "losses"):
        found = judged(train__py=code.format(word, "age_output", "race_output"))
        assert [(f.act, f.rule) for f in found.findings] == [(Act.INFERS, "network-head")]
    assert not profiles(judged(train__py=code.format("loss", "lap_output", "race_output")))
    assert not profiles(judged(train__py=code.format("columns", "age_output", "race_output")))


def test_a_table_of_faces_and_a_table_of_citizens_in_migrations() -> None:
    table = "<?php\nSchema::create('{}', function (Blueprint $t) {{ {} }});\n"
    columns = "$t->string('{}');".format
    trait = Trait.ETHNICITY.value
    faces = ("age", "gender", trait, "glasses", "mask", "smile", "confidence")
    people = ("full_name", "date_of_birth", "address", trait, "phone")
    assert profiles(judged(a__php=table.format("face_captures", "".join(map(columns, faces)))))
    found = judged(a__php=table.format("citizens", "".join(map(columns, people)))).findings
    assert {f.act for f in found} == {Act.RECORDS}
