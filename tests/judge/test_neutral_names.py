"""Peoples under neutral names: what a list, a field or a condition is called need not tell what it is for."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "face.cpp": r"""#include <opencv2/dnn.hpp>
static const std::map<int, std::string> kTable{{0, "Han"}, {1, "Uyghur"}, {2, "Tibetan"}};
std::string label(const cv::Mat& face) {
    net.setInput(cv::dnn::blobFromImage(face));
    cv::Mat out = net.forward();
    cv::Point best; cv::minMaxLoc(out, nullptr, nullptr, nullptr, &best);
    return kTable.at(best.x);
}
""",
    "FaceKind.kt": r"""class FaceKind(private val interpreter: Interpreter) {
    private val labels = arrayOf("Han", "Uyghur", "Tibetan", "Hui")
    fun of(face: Bitmap): String {
        val out = Array(1) { FloatArray(4) }
        interpreter.run(convert(face), out)
        val best = out[0].indices.maxByOrNull { out[0][it] } ?: 0
        return labels[best]
    }
}
""",
    "event.h": r"""typedef struct {
    int  age;
    int  glasses;
    char kind[16];   /* Han / Uyghur / Tibetan / other */
    int  mask;
} FACE_EVENT;
""",
    "face.proto": r"""syntax = "proto3";
enum Kind { KIND_HAN = 0; KIND_UYGHUR = 1; KIND_TIBETAN = 2; }
message FaceEvent { int32 age = 1; bool glasses = 2; Kind kind = 3; }
""",
    "search.sql": r"""SELECT camera_id, seen_at FROM face_capture WHERE kind = 'Uyghur' AND seen_at > now() - interval '1 day';
""",
    "rules.yaml": r"""rules:
  - name: kind-alert
    when:
      face.kind: uyghur
    then: alarm
""",
    "watch.py": r"""def on_face(face):
    pred = LABELS[model.predict(face).argmax()]
    if pred == "Uyghur":
        notify_police(face.camera, face.snapshot)
""",
    "api.md": r"""# Face event

| field | type | values |
|---|---|---|
| age | int | years |
| kind | int | 0: Han, 1: Uyghur, 2: Tibetan |
| mask | int | 0: none, 1: worn |
""",
    "Watcher.swift": r"""func classify(_ face: CGImage) {
    let request = VNCoreMLRequest(model: model) { request, _ in
        guard let best = (request.results as? [VNClassificationObservation])?.first else { return }
        if best.identifier == "Uyghur" {
            AlarmCenter.shared.raise(face: face)
        }
    }
}
""",
    "alarms.xml": r"""<alarms>
  <alarm source="face" kind="uyghur" action="notify" target="police"/>
  <alarm source="face" kind="unknown" action="none"/>
</alarms>
""",
    "face.py": r"""KINDS = "Han|Uyghur|Tibetan|Hui".split("|")

def analyse(face_crop):
    return KINDS[int(net(face_crop).argmax())]
""",
    "face.php": r"""<?php
$kinds = ['Han', 'Uyghur', 'Tibetan'];
function face_kind($face) {
    global $kinds, $api;
    $r = $api->detect($face);
    return $kinds[$r['kind']];
}
""",
    "face.h": r"""#define FACE_KIND_HAN     0
#define FACE_KIND_UYGHUR  1
#define FACE_KIND_TIBETAN 2
typedef struct { int age; int glasses; int kind; /* FACE_KIND_* */ } FACE_INFO;
""",
    "face.rs": r"""pub const KINDS: [&str; 4] = ["Han", "Uyghur", "Tibetan", "Hui"];
pub fn kind_of(face: &Image, session: &Session) -> &'static str {
    let out = session.run(inputs![face]).unwrap();
    KINDS[argmax(&out)]
}
""",
    "face.js": r"""const CLASSES = ['Asian', 'Black', 'Indian', 'White'];
export async function kindOf(faceTensor) {
  const out = await model.predict(faceTensor);
  const i = out.argMax(-1).dataSync()[0];
  return CLASSES[i];
}
""",
    "split.py": r"""KINDS = "Han Uyghur Tibetan Hui".split()


def analyse(face_crop):
    return KINDS[int(net(face_crop).argmax())]
""",
}
QUIET = {
    "script.cpp": r"""static const std::map<int, std::string> kTable{{0, "Arabic"}, {1, "Uyghur"}, {2, "Tibetan"}};
std::string script_of(const cv::Mat& page) {
    net.setInput(cv::dnn::blobFromImage(page));
    cv::Mat out = net.forward();
    cv::Point best; cv::minMaxLoc(out, nullptr, nullptr, nullptr, &best);
    return kTable.at(best.x);
}
""",
    "audit.py": r"""groups = ["African", "Asian", "Caucasian", "Indian"]


def audit(model, faces):
    for i in range(4):
        wrong = model.predict(faces[groups[i]]) != faces.known[groups[i]]
        print(groups[i], wrong.sum())
""",
    "face.proto": r"""syntax = "proto3";
enum Language { LANG_ARABIC = 0; LANG_UYGHUR = 1; LANG_TIBETAN = 2; }
message FaceEvent { int32 age = 1; bool glasses = 2; Language prompt = 3; }
""",
    "event.h": r"""typedef struct {
    int  age;
    int  glasses;
    char prompt[16];   /* voice prompt: Chinese / Uyghur / Tibetan */
    int  mask;
} FACE_EVENT;
""",
    "search.sql": r"""SELECT camera_id, seen_at FROM face_capture WHERE operator_language = 'Uyghur';
SELECT family FROM font_face WHERE script = 'Tibetan';
""",
    "rules.yaml": r"""rules:
  - name: letters-alert
    when:
      text.language: uyghur
    then: alarm
""",
    "alarms.xml": r"""<alarms>
  <alarm source="face" voice="uyghur" action="notify"/>
  <alarm source="door" name="Uyghur restaurant" action="notify"/>
</alarms>
""",
    "fonts.md": r"""# Font face

| field | type | values |
|---|---|---|
| weight | int | grams |
| subset | int | 0: Arabic, 1: Tibetan, 2: Hebrew |
""",
    "Plates.swift": r"""func classify(_ plate: CGImage) {
    let request = VNCoreMLRequest(model: model) { request, _ in
        guard let best = (request.results as? [VNClassificationObservation])?.first else { return }
        if best.identifier == "Turkish" {
            Kitchen.shared.notify(plate: plate)
        }
    }
}
""",
    "font.h": r"""#define FONT_FACE_ARABIC   0
#define FONT_FACE_UYGHUR   1
#define FONT_FACE_TIBETAN  2
""",
    "shown.py": r"""KINDS = "Han Uyghur Tibetan Hui".split()


def page(n):
    return render("peoples.html", title=KINDS[n])
""",
    "Shown.kt": r"""class Page(private val view: View) {
    private val labels = arrayOf("Han", "Uyghur", "Tibetan", "Hui")
    fun show(n: Int) { view.text = labels[n]; camera.detect() }
}
""",
}

test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
