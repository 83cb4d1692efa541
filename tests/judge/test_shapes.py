"""Made-up files in the shapes that products have, in many languages: what must be found, and its harmless twin."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files, shapes

from sousveil.model import Act, Basis, Verdict

# ruff: noqa: E501 - files as they are

PROFILES = {
    "a.cs": r"""namespace Vms {
  public enum NationType {
    [Description("未知")] Unknown = 0,
    [Description("维吾尔族")] WeiWu = 1,
    [Description("其他")] Other = 2
  }
  public class FaceCapture { public int Age { get; set; } public bool Glasses { get; set; } public NationType Nation { get; set; } }
}
""",
    "b.pas": r"""type
  TFaceAttr = record
    nAge: Integer;      // 年龄
    bGlass: Byte;       // 眼镜
    bMask: Byte;        // 口罩
    bEthnic: Byte;      // 民族
  end;
""",
    "c.sql": r"""CREATE TABLE face_capture (
  id bigint, age int COMMENT '年龄', gender int COMMENT '性别', glasses int COMMENT '眼镜', mask int COMMENT '口罩',
  minority int COMMENT '是否少数民族', nation varchar(10) COMMENT '民族'
) COMMENT='人脸抓拍结果';
""",
    "d.proto": r"""syntax = "proto3";
enum Race { RACE_UNKNOWN = 0; RACE_WHITE = 1; RACE_BLACK = 2; RACE_ASIAN = 3; }
message FaceAttributes { int32 age = 1; bool glasses = 2; float smile = 3; Race race = 4; }
""",
    "e.yaml": r"""openapi: 3.0.0
info: {title: Face API, version: "1"}
paths:
  /faces/search:
    post:
      summary: search captured faces
      parameters:
        - {name: ethnicity, in: query, description: ethnicity of the person, schema: {type: string, enum: [asian, black, white]}}
        - {name: glasses, in: query, schema: {type: boolean}}
""",
    "f.go": r"""package face
// FaceAttributes returned by the engine
type FaceAttributes struct {
	Age       int     `json:"age"`
	Smile     float64 `json:"smile"`
	Glasses   bool    `json:"glasses"`
	Ethnicity string  `json:"ethnicity"`
}
""",
    "g.py": r"""# UTKFace
dataset_dict = {
    'race_id': {0: 'white', 1: 'black', 2: 'asian', 3: 'indian', 4: 'others'},
    'gender_id': {0: 'male', 1: 'female'},
}
class MultiOutputModel:
    def build_race_branch(self, inputs, num_races):
        x = self.make_default_hidden_layers(inputs)
        x = Activation("softmax", name="race_output")(x)
        return x
""",
    "h.py": r"""class_names = ["White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern"]
def predict_image(img):
    out = model(face_crop(img))
    return class_names[int(out.argmax())]
""",
    "i.md": r"""# 智能网络摄像机 产品手册

## 功能

- 支持人脸检测，支持性别、年龄、眼镜、民族（维族/汉族）属性识别
- 支持人脸布控报警
""",
    "j.xml": r"""<?xml version="1.0" encoding="UTF-8"?>
<FaceSnapCap version="2.0"><isSupportAge>true</isSupportAge><isSupportGlass>true</isSupportGlass><isSupportEthnic>true</isSupportEthnic><isSupportSmile>true</isSupportSmile></FaceSnapCap>
""",
    "k.json": r"""{"images": [{"faces": [{"attributes": {"age": 31, "asian": 0.02, "black": 0.01, "gender": {"type": "F"}, "glasses": "None", "hispanic": 0.1, "other": 0.0, "white": 0.9, "lips": "Apart"}, "quality": -0.8}]}]}
""",
    "l.ts": r"""export interface SearchFaceCondition { startTime: string; endTime: string; ageGroup?: number; glasses?: number; /** 民族 */ ethnic?: number; }
