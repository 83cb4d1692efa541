"""A large container is surveyed by several workers at once, and the report does not show by how many."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

import sousveil
from sousveil.gather import Gathering
from sousveil.options import Options
from sousveil.report.json import render
from sousveil.work.messages import Job, Message, Spread


def product(path: Path) -> Path:
    dice = random.Random(7)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for i in range(60):
            made.writestr(f"lib/m{i}.py", f"def value_{i}(x):\n    return x + {i}\n" * 50)
            made.writestr(f"lib/blob{i}.dat", dice.randbytes(50_000))
        made.writestr("face/race.py", 'RACES = ["asian", "white", "black", "indian"]\n\n\ndef predict_race(face):\n'
                      "    return RACES[model.predict(face).argmax()]\n")  # fmt: skip
        made.writestr("data/langs.json", json.dumps({"ug": "Uyghur", "en": "English", "zh": "Chinese"}))
        made.writestr("inner.zip", _inner())
    return path


def _inner() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("sdk.h", "typedef enum { NATION_HAN = 1, NATION_UYGUR } EM_NATION; // 维族\n")
    return out.getvalue()


@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_the_report_is_the_same_however_many_survey(tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = product(tmp_path / "sdk.zip")
    assert path.stat().st_size > 2 << 20

    def report(count: int) -> dict[str, Any]:
        made = render(sousveil.scan(path, Options(jobs=count, listing=True)), artifacts=True)
        found: dict[str, Any] = json.loads(made)
        found.pop("run")
        return found

    alone = report(1)
    assert alone["verdict"] == "profiles"
    assert len({a["path"] for a in alone["artifacts"]["list"]}) == 123 == alone["artifacts"]["files"]
    spread: list[Message] = []
    take = Gathering._take

    def taken(self: Gathering, job: Job, message: Message) -> None:
        spread.extend([message] if isinstance(message, Spread) else [])
        take(self, job, message)

    monkeypatch.setattr(Gathering, "_take", taken)
    assert report(jobs) == alone
    assert len(spread) >= 1
