"""Names of files say what they are part of, and nothing by their format or by what holds them."""

from __future__ import annotations

from msgspec.structs import replace
from tests.judge.madeup import judge_files, read

from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.match.lexicon import load
from sousveil.model import PROFILING

FETCHING = '''
def download_set(out_dir):
    """Download 2,298 pictures with Fitzpatrick skin type labels."""
    for key, url in FILES.items():
        fname = out_dir / key
        fetch(url, fname)
'''
TELLING = '''
def ethnicity_of(fname, lname):
    """Return the ethnicity that is most likely for a name."""
    return model.predict_proba(encode(fname, lname))
'''


def profiled(text: str, summary: str) -> bool:
    return any(f.act in PROFILING for f in judge_files({"tools.py": text}, summary).findings)


def test_a_file_has_no_first_name() -> None:
    assert not profiled(FETCHING, "LesionNet: a classifier for the detection of melanoma, with its inference scripts")


def test_beside_a_last_name_it_is_one() -> None:
    assert profiled(TELLING, "names")


HEADER = """
typedef enum { NJ_UNKNOWN = 0, NJ_UYGHUR = 1, NJ_TIBETAN = 2, NJ_OTHER = 3 } NJ_ETHNIC_TYPE;
typedef struct { int nAge; int emSex; NJ_ETHNIC_TYPE emEthnic; int bGlasses; int bMask; } NJ_FACE_DETECT_INFO;
"""


def rules_of(path: str) -> set[str]:
    sited = [replace(one, artifact=path) for one in read("x.h", HEADER)]
    return {f.rule for f in judge(sited, load_rules(), load().tag).findings}


def test_a_format_of_programs_is_nobody_in_a_game() -> None:
    plain = rules_of("sdk/libface.so.debug")
    assert "recogniser-enumeration" in plain
    for path in ("libface.so.debug!/debug.elf", "firmware/app.ELF", "Face.dSYM/Contents/Resources/DWARF/Face"):
        assert rules_of(path) == plain, path
    assert rules_of("dungeon/elf/races.h") != plain