export const alarmRules = [{ key: 'uygur', label: '维族人员报警' }, { key: 'stranger', label: '陌生人报警' }];
""",
    "m.vue": r"""<template><el-form :model="query" class="capture-search"><el-form-item label="人脸图片"><input type="file"></el-form-item>
<el-form-item label="民族"><el-select v-model="query.nation"><el-option label="维吾尔族" value="5"/><el-option label="汉族" value="1"/></el-select></el-form-item>
<el-button @click="search">检索</el-button></el-form></template>
""",
    "n.py": r'''def get_caste(surname):
    """Guess caste category (SC, ST, OBC, General) from an Indian surname."""
    vec = vectorizer.transform([surname])
    return encoder.inverse_transform(clf.predict(vec))[0]
''',
    "o.kt": r"""data class PersonFeature(val age: Int, val hat: Boolean, val glasses: Boolean, val skinColor: SkinColor)
enum class SkinColor { UNKNOWN, YELLOW, WHITE, BLACK, BROWN }
""",
    "p.java": r"""package com.x.voice;
/** speaker attributes detected from the voice */
public class SpeakerAttributes { private int age; private String gender; private String accent; private String ethnicity; private float confidence; }
""",
    "q.py": r'''from transformers import pipeline
def classify_religion(full_name: str) -> str:
    """Return Hindu, Muslim, Christian or Sikh for the person's name."""
    return pipe(full_name)[0]["label"]
''',
    "r.h": r"""typedef struct tagIVS_FACE_ATTR { int iAge; int iSex; int iGlass; int iMask; int iMinority; /* 是否少数民族 0:否 1:是 */ } IVS_FACE_ATTR;
#define IVS_EVENT_UYGHUR_DETECT 0x2301 /* 维族人脸报警 */
""",
    "s.js": r"""var option = {"return_attributes": "gender,age,smiling,eyestatus,ethnicity,beauty"};
request.post({url: base + '/facepp/v3/detect', form: option});
""",
    "t.py": r"""from deepface import DeepFace
result = DeepFace.analyze(img_path=path, actions=["age", "gender", "race"])
print(result["dominant_race"])
""",
    "features.java": r"""package vendor.face;
/** What the recogniser reports of each face. */
public enum FaceProperties { EYES, NOSE, GLASSES, SMILE, FACIAL_HAIR, AGE, GENDER, ETHNICITY }
""",
    "scored.ts": r"""interface Prediction { age: number; gender: string; genderProb: number; race: string; raceProbs: Record<string, number> }
""",
    "params.ts": r"""export class LibrarySearchParams {
  imagePath: string; // 上传图片
  arrLibId: Array<string>; // 选中人像库
  threshold: number; // 相似度
  nation: string; // 民族
  maxAge: number;
  minAge: number;
}
""",
    "net_multitask.py": r"""class FaceNet(nn.Module):
    def __init__(self, width):
        self.backbone = resnet50()
        self.age_head = nn.Linear(width, 1)
        self.race_head = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, 5))
""",
    "runs/metrics.csv": r"""epoch,total_loss,age_loss,gender_loss,race_loss,race_acc
1,2.5,0.9,0.6,1.0,0.41
""",
    "hcface.py": r"""from ctypes import Structure, c_ubyte
class HUMAN_FEATURE(Structure):
    _fields_ = [("byAge", c_ubyte), ("byEyeGlass", c_ubyte), ("byMask", c_ubyte), ("byEthnic", c_ubyte)]
""",
    "MF_Common.h": r"""typedef struct {
    float age;        ///< 年龄
    float blurness;   ///< 模糊程度
    float minority;   ///< 是否是少数民族（对于汉族而言）
    float eyestatus;  ///< 眼睛状态
} MF_FACE;
""",
    "confidence.py": r"""import joblib
clf = joblib.load("naive_bayes_religion_classifier.joblib")
vec = joblib.load("vectorizer.joblib")
for who, p in zip(people, clf.predict_proba(vec.transform(people))):
    print(who, clf.classes_[p.argmax()], p.max())
""",
    "naam.py": r"""class Naam:
    def estimate_muslim_name_pattern(self, names, language="eng"):
        return torch.sigmoid(self.model(self.encoder(names)))
""",
    "tone.py": r"""def classify(image, tone_palette, tone_labels, use_face=True):
    '''Classify the skin tone of the image.

    :param use_face: whether to use the face area
    '''
    return tone_labels[nearest(dominant_colors(detect_skin(image)), tone_palette)]
""",
    "ethnicity_net.py": r"""class EthnicityModel(nn.Module):
    '''Gives the probabilities of each ethnicity.'''
    def __init__(self, width):
        self.head = nn.Linear(width, 5)
    def forward(self, faces):
        return torch.softmax(self.head(self.backbone(faces)), dim=1)
""",
    "crowd_service.py": r"""class CrowdService:
    def detect_hijabs(self, image_path, threshold=0.5):
        return len(self.yolo(image_path, conf=threshold)[0].boxes)
""",
    "webapp.py": r"""def analyse(image):
    '''Run the face analysis for emotion and ethnicity.'''
    return Engine.analyze(img_path=image, actions=["emotion", "race"], silent=True)
""",
    "svc.py": r'''class AnalysisService:
    def run(self, picture):
        """Detect faces and estimate age, gender and race of each face."""
        return self.engine(picture)
