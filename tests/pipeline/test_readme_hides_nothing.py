"""One sentence of a README does not explain away code that reads a face."""

from __future__ import annotations

from pathlib import Path

import kit
import pytest

import sousveil

SENTENCES = {
    "synthetic": "Fake data and random names for your tests, with mock data of every kind.",
    "redaction": "A tool for anonymization and redaction of personal data, pii masking for all.",
    "forensic": "A forensic artifact report of sqlite databases that another program stored.",
    "emoji": "All emoji of Unicode with their skin tone modifiers, for every chat.",
    "game": "A strategy game with quests, dungeons and a character for every player.",
}
CODE = """RACES = ["asian", "white", "black", "indian"]


def predict_race(face):
    return RACES[model.predict(face)]
"""


@pytest.mark.parametrize("said", SENTENCES)
def test_a_sentence_hides_no_code(said: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"# Kit\n\n{SENTENCES[said]}\n")
    (tmp_path / "sdk.h").write_bytes(kit.C_HEADER.encode("gb18030"))
    (tmp_path / "race.py").write_text(CODE)
    found = {f.construct.name for f in sousveil.scan(str(tmp_path)).findings if f.act.value == "infers"}
    assert {kit.NATION, kit.EVENT, "RACES", "predict_race"} <= found


def test_a_table_in_a_maker_of_names_is_explained_by_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# names\n\nRandom names for your tests.\n")
    (tmp_path / "names.csv").write_text("name,rank,pctwhite,pctblack,pctapi,pcthispanic\nSMITH,1,70.9,23.1,0.5,2.4\n")
    assert sousveil.scan(str(tmp_path)).verdict.value == "clear"
