"""Models asked at an address that is named for the trait, and other addresses with the same words."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

FOUND = {
    "Call.kt": r"""interface FaceApi {
    @Multipart
    @POST("api/detect-race")
    suspend fun analyse(@Part image: MultipartBody.Part): Response<Result>
}
""",
    "Pred.swift": r"""func classify(image: Data) async throws -> Data {
    var request = URLRequest(url: URL(string: "https://host.example/skin-tone/classify")!)
    request.httpMethod = "POST"
    request.httpBody = image
    return try await URLSession.shared.data(for: request).0
}
""",
    "call.go": r"""func Guess(name string) (string, error) {
	resp, err := http.Get(base + "/name2ethnicity?name=" + url.QueryEscape(name))
	return read(resp, err)
}
""",
    "call.py": r"""def predict(path):
    files = {"image": open(path, "rb")}
    return requests.post("http://localhost:8000/models/race_classifier/predict", files=files).json()
""",
    "call.sh": r"""#!/bin/sh
curl -s -F "image=@$1" http://localhost:5000/predict_ethnicity | jq .
""",
    "call.ts": r"""export const analyse = (face: Blob) => {
  const body = new FormData(); body.append('face', face);
  return fetch(`${BASE}/v1/ethnicity/predict`, { method: 'POST', body }).then(r => r.json());
};
""",
    "hf.py": r"""API = "https://host.example/models/someone/face-ethnicity-classification"
def query(image_bytes):
    return requests.post(API, headers=headers, data=image_bytes).json()
""",
    "model.js": r"""const model = await tf.loadLayersModel('/models/ethnicity_model/model.json');
export async function predict(face) { return model.predict(tf.browser.fromPixels(face)).data(); }
""",
}

QUIET = {
    "blog.md": r"""See https://host.example/race-classification-considered-harmful for why this is a bad idea.
""",
    "f1.go": r"""func Winner(id string) { http.Get(base + "/race_prediction?circuit=" + id) }
""",
    "horse.py": r"""def predict(horse):
    return requests.post("http://localhost:8000/models/horse_race/predict", json=horse).json()
""",
    "opts.js": r"""fetch('/api/ethnicity/options').then(r => r.json()).then(setOptions);
fetch('/api/religions').then(r => r.json()).then(setReligions);
""",
    "races.ts": r"""export const race = (id: string) => fetch(`${BASE}/v1/races/${id}/predict`, { method: 'GET' }).then(r => r.json());
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