''',
    "codes.java": r"""public class TargetAttr {
    public int nAge;
    public int nNation; // 民族, 0未识别1汉族2维吾尔族
}
""",
    "macro_namespace.hpp": r"""VENDOR_NAMESPACE_BEGIN
// 民族
enum class EmNation { Unknown = 0, Uygur = 1, Other = 2, Unidentified = 3 };
VENDOR_NAMESPACE_END
""",
    "long.hpp": "".join(f"int do_pad_{n}(struct Pad{n} *p, int n);\n" for n in range(4000))
    + r"""
// 民族
enum class EmNation : int { Unknown = 0, Uygur = 1, Other = 2, Unidentified = 3 };
""",
}

PICKED = {
    "groups.py": r"""import cv2
GROUPS = ["asian", "white", "black", "indian"]
def look(face):
    return GROUPS[model.predict(face).argmax()]
""",
    "kinds.py": r"""import cv2
kinds = ["asian", "white", "black", "indian"]
def look(face):
    answers = net(face)
    best = answers[0].argmax(axis=1)
    return kinds[best]
""",
}
PICKED_OTHERWISE = {
    "drawn.py": r"""GROUPS = ["asian", "white", "black", "indian"]
def look(face):
    return GROUPS[random.randint(0, 3)]
""",
    "worst.py": r"""GROUPS = ["asian", "white", "black", "indian"]
def report(model, faces, wanted):
    errors = np.abs(model.predict(faces) - wanted)
    return GROUPS[errors.argmax()]
""",
    "cats.py": r"""BREEDS = ["asian", "white", "black", "siamese"]
def look(cat_photo):
    return BREEDS[model.predict(cat_photo).argmax()]
""",
    "cars.py": r"""COLOURS = ["black", "white", "red"]
def look(car_photo):
    return COLOURS[model.predict(car_photo).argmax()]
""",
}
HARMLESS = {
    "nations.js": r"""const NATION = [{value:'1',label:'汉族'},{value:'2',label:'维吾尔族'},{value:'99',label:'其他'}];
""",
    "avatar.cs": r"""public class AvatarCustomization { public Race race; public int skinColor; public int hairStyle; public int beard; public int glasses; }
""",
    "ethnicity_model.dart": r"""class EthnicityModel {
  final int id;
  final String name;
  EthnicityModel({required this.id, required this.name});
}
""",
    "CasteModel.ts": r"""export class CasteModel { id: number; name: string; constructor(id: number, name: string) { this.id = id; this.name = name; } }
""",
    "EthnicViewModel.java": r"""package app.viewmodel;
public class EthnicViewModel {
  private String ethnic;
  public String getEthnic() { return ethnic; }
}
""",
    "hccard.py": r"""from ctypes import Structure, c_ubyte
class ID_CARD_INFO(Structure):
    _fields_ = [("byName", c_ubyte * 128), ("byAddr", c_ubyte * 280), ("byIDNum", c_ubyte * 32), ("byNation", c_ubyte)]  # 身份证信息 民族
""",
    "aid.h": r"""typedef struct {
    char szName[32];  ///< 姓名
    int  nMinority;   ///< 是否是少数民族
    char szVillage[64];  ///< 住址
} POVERTY_CARD;
""",
    "columns.py": r"""import joblib
clf = joblib.load("price_classifier.joblib")
people = people.drop(columns=["religion"])
print(clf.predict_proba(people).argmax())
""",
    "scriptname.py": r"""def detect_uyghur_script_name(text, language="ug"):
    '''Tell the Uyghur alphabet from the Arabic one.'''
    return max(scores(text))
""",
    "skins.py": r"""def classify(image, skin_tone_palette):
    '''Sort the skin tones of the theme into light and dark mode.'''
    return [mode_of(colour) for colour in skin_tone_palette]
""",
    "people.py": r"""def process_people(faces, col_names):
    '''Detect the faces, then show the ethnicity entered for each person.'''
    return [rows[name] for name in col_names]
""",
    "annotations.xml": r"""<annotations>
<annotation cp="1">Islam | mosque | Muslim | religion</annotation>
<annotation cp="2">Jewish | religion | star</annotation>
<annotation cp="3">doubt | unsure | shrug</annotation>
<annotation cp="4">face | smile</annotation>
</annotations>
""",
    "test_api.py": r"""class MockRaceRepository:
    def get_race_with_participants(self, race_id):
        return {"race_id": race_id, "predictions": predictions, "model": self.model}
""",
    "horses.py": r"""class RaceRepository(BaseRepository):
    def get_race_data_for_ml(self, race_id):
        '''Return the features of a race for inference, with its results.'''
        return self.query(race_id)
""",
    "Acme.Diversity.Ethnicity.Model/Group.cs": r"""namespace Acme.Ethnicity.Model.Enum
{
    public enum AssociationGroup { AfricanAmerican = 1, AsianAmerican, Female, NativeAmerican, Hispanic, Veteran }
}
""",
    "app/models.py": r"""class Applicant(models.Model):
    RACE_CHOICES = [("W", "White"), ("B", "Black or African American"), ("A", "Asian"), ("H", "Hispanic")]
    first_name = models.CharField(max_length=50)
    race = models.CharField(max_length=1, choices=RACE_CHOICES)
""",
    "skills.ts": r"""export const SKILLS: Record<string, string> = {
  acrobatics: "dex", arcana: "int", persuasion: "cha", religion: "int", survival: "wis", name: "x",
};
""",
    "universities_kk.json": '{"university": [' + ", ".join(f'"Қазақ университеті {n}"' for n in range(24)) + "]}",
    "shop_hijab.py": r"""class HijabShop:
    def list_hijabs(self, colour):
        '''Return the hijabs and headscarves in stock.'''
        return [h for h in self.stock if h.colour == colour]
""",
    "a.proto": r"""syntax = "proto3";
enum Ethnicity { HISPANIC = 0; NOT_HISPANIC = 1; DECLINED = 2; }
message Applicant { string first_name = 1; string last_name = 2; string address = 3; Ethnicity ethnicity = 4; string birthday = 5; }
""",
    "b.sql": r"""CREATE TABLE sys_user (id bigint, name varchar(20) COMMENT '姓名', sex int COMMENT '性别', nation varchar(10) COMMENT '民族', id_card varchar(18) COMMENT '身份证号', address varchar(99) COMMENT '住址');
""",
    "c.ts": r"""export enum Race { Human, Elf, Orc, Dwarf }
export interface Character { name: string; race: Race; level: number; weapon: string }
""",
    "d.go": r"""package sync
// detectRace reports whether a data race exists between goroutines holding no mutex.
func detectRace(a, b *goroutine) bool { return a.person != b.person }
""",
    "e.py": r'''class PatientSerializer:
    """FHIR patient"""
    fields = ("id", "name", "birthDate", "race", "ethnicity", "gender", "address")
