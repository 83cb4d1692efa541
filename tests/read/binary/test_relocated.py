"""In object files and kernel modules the linker's list of places says what refers to a string."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sousveil.model import Construct
from sousveil.read.binary import native, relocated
from sousveil.read.unfinished import Unfinished

SOURCE = """
int print(char *, const char *, ...);
const char *nj_race_labels[] = {"Black", "White", "Asian", "Indian", "Latino_Hispanic", "Middle Eastern"};
const char *pick(int i) { return nj_race_labels[i]; }
int tell_event(char *to, int a) {
    return print(to, "{\\"Age\\":%d,\\"Sex\\":%d,\\"Glasses\\":%d,\\"Nation\\":%d,\\"Ethnicity\\":\\"%s\\"}",
                 a, a, a, a, pick(a));
}
"""


@pytest.fixture(scope="module", params=["-O0", "-O2", "-Os"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not there")
    folder = tmp_path_factory.mktemp("object")
    (folder / "a.c").write_text(SOURCE)
    subprocess.run(["gcc", request.param, "-c", "-o", folder / "a.o", folder / "a.c"], check=True, capture_output=True)
    return Path(folder, "a.o").read_bytes()


def constructs(data: bytes) -> list[Construct]:
    hits = [(data.find(word), "utf-8") for word in (b"Latino_Hispanic", b"Ethnicity")]
    try:
        return list(native.read_bytes(data, sorted(hit for hit in hits if hit[0] >= 0), "a.o"))
    except Unfinished:
        return []


def test_labels_and_formats_name_what_uses_them(made: bytes) -> None:
    found = constructs(made)
    labels = next(c for c in found if "Asian" in {m.name for m in c.members})
    assert labels.scope == ("nj_race_labels",)
    event = next(c for c in found if {"Age", "Ethnicity"} <= {m.name for m in c.members})
    assert event.scope == ("tell_event",)


def test_a_broken_list_of_places_costs_nothing_else(made: bytes) -> None:
    dice = random.Random(5)
    for _ in range(60):
        bad = bytearray(made)
        for _ in range(dice.choice((1, 4, 40))):
            bad[dice.randrange(len(bad))] = dice.choice((0, 0xFF, dice.randrange(256)))
        started = time.process_time()
        constructs(bytes(bad))
        assert list(relocated.references(bytes(bad), ())) == []
        assert time.process_time() - started < 5
