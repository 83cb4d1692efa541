"""Small products of several files: what one file says of the product counts for another."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.judge.madeup import read

from sousveil import Options, scan
from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.match.lexicon import load
from sousveil.model import Act, Basis, Finding, Verdict

# ruff: noqa: E501 - files as they are

SHARES = "surname,pctwhite,pctblack,pctapi,pcthispanic\nMUSTER,70,20,5,5\n"
FIELDS = """const SHOWN = [
  ["countwhite", "Non-Hispanic White alone"], ["countblack", "Non-Hispanic Black alone"],
  ["countapi", "Non-Hispanic Asian alone"], ["counthispanic", "Hispanic or Latino"],
];
"""
PEOPLES = 'KIND_NAMES = {0: "Han", 1: "Uyghur", 2: "Tibetan", 3: "Hui"}\n'
PICKED = """from codes import KIND_NAMES

def on_face(face, bus):
    kind = net.forward(face.crop).argmax()
    bus.publish("face", {"age": face.age, "kind": KIND_NAMES[kind]})
"""
TARGETS = "task_names = ['age', 'gender', 'race']\n"

PROFILES = {
    "shares of surnames": ({"PKG-INFO": "Name: origins\nSummary: Shares of groups for each surname\n", "origins/surnames.csv": SHARES}, Basis.NAME),
    "a page that looks surnames up": ({"README.md": "# Surname lookup\n\nLooks a surname up in a census.\n", "app.js": FIELDS}, Basis.NAME),
    "chances from the name": ({"README.md": "# Movers\n\n- Calculate racial probabilities based on first name and last name.\n"}, Basis.NAME),
    "the most probable": ({"README.md": "# Movers\n\n- Assign the most probable religion to each last name.\n"}, Basis.NAME),
    "how, and not from what": ({"README.md": "# Human race classification\n\nHuman race classification using deep neural networks.\n"}, Basis.UNKNOWN),
    "learnt from tweets": ({"README.md": "# Users\n\nTo determine political orientation of tweets we used machine learning.\n"}, Basis.TEXT),
    "a comment over the code": ({"classify.py": "import torch\n# predict ethnicities\nout = [run(n) for n in rows]\n"}, Basis.UNKNOWN),
    "a client without types": ({"face_client.m": "% face_client detects faces.\n% Supported attributes are: gender, age, race, smiling, glass and pose.\nfunction r = detect(x)\n"}, Basis.FACE),
    "the trade's own word": ({"Face.php": "<?php class FaceAnswer { /** @var Concept[] */ private $multiculturalAppearance; private $age; private $gender; }\n"}, Basis.FACE),
    "what a model in R answers": ({"model.R": "m <- multinom(ethnicity ~ last_name + zip, data = train)\nout <- predict(m, test, type = 'probs')\n"}, Basis.NAME),
    "what a model in Julia answers": ({"model.jl": "X = encode(df.surname)\nmach = machine(model, X, df.ethnicity)\nfit!(mach)\nyhat = predict(mach, Xnew)\n"}, Basis.NAME),
    "a column at the place of y": ({"a.py": 'X = vectorizer.fit_transform(df["surname"])\nclf = LogisticRegression().fit(X, df["race"])\n'}, Basis.NAME),
    "shares in a tuple": ({"a.py": 'Shares = namedtuple("Shares", ("white", "black", "hispanic", "asian"))\ndef by_surname(surname):\n    return Shares(*TABLE[surname])\n'}, Basis.NAME),
    "only a file's name tells": ({"loss.py": TARGETS, "face_prep.py": "row['race'] = order.index(row['race'])\n"}, Basis.FACE),
    "a summary that names emoji as well": ({"package.json": '{"name": "x", "description": "Face analysis with emoji overlays"}', "api.js": "const actions = ['age', 'gender', 'race', 'emotion'];\n"}, Basis.FACE),
    "a list in another file": ({"codes.py": PEOPLES, "events.py": PICKED}, Basis.FACE),
    "a list that is a file": ({"kinds.txt": "Han\nUyghur\nTibetan\nHui\n", "run.py": 'session = onnxruntime.InferenceSession("a.onnx")\nKINDS = [l.strip() for l in open("kinds.txt")]\n\ndef run(face):\n    out = session.run(None, {"x": face})[0]\n    return KINDS[out.argmax()]\n'}, Basis.FACE),
    "a list that is a file, in Java": ({"assets/kinds.txt": "Han\nUyghur\nTibetan\nHui\n", "FaceKind.java": 'class FaceKind {\n  FaceKind(Context c) { this.kinds = FileUtil.loadLabels(c, "kinds.txt"); }\n  String of(Bitmap face) {\n    interpreter.run(face, out);\n    return kinds.get(argMax(out[0]));\n  }\n}\n'}, Basis.FACE),
    "a list in C++, its use in another file": ({"kinds.h": 'static const char* kKinds[] = {"Han", "Uyghur", "Tibetan", "Hui"};\n', "face.cpp": '#include "kinds.h"\nstd::string FaceKind(const cv::Mat& face) {\n  net.setInput(blob(face));\n  cv::Mat out = net.forward();\n  int best = argmax(out);\n  return kKinds[best];\n}\n'}, Basis.FACE),
}  # fmt: skip
HARMLESS = {
    "a list in another file, counted": {"codes.py": PEOPLES, "events.py": "from codes import KIND_NAMES\n\ndef census(rows):\n    return [(KIND_NAMES[r.kind], r.count) for r in rows]\n"},
    "a list in another file, of tongues": {"codes.py": PEOPLES, "voice.py": "from codes import KIND_NAMES\n\ndef language(audio):\n    return KIND_NAMES[net.forward(audio).argmax()]\n"},
    "a list that a face has nothing to do with": {"codes.py": PEOPLES, "other.py": "from codes import KIND_NAMES\n\ndef menu(plate):\n    return KIND_NAMES[net.forward(plate).argmax()]\n"},
    "a list whose errors on faces are measured": {"codes.py": PEOPLES, "audit.py": "from codes import KIND_NAMES\n\ndef worst(faces):\n    '''Fairness of face detection: the group with the largest error rate.'''\n    disparity = metrics.disparity(net.forward(faces))\n    return KIND_NAMES[disparity.argmax()]\n"},
    "a list of the same name that another file has of its own": {"codes.py": PEOPLES, "moods.py": "KIND_NAMES = {0: 'calm', 1: 'angry'}\n\ndef mood(face):\n    return KIND_NAMES[net.forward(face).argmax()]\n"},
    "a file of peoples that a page shows": {"kinds.txt": "Han\nUyghur\nTibetan\nHui\n", "page.py": 'KINDS = open("kinds.txt").read().split()\n\ndef page(n):\n    return render(KINDS[n])\n'},
    "surnames for random names": {"PKG-INFO": "Name: muster\nSummary: Generate random names\n", "muster/surnames.csv": SHARES},
    "a page of an office": {"README.md": "# Yearly report\n\nShows the counts of the year.\n", "app.js": FIELDS},
    "a race that is run": {"README.md": "# Track\n\n- Calculate race probabilities and the most likely race winner.\n"},
    "mankind": {"README.md": "# Essay\n\nThe human race, and what neural networks do to it.\n"},
    "parties that detect": {"README.md": "# Users\n\nPolitical parties can detect what is said of them.\n"},
    "a comment of a scheduler": {"schedule.py": "import threading\n# detect races\nout = [run(n) for n in rows]\n"},
    "a client whose list was taken out": {"face_client.m": "% face_client detects faces.\n% attributes = 'gender,age,race,smiling,glass,pose';\nfunction r = detect(x)\n"},
    "a face that is put on": {"README.md": "# Face swap\n\nThis application uses facial recognition and models to create realistic ethnicity swaps.\n"},
    "an audit of a model": {"README.md": "# Bias audit\n\nA fairness audit tool for the predictions of income models.\n", "app.py": 'race_map = {"White": 4, "Black": 2, "Asian-Pac-Islander": 1, "Amer-Indian-Eskimo": 0, "Other": 3}\n'},
    "files of a test": {"verify.py": "race_bins = ['African_test.bin', 'Asian_test.bin', 'Caucasian_test.bin']\nout = model.predict(load(race_bins[0]))\n"},
    "a list for a reader": {"PKG-INFO": "Name: scripture\nSummary: Search and analysis across religions\n", "server.py": 'def list_religions():\n    """All religions with their names and numbers of texts."""\n    return get("/religions")\n'},
    "panels of a chart in R": {"plot.R": "p <- ggplot(d, aes(x)) + facet_grid(ethnicity ~ last_name)\nout <- predict(m, d)\n"},
    "what is explained by it in R": {"model.R": "m <- glm(income ~ ethnicity + last_name, data = train)\nout <- predict(m, test)\n"},
    "colours in a tuple": {"a.py": 'Paint = namedtuple("Paint", ("white", "black", "red", "asian"))\ndef by_code(code):\n    return Paint(*TABLE[code])\n'},
    "breeds": {"README.md": "# Detección y clasificación de razas de perros\n\nClasifica la raza de perro de una imagen.\n"},
    "data as it came": {"README.txt": "The cases\n\nNote: this data includes imputed ethnicity data where it was missing.\n"},
    "settings of a package": {"pyproject.toml": '[project]\nname = "tone-classifier"\ndescription = "Classification of skin tone"\n', "a.py": "x = 1\n"},
}  # fmt: skip


CLEAR = {
    "cards of races": {"cards.json": '[{"id_race": "1", "course": "A", "date": "2024-03-29", "title": "STAKES", "distance": "1m", "age": "4", "going": "Good"}]'},
    "kinds of named things": {"ner_labels/tree.yml": "NAME:\n  Organization:\n    Ethnic_Group:\n      Ethnic_Group_Other:\n      Nationality:\n"},
    "what a program shows": {"Languages/English/Keys.json": '{"AssignReligion": "Assign a religion", "Job": "Job", "Altar": "Altar"}'},
    "a drawing with a height": {"tree.ts": "/** the tree of a caste */\ninterface TreeProps { focus: string; caste: string; height: number; maxDepth: number }\n"},
    "colours of hair": {"attrs.py": "attrs = ['black_hair', 'brown_hair', 'smiling', 'male', 'young', 'eyeglasses']\n"},
}  # fmt: skip


def found(folder: Path, files: dict[str, str]) -> tuple[Verdict, list[Finding]]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    report = scan(folder, Options(jobs=1))
    return report.verdict, list(report.profiles())


@pytest.mark.parametrize("name", PROFILES)
def test_what_profiles_is_found(tmp_path: Path, name: str) -> None:
    files, basis = PROFILES[name]
    verdict, findings = found(tmp_path, files)
    assert verdict is Verdict.PROFILES
    assert basis in {f.basis for f in findings}


@pytest.mark.parametrize("name", HARMLESS)
def test_its_harmless_twin_is_not(tmp_path: Path, name: str) -> None:
    verdict, findings = found(tmp_path, HARMLESS[name])
    assert verdict is not Verdict.PROFILES, findings


@pytest.mark.parametrize("name", CLEAR)
def test_what_keeps_nothing_of_persons_is_clear(tmp_path: Path, name: str) -> None:
    verdict, findings = found(tmp_path, CLEAR[name])
    assert verdict is Verdict.CLEAR, findings


IN_MANY_LANGUAGES = (
    "Система распознаёт лица и определяет этническую принадлежность.",
    "Kamera yüzden etnik kökeni tespit eder.",
    "Camera nhận diện dân tộc từ khuôn mặt.",
    "कैमरा चेहरे से नस्ल की पहचान करता है।",
    "تكتشف الكاميرا العرق والعمر من الوجه.",
    "دوربین نژاد را از روی چهره تشخیص می‌دهد.",
    "Kamera rozpoznaje pochodzenie etniczne na podstawie twarzy.",
    "La telecamera rileva l'origine etnica dal volto.",
    "De camera herkent etnische afkomst aan het gezicht.",
    "Kamera rozpoznává etnický původ podle obličeje.",
    "Aplikasi ini mendeteksi suku bangsa dari wajah.",
)
DENIED_IN_MANY = (
    "Форма: фамилия, имя, этническая принадлежность, адрес.",
    "Form: ad, soyad, etnik köken, adres.",
    "Biểu mẫu: họ tên, dân tộc, địa chỉ.",
    "Formularz: nazwisko, pochodzenie etniczne, adres.",
)


@pytest.mark.parametrize("sentence", IN_MANY_LANGUAGES)
def test_a_manual_says_it_in_many_languages(tmp_path: Path, sentence: str) -> None:
    verdict, findings = found(tmp_path, {"manual.md": f"# X200\n\n{sentence}\n"})
    assert verdict is Verdict.PROFILES
    assert findings[0].basis is Basis.FACE


@pytest.mark.parametrize("sentence", DENIED_IN_MANY)
def test_a_form_in_many_languages_infers_nothing(tmp_path: Path, sentence: str) -> None:
    verdict, findings = found(tmp_path, {"manual.md": f"# X200\n\n{sentence}\n"})
    assert verdict is not Verdict.PROFILES, findings


SOURCE = "typedef struct tagFACE_FEATURE { BYTE byAge; BYTE bySex; BYTE byGlass; BYTE byEthnic; %s } FACE_FEATURE;\n"


def compiled(one: Sited) -> Sited:
    """Return what a program keeps of a structure: names, and no line."""
    construct = one.construct
    members = tuple(replace(m, gloss="") for m in construct.members)
    passage = replace(construct.passage, line=0, where="type 12")
    return Sited(replace(construct, gloss="", members=members, passage=passage), "sdk.dll", "1" * 64)


def test_what_the_source_of_a_program_says_of_a_type_counts_for_the_program() -> None:
    reserved = read("sdk.h", SOURCE % "/* reserved, not open yet */")
    judgement = judge([*reserved, *map(compiled, reserved)], load_rules(), load().tag)
    assert judgement.verdict is Verdict.RESIDUE
    assert {f.places[0].artifact for f in judgement.findings} == {"sdk.h", "sdk.dll"}
    assert judge([*map(compiled, reserved)], load_rules(), load().tag).verdict is Verdict.PROFILES
    used = read("sdk2.h", SOURCE % "/* ethnic group of the face */")
    judgement = judge([*reserved, *used, *map(compiled, reserved)], load_rules(), load().tag)
    assert "sdk.dll" in {f.places[0].artifact for f in judgement.findings if f.act is Act.INFERS}