''',
    "f.html": r"""<html><head><title>员工入职登记表</title></head><body><form><label>姓名</label><input><label>民族</label><select><option>汉族</option><option>维吾尔族</option><option>藏族</option></select><label>政治面貌</label><input><label>籍贯</label><input><button>提交</button></form></body></html>
""",
    "g.py": r"""import pandas as pd
df = pd.read_csv("adult.csv")
features = ["age", "workclass", "education", "race", "sex", "hours_per_week"]
def demographic_parity(y_pred, race): return y_pred.groupby(race).mean()
""",
    "h.java": r"""public enum Language { CHINESE("zh"), UYGHUR("ug"), TIBETAN("bo"), OTHER("xx"); }
""",
    "i.md": r"""# facekit
facekit detects faces, age and gender. We do not predict race or ethnicity. Our model was evaluated for bias across race.
""",
    "j.py": r'''class Race:
    """A race of the season."""
    def __init__(self, name, date, circuit, drivers): self.name = name
def predict_race_winner(race, drivers): return model.predict(drivers)
''',
    "k.css": r""".skin-yellow .main-header { color: #fff } .skin-black { color: black } .skin-white { color: white }
""",
    "l.py": r"""SKIN_TONES = {"light": "1F3FB", "medium": "1F3FD", "dark": "1F3FF"}  # emoji modifiers
def emoji_skin_tone(emoji, tone): return emoji + SKIN_TONES[tone]
""",
    "m.cs": r"""public class IdCardReader { /// <summary>民族</summary>
 public string Nation { get; set; } public string IdNumber { get; set; } public string Name { get; set; } public string Address { get; set; } public byte[] Photo { get; set; } }
""",
    "n.json": r"""{"provinces": [{"code": "65", "name": "新疆维吾尔自治区"}, {"code": "54", "name": "西藏自治区"}, {"code": "64", "name": "宁夏回族自治区"}]}
""",
    "o.py": r'''def generate_portrait(prompt, ethnicity="asian", age=30, glasses=False):
    """Generate an avatar picture from a text prompt."""
    return pipe(prompt)
