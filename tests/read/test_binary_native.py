"""Programs: what is read of them stands where it says, in its encoding, and no bytes make the reader fail."""

from __future__ import annotations

import random
from itertools import pairwise

import programs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sousveil.model import Construct, Kind
from sousveil.read.binary import immediates, strings
from sousveil.read.binary.image import images
from sousveil.read.binary.neighbours import readable
from sousveil.read.dispatch import read

FIELDS = ("nAge", "emSex", "emRace", "emGlass", "emMask", "nBeard")


def _places(data: bytes, constructs: tuple[Construct, ...] | list[Construct]) -> None:
    for construct in constructs:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            raw = data[passage.offset : passage.offset + passage.length]
            assert raw.decode(passage.encoding, "backslashreplace") == passage.text
            assert passage.line == passage.column == 0
            assert passage.where


def _read(data: bytes, word: bytes, encoding: str = "utf-8", path: str = "lib.so") -> list[Construct]:
    hits, at = [], data.find(word)
    while at >= 0:
        hits.append((at, encoding))
        at = data.find(word, at + 1)
    assert hits
    reading = read(path, data, hits)
    _places(data, reading.constructs)
    return list(reading.constructs)


@pytest.mark.parametrize("make", [programs.elf, programs.pe, programs.macho], ids=["elf", "pe", "macho"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
def test_a_run_of_field_names_is_one_record(make: object, encoding: str) -> None:
    body = programs.strings("com/company/Event", *FIELDS, "not a field name", encoding=encoding)
    data = make([(".data", body, False)])  # type: ignore[operator]
    word = "emRace".encode(encoding)
    (record,) = [
        c for c in _read(data, word, encoding.replace("ascii", "utf-8")) if c.kind is Kind.RECORD and c.members
    ]
    assert [m.name for m in record.members] == list(FIELDS)
    (image,) = images(data)
    section = next(s for s in image.sections if s.offset <= record.passage.offset < s.end)
    assert record.passage.where == f"{section.name} {section.address + record.passage.offset - section.offset:#x}"


def test_padding_of_gb18030_strings_does_not_part_them_and_their_bytes_are_quoted() -> None:
    body = b"".join(t.encode("gb18030").ljust(16, b"\0") for t in ("性别", "民族", "眼镜", "口罩"))
    data = programs.elf([(".rodata", body, False)])
    (record,) = [c for c in _read(data, "民族".encode("gb18030"), "gb18030") if c.kind is Kind.RECORD]
    assert [m.name for m in record.members] == ["性别", "民族", "眼镜", "口罩"]
    assert record.passage.encoding == "gb18030"


def test_enumerators_with_one_beginning_are_an_enumeration() -> None:
    names = ("EM_NATION_TYPE_UNKNOWN", "EM_NATION_TYPE_UYGUR", "EM_NATION_TYPE_OTHER")
    data = programs.elf([(".rodata", programs.strings("EM_SEX_MAN", *names, "EM_MASK_NONE"), False)])
    (enum,) = _read(data, b"UYGUR")
    assert (enum.kind, enum.name, [m.name for m in enum.members]) == (Kind.ENUMERATION, "EM_NATION_TYPE", list(names))


def test_an_alphabetical_list_is_no_record() -> None:
    words = ("rabbit", "rabble", "race", "racecourse", "racehorse", "raceme", "racer", "rack", "racket", "racy")
    data = programs.elf([(".rodata", programs.strings(*words), False)])
    assert not [c for c in _read(data, b"race\0") if c.kind in (Kind.RECORD, Kind.LABEL_SET)]


def test_a_dictionary_by_first_characters_is_no_record() -> None:
    words = ("性急", "性命", "性别", "性向", "性格", "性质", "性能", "总理", "总部", "总数", "總理", "總部")
    data = programs.elf([(".rodata", programs.strings(*words, encoding="utf-8"), False)])
    assert not [c for c in _read(data, "性向".encode()) if c.kind in (Kind.RECORD, Kind.LABEL_SET)]


def test_what_is_further_away_than_padding_is_another_run() -> None:
    body = programs.strings("nAge", "emRace") + bytes(64) + programs.strings("emGlass", "emMask", "nBeard")
    data = programs.elf([(".rodata", body, False)])
    assert not [c for c in _read(data, b"emRace") if c.members]


def test_labels_inside_code_come_back_whole_and_name_their_function() -> None:
    labels = ("Black", "White", "Asian", "Indian", "Latino_Hispanic", "Middle Eastern")
    code = b"\x55" + b"".join(map(programs.stored, labels)) + b"\xc3"
    found = [p.text for p in immediates.pieces(code, 0, len(code))]
    assert found == list(labels)
    data = programs.elf([(".text", code, True)], [("_ZN2nj4Face7predictEv", programs.BASE + 64, len(code))])
    (labelled,) = _read(data, b"Latino_H")
    assert [m.name for m in labelled.members] == list(labels)
    assert labelled.scope == ("nj", "Face", "predict")
    assert labelled.members[4].passage.text == "Latino_H"


def test_who_refers_to_a_string_is_named() -> None:
    body = programs.strings("Black", "White", "Asian", "Latino_Hispanic")
    first = programs.elf([(".rodata", body, False), (".text", bytes(64), True)])
    (image,) = images(first)
    text = next(s for s in image.sections if s.name == ".text")
    rodata = next(s for s in image.sections if s.name == ".rodata")
    lea = b"\x48\x8d\x05" + (rodata.address - text.address - 7).to_bytes(4, "little", signed=True)
    data = programs.elf(
        [(".rodata", body, False), (".text", lea.ljust(64, b"\x90"), True)], [("nj_race_labels", text.address, 64)]
    )
    (labelled,) = _read(data, b"Latino_Hispanic")
    assert labelled.scope == ("nj_race_labels",)


def test_sql_and_json_inside_a_program_are_read_by_their_readers() -> None:
    sql = "CREATE TABLE face (id INTEGER, age INTEGER, glasses INTEGER, ethnicity TEXT)"
    json = '{"face": {"age": 1, "glasses": 2, "ethnicity": 3}}'
    data = programs.elf([(".rodata", programs.strings(sql, json), False)])
    found = _read(data, b"ethnicity")
    assert {c.language for c in found} == {"sql", "json"}
    naming = {c.language for c in found if any(m.name.endswith("ethnicity") for m in c.members)}
    assert naming == {"sql", "json"}


@pytest.mark.parametrize(
    ("name", "whole", "parameters"),
    [
        ("_ZNK2nj4Face18GetFaceRaceResultsEv", "nj::Face::GetFaceRaceResults", ()),
        ("_Z12predict_racePKci", "predict_race", ("char const*", "int")),
        ("_ZN2nj3getIiEEbT_", "nj::get", ("int",)),
        ("?predict@Race@@QEAAHH@Z", "Race::predict", ("int",)),
        ("_RNvCs1234_7mycrate3foo", "mycrate::foo", ()),
        ("Java_com_nj_Face_get_1race", "com.nj.Face.get_race", ()),
        ("predict_race", "predict_race", ()),
    ],
)
def test_mangled_names_become_readable(name: str, whole: str, parameters: tuple[str, ...]) -> None:
    assert readable(name)[:2] == (whole, parameters)


def _samples() -> list[bytes]:
    body = programs.strings(*FIELDS, "NJ_RACE_A", "NJ_RACE_B", "Black", "White", "Asian")
    code = b"".join(map(programs.stored, ("Black", "White", "Asian", "Latino_Hispanic")))
    symbols = [("_ZN2nj4Face4raceEv", programs.BASE + 64, 32)]
    both = [(".rodata", body, False), (".text", code, True)]
    return [programs.elf(both, symbols), programs.pe(both), programs.macho(both), programs.fat([programs.macho(both)])]


@pytest.mark.parametrize("number", range(4))
def test_mutated_programs_are_read_without_an_error(number: int) -> None:
    random.seed(number)
    whole = _samples()[number]
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            at = random.randrange(4, min(len(data), 700) if random.random() < 0.7 else len(data))
            size = random.choice((1, 2, 4, 8))
            value = random.choice((b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7, random.randbytes(8)))
            data[at : at + size] = value[:size]
        mutated = bytes(data[: random.choice((len(data), random.randrange(8, len(data))))])
        hits = sorted(
            (random.randrange(len(mutated)), random.choice(("utf-8", "utf-16-le", "gb18030"))) for _ in range(9)
        )
        _places(mutated, read("x.so", mutated, hits).constructs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_any_bytes_have_runs_of_strings_at_true_places(data: bytes, offsets: list[int]) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-32-le"):
        hits = [(o, encoding) for o in sorted(offsets) if o < len(data)]
        for run in strings.runs(data, hits):
            assert all(a.end <= b.offset for a, b in pairwise(run))
            assert any(p.hit for p in run)
            for piece in run:
                assert data[piece.offset : piece.end].decode(piece.encoding) == piece.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_as_code(data: bytes) -> None:
    for piece in immediates.pieces(data, 0, len(data)):
        assert data[piece.offset : piece.end].decode() == piece.quoted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_any_bytes_as_qt_translations(data: bytes, offsets: list[int]) -> None:
    whole = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd") + b"\x69\0\0\0\x80" + data
    hits = [(o, "utf-8") for o in sorted(offsets) if o < len(whole)]
    _places(whole, read("x.qm", whole, hits).constructs)


def test_a_string_table_of_resources_with_lengths_before_its_strings() -> None:
    captions = ("性别", "民族", "是否戴眼镜", "是否戴口罩")
    table = b"".join(len(c).to_bytes(2, "little") + c.encode("utf-16-le") for c in captions)
    data = programs.pe([(".rsrc", bytes(16) + table + bytes(16), False)])
    (record,) = [c for c in _read(data, "民族".encode("utf-16-le"), "utf-16-le") if c.kind is Kind.RECORD]
    assert [m.name for m in record.members] == list(captions)
    assert len(_read(data, "民族".encode("utf-16-le"), "utf-16-le")) == 2, "only what holds the term, and it as a label"


@pytest.mark.parametrize(
    "magic", [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xca\xfe\xba\xbf\0\0\0\1"]
)
@pytest.mark.parametrize("rest", [b"", b"\2", b"\xff" * 90])
def test_a_program_of_a_few_bytes_has_no_sections(magic: bytes, rest: bytes) -> None:
    """Five bytes of ELF were an IndexError; offsets of 2**63 and more an OverflowError."""
    data = magic + rest
    assert all(image.sections is not None for image in images(data))
    read("a.so", data, [])


def test_short_strings_of_data_that_may_be_run_are_read() -> None:
    """A linker script, or damage, can give the right to run to ``.rodata``."""
    data = programs.elf([(".rodata", b"\0Kazakh\0Uyghur\0Tibetan\0Kirghiz\0" + bytes(40), True)])
    (labels,) = _read(data, b"Uyghur")
    assert [m.name for m in labels.members] == ["Kazakh", "Uyghur", "Tibetan", "Kirghiz"]


def test_a_single_word_among_strings_is_told() -> None:
    """No structure can be made of a language's name in an ordered list; that it stands there is said."""
    data = programs.elf([(".rodata", programs.strings("Bambara", "Bengali", "Tibetan", "Breton", "Bosnian"), False)])
    (word,) = _read(data, b"Tibetan")
    assert (word.kind, word.passage.text, word.members) == (Kind.STATEMENT, "Tibetan", ())


def _written(*lines: str) -> list[Construct]:
    body = programs.strings("open failed", *lines, "done")
    return _read(programs.elf([(".rodata", body, False)]), b"race")


def test_lines_that_write_one_value_each_are_one_record() -> None:
    lead = "<line %u: %s> "
    (record,) = _written(*(f"{lead}{name}: %d" for name in ("age", "emotion", "race", "gender")), lead)
    assert (record.kind, record.role) == (Kind.RECORD, "format")
    assert [m.name for m in record.members] == ["age", "emotion", "race", "gender"]


def test_a_line_among_others_is_none_and_what_tells_the_place_is_no_name() -> None:
    (alone,) = _written("opened %s in %u ms", "<line %u: %s> race: %d", "closed")
    assert not [m for m in alone.members if m.name == "u"]
    (pair,) = _written("lap=%d race=%d")
    assert [m.name for m in pair.members] == ["lap", "race"]


_PEOPLES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇"
)


@pytest.mark.parametrize("wide", [0, 8], ids=["end to end", "rows of eight bytes"])
def test_the_official_list_in_short_is_one_list(wide: int) -> None:
    body = b"".join(w.encode("gb18030").ljust(wide, b"\0") + b"\0" * (not wide) for w in _PEOPLES.split())
    data = programs.elf([(".rodata", bytes(40) + body + bytes(40), False)])
    (made,) = _read(data, "维吾尔".encode("gb18030"), "gb18030")
    assert made.kind is Kind.LABEL_SET
    assert [m.name for m in made.members][:6] == ["汉", "蒙古", "回", "藏", "维吾尔", "苗"]


def test_a_people_among_a_few_short_words_is_no_long_list() -> None:
    body = b"".join(w.encode("gb18030").ljust(8, b"\0") for w in ["姓名", "性别", "维吾尔", "电话", "地址"])
    data = programs.elf([(".rodata", bytes(40) + body + bytes(40), False)])
    assert not [c for c in _read(data, "维吾尔".encode("gb18030"), "gb18030") if len(c.members) > 4]