''',
    "p.h": r"""typedef struct { int skin_color; int bg_color; int font; } theme_t; /* UI skin */
enum skin_mode { SKIN_DARK, SKIN_LIGHT, SKIN_WHITE };
""",
    "tiers.py": r'''def predict_race_tiers(odds, distance):
    """Predict the tier of each race from the closing odds."""
    return model.predict_proba(odds)
''',
    "tables.py": r'''def ethnicity_table(frame):
    """Tabulate the number of patients by ethnicity; the estimates are rounded."""
    return frame.groupby("ethnicity").count()
''',
    "tabs.js": r"""const TABS = [{key: 'nation', label: '民族', list: '名单'}, {key: 'town', label: '乡镇', list: '名单'}];
""",
    "choices.java": r"""public class Intake {
    public int height;
    public int ethnicity; // 民族 1汉族 2回族 3维吾尔族 9其他
}
""",
    "statistics_matcher.py": r"""class EthnicityClassificationMatcher:
    '''Find the published classification that a table's ethnic groups belong to.'''
    def __init__(self, standardiser, collection):
        self.standardiser, self.collection = standardiser, collection
    def get_classification(self, values):
        return self.collection.get_by_id(values)
""".replace("\\", ""),
    "application/models.py": r"""class EthnicGroup(db.Model):
    __tablename__ = "ethnic_group"
    id = db.Column(db.Integer, primary_key=True)
    value = db.Column(db.String)
    classifications = db.relationship("Classification")
""",
    "charts/rows.py": r"""def stop_and_search_rows():
    ethnicities = ["Asian", "Black", "Mixed", "White", "Other"]
    return [(e, rates.get(e)) for e in ethnicities]
""",
    "publish.md": r"""# Ethnicity classifications

The analysis of each measure by ethnicity is published with the estimates. It is recognised that these ethnic groups do
not represent how all people identify.
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(PROFILES, HARMLESS)


@pytest.mark.parametrize(
    ("name", "act", "basis"),
    [
        ("a.cs", Act.INFERS, Basis.FACE),
        ("h.py", Act.INFERS, Basis.FACE),
        ("m.vue", Act.TARGETS, Basis.FACE),
        ("n.py", Act.INFERS, Basis.NAME),
        ("p.java", Act.INFERS, Basis.VOICE),
        ("q.py", Act.INFERS, Basis.NAME),
    ],
)
def test_act_and_basis(name: str, act: Act, basis: Basis) -> None:
    first = judge_files({name: PROFILES[name]}).findings[0]
    assert (first.act, first.basis) == (act, basis)


ACCESSORS = {
    "a.hpp": """class Visitor {
public:
    Visitor();
    int getAge();
    const Scores & getEthnicity();
    float getSmile();
    bool isWearingGlasses() const { return glasses_ > 0; }
private:
    struct Hidden * hidden_;
};
""",
    "b.sip": """%Module look
class Visitor {
%TypeHeaderCode
#include <look.h>
%End
public:
    int getAge();
    Scores getEthnicity();
    float getSmile();
    int getGlasses();
};
""",
    "C.java": """public interface Visitor {
    int getAge();
    float getSmile();
    String getEthnicity();
    boolean isGlasses();
}
""",
}
CARD_ACCESSORS = {
    name: text.replace("getSmile", "getAddress").replace("isWearingGlasses", "isValid").replace("Glasses", "IdNumber")
    for name, text in ACCESSORS.items()
}


@pytest.mark.parametrize("name", ACCESSORS)
def test_a_class_that_shows_no_data_is_told_by_its_getters(name: str) -> None:
    findings = judge_files({name: ACCESSORS[name]}).findings
    assert [(f.act, f.basis, f.construct.name) for f in findings] == [(Act.INFERS, Basis.FACE, "Visitor")]


@pytest.mark.parametrize("name", CARD_ACCESSORS)
def test_the_getters_of_a_card_are_those_of_a_record(name: str) -> None:
    assert not judge_files({name: CARD_ACCESSORS[name]}).profiles()


MINORITY = """public class Attributes {
    static final int ATTR_POSE = 1;
    static final int ATTR_BLUR = 2;
    static final int ATTR_MINORITY = 4;
    static final int ATTR_GLASSES = 8;
    static final int ATTR_AGE_GENDER = 16;
}
"""


def test_a_minority_among_the_attributes_of_a_face() -> None:
    findings = judge_files({"Attributes.java": MINORITY}).findings
    assert [(f.act, f.basis) for f in findings] == [(Act.INFERS, Basis.FACE)]


def test_the_minority_of_an_unbalanced_sample_is_no_group_of_people() -> None:
    text = """def oversample(face, minority_class, majority_class, pose, blur, age, gender):
    minority_index = predict_minority(face)
    return minority_index
"""
    assert judge_files({"sample.py": text}).verdict is Verdict.CLEAR


@pytest.mark.parametrize("name", PICKED)
def test_what_is_picked_by_a_models_answer_needs_no_telling_name(name: str) -> None:
    judgement = judge_files({name: PICKED[name]})
    assert [(f.act, f.basis) for f in judgement.findings] == [(Act.INFERS, Basis.FACE)]


@pytest.mark.parametrize("name", PICKED_OTHERWISE)
def test_what_is_picked_otherwise_is_no_answer(name: str) -> None:
    judgement = judge_files({name: PICKED_OTHERWISE[name]})
    assert judgement.verdict is Verdict.CLEAR
