"""Debug information: what the usual readers give; hostile bytes end early."""

from __future__ import annotations

import io
import random
import re
import struct
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import made_dwarf as made
import made_pdb
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

import sousveil
from sousveil.model import Construct, Kind
from sousveil.read.binary import btf, dwarf, pdb
from sousveil.read.binary.dwarfforms import Broken, sleb, uleb
from sousveil.read.dispatch import read
from sousveil.read.unfinished import Unfinished
from sousveil.unpack import common, msf
from sousveil.unpack.limits import Budget
from sousveil.unpack.render import elfdebug, pdbjoined
from sousveil.unpack.sections import images

PLAIN = {
    name: made.prebuilt(getattr(made, f"PREBUILT_{name}")) for name in ("C", "RUST", "CARD", "LOCALES")
}  # the C++ one is packed


def every(data: bytes, reader: ModuleType = dwarf, word: bytes | None = None) -> list[Construct]:
    """Return all constructs, or those around a word."""
    hits: list[tuple[int, str]] | None = None
    if word is not None:
        hits, at = [], data.find(word)
        while at >= 0:
            hits.append((at, "utf-8"))
            at = data.find(word, at + 1)
    return list(reader.read_bytes(data, hits, "x"))


def usual(data: bytes) -> tuple[set[object], set[object]]:
    """Return what pyelftools reads: enumerations with values, structs with their fields' names."""
    enumerations: set[object] = set()
    records: set[object] = set()
    for unit in ELFFile(io.BytesIO(data)).get_dwarf_info().iter_CUs():
        for entry in unit.iter_DIEs():
            rows = [c for c in entry.iter_children() if "DW_AT_name" in c.attributes]
            if entry.tag == "DW_TAG_enumeration_type" and rows:
                enumerations.add(tuple((_text(c, "DW_AT_name"), c.attributes["DW_AT_const_value"].value) for c in rows))
            elif entry.tag in ("DW_TAG_structure_type", "DW_TAG_class_type", "DW_TAG_union_type"):
                fields = tuple(_text(c, "DW_AT_name") for c in rows if c.tag == "DW_TAG_member")
                if fields:
                    records.add(fields)
    return enumerations, records


def _text(entry: object, name: str) -> str:
    raw: bytes = entry.attributes[name].value  # type: ignore[attr-defined]
    return raw.decode()


def ours(constructs: Sequence[Construct]) -> tuple[set[object], set[object]]:
    """Return the same of what is read here."""
    return (
        {tuple((m.name, int(m.value)) for m in c.members) for c in constructs if c.kind is Kind.ENUMERATION},
        {tuple(m.name for m in c.members) for c in constructs if c.kind is Kind.RECORD},
    )


C = """
typedef enum { PLAIN_A = 5, PLAIN_NEG = -70000, PLAIN_BIG = 0x7fffffff } Plain;
enum Tagged { TAG_ONE = 1, TAG_HUGE = 4000000000u };
struct Inner { int x; union { int u; float f; } either; struct { char deep; } anonymous; };
typedef struct Outer { struct Inner inner; Plain plain; const char *text; char grid[3][4]; struct Outer *next; } Outer;
int work(Outer *outer, const Plain plain, volatile unsigned long **numbers) {
  enum InFunction { IN_ONE, IN_ETHNICITY } local = IN_ONE;
  struct Local { int only_here; } l = {3};
  { enum InBlock { BLOCK_A = 9 } deeper = BLOCK_A; return (int)local + outer->inner.x + l.only_here + (int)deeper; }
}
enum Tagged tagged;
"""


@pytest.mark.parametrize("name", PLAIN)
def test_a_prebuilt_sample_gives_what_the_usual_reader_gives(name: str) -> None:
    assert ours(every(PLAIN[name])) == usual(PLAIN[name])


@pytest.mark.parametrize("options", ["-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -O2", "-gdwarf64"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compiled_c_gives_what_the_usual_reader_gives(compiler: str, options: str, tmp_path: Path) -> None:
    data = made.built(tmp_path, C, "a.c", compiler, "-w", "-shared", "-nostdlib", "-fPIC", "-g", *options.split())
    if data is None:
        pytest.skip(f"{compiler} {options} is not there")
    constructs = every(data)
    assert ours(constructs) == usual(data)
    (outer,) = [c for c in constructs if c.name == "Outer"]
    assert [m.type for m in outer.members] == ["Inner", "Plain", "const char *", "char[3][4]", "Outer *"]
    (work,) = [c for c in constructs if c.name == "work"]
    assert [(m.name, m.type) for m in work.members[:2]] == [("outer", "Outer *"), ("plain", "const Plain")]
    # Compilers write the basic type's words in their own order.
    assert {*work.members[2].type.split()} - {"int"} == {"volatile", "unsigned", "long", "**"}
    assert work.returns == "int"
    assert "a.c:5" in outer.passage.where or "a.c:6" in outer.passage.where
    for construct in constructs:
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            raw = data[passage.offset : passage.offset + passage.length]
            assert raw.decode(passage.encoding, "backslashreplace") == passage.text


def test_objects_are_read_with_their_relocations(tmp_path: Path) -> None:
    data = made.built(tmp_path, C, "a.c", "gcc", "-w", "-g", "-c")
    if data is None:
        pytest.skip("gcc is not there")
    assert ours(every(data)) == usual(data)


def test_a_linker_may_let_a_name_be_the_end_of_a_longer_one(tmp_path: Path) -> None:
    source = "enum A { MY_ETHNICITY_X, OTHER_A } a; enum B { ETHNICITY_X, OTHER_B } b; enum C { QUIET } c;"
    data = made.built(tmp_path, source, "a.c", "gcc", "-g", "-shared", "-nostdlib")
    if data is None:
        pytest.skip("gcc is not there")
    assert {c.name for c in every(data, word=b"ETHNICITY_X")} == {"A", "B"}


def test_only_what_holds_a_hit_and_what_is_linked_is_read() -> None:
    words = {c.name for c in every(PLAIN["C"], word=b"NATION_UYGUR")}
    assert words == {"NJ_NATION_TYPE", "NJ_EVENT_FACE_DETECT", "NJ_FindFaceByNation"}
    assert every(PLAIN["C"], word=b"not in there") == []


def test_go_constants_are_the_enumeration_of_their_type(tmp_path: Path) -> None:
    source = (
        "package main\ntype Nation int\nconst (\n NationUnknown Nation = iota\n NationUyghur\n)\n"
        "type Event struct { Age int; N Nation }\n//go:noinline\n"
        "func Find(e Event, n Nation) int { println(NationUyghur); return e.Age + int(n) }\n"
        "func main() { x := Find(Event{1, NationUyghur}, 1); println(x) }\n"
    )
    (tmp_path / "main.go").write_text(source)
    import shutil
    import subprocess

    if shutil.which("go") is None:
        pytest.skip("go is not there")
    command = ["go", "build", "-o", "made", "main.go"]
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/local/go/bin", "GOFLAGS": "-mod=mod"}
    subprocess.run(command, cwd=tmp_path, check=True, env=environment, timeout=120)
    data = (tmp_path / "made").read_bytes()
    if elfdebug.has(data):
        (entry,) = elfdebug.render(data, "made", Budget())
        assert not isinstance(entry, sousveil.model.Limit)
        data = entry.data or b""
    found = {c.name: c for c in every(data, word=b"NationUyghur")}
    assert [(m.name, m.value) for m in found["Nation"].members] == [("NationUnknown", "0"), ("NationUyghur", "1")]
    assert {"Event", "Find"} <= found.keys()
    assert [m.type for m in found["Event"].members] == ["int", "Nation"]


def test_a_record_of_one_file_is_linked_to_the_enumeration_of_another(tmp_path: Path) -> None:
    first = (
        "typedef enum { KIND_UYGHUR, KIND_HAN, KIND_TIBETAN, KIND_UNKNOWN } VENDOR_ETHNIC_KIND; VENDOR_ETHNIC_KIND k;"
    )
    second = (
        "typedef enum VENDOR_ETHNIC_KIND_E VENDOR_ETHNIC_KIND; enum VENDOR_ETHNIC_KIND_E { K1, K2 };"
        "typedef struct { int age; int mask; int glasses; int beard; VENDOR_ETHNIC_KIND kind; } VENDOR_FACE_RESULT;"
        "VENDOR_FACE_RESULT result;"
    )
    for name, source in (("one.c", first), ("two.c", second)):
        data = made.built(tmp_path / "make", source, name, "gcc", "-g", "-c")
        if data is None:
            pytest.skip("gcc is not there")
        (tmp_path / "product").mkdir(exist_ok=True)
        (tmp_path / "product" / f"{name}.o").write_bytes(data)
    report = sousveil.scan(tmp_path / "product")
    links = {(f.construct.name, link.name, Path(link.place.artifact).name) for f in report.findings for link in f.links}
    assert ("VENDOR_ETHNIC_KIND", "VENDOR_FACE_RESULT.kind", "two.c.o") in links, (report.findings, links)


# ---------------------------------------------------------------------- renderings


def test_packed_sections_come_out_as_they_were(tmp_path: Path) -> None:
    plain = made.built(tmp_path, C, "a.c", "gcc", "-w", "-g", "-c")
    for option in ("-gz=zlib", "-gz=zlib-gnu"):
        packed = made.built(tmp_path, C, "a.c", "gcc", "-w", "-g", "-c", option)
        if plain is None or packed is None:
            pytest.skip("gcc is not there")
        (entry,) = elfdebug.render(packed, "a.o", Budget())
        assert not isinstance(entry, sousveil.model.Limit) and entry.data is not None
        assert not elfdebug.has(entry.data)
        assert ours(every(entry.data)) == ours(every(plain)) == usual(entry.data)


def test_a_section_that_lies_about_its_size_is_a_limit() -> None:
    data = bytearray(made.prebuilt(made.PREBUILT_CPP))
    from sousveil.unpack.sections import elf

    section = next(s for s in elf(bytes(data)).sections if s.compressed)
    struct.pack_into("<Q", data, section.offset + 8, 1 << 60)
    items = list(elfdebug.render(bytes(data), "x", Budget()))
    assert [i.reason for i in items if isinstance(i, sousveil.model.Limit)] == ["too-large"]


def test_a_scattered_pdb_is_the_joined_one() -> None:
    whole = made_pdb.prebuilt(made_pdb.PREBUILT)
    scattered = made_pdb.scattered(whole)
    assert pdbjoined.has(scattered) and not pdbjoined.has(whole)
    (entry,) = pdbjoined.render(scattered, "x", Budget())
    assert not isinstance(entry, sousveil.model.Limit) and entry.data is not None
    one, other = msf.read(whole), msf.read(entry.data)
    assert [one.content(whole, i) for i in range(len(one.streams))] == [
        other.content(entry.data, i) for i in range(len(other.streams))
    ]
    assert [c.name for c in every(entry.data, pdb)] == [c.name for c in every(whole, pdb)]


# ---------------------------------------------------------------------- hostile


def test_numbers_that_do_not_end_are_refused() -> None:
    assert uleb(b"\xe5\x8e\x26", 0) == (624485, 3)
    assert sleb(b"\x80\x7f", 0) == (-128, 2)
    for raw in (b"", b"\x80", b"\x80" * 40):
        with pytest.raises(Broken):
            uleb(raw, 0)


def _elf(sections: dict[str, bytes]) -> bytes:
    """Return an ELF file of these sections."""
    names, out, rows = bytearray(b"\0"), bytearray(64), [(0,) * 10]
    for name, raw in {**sections, ".shstrtab": b""}.items():
        rows.append((len(names), 3 if not raw else 1, 0, 0, len(out), len(raw), 0, 0, 1, 0))
        names += name.encode() + b"\0"
        out += raw
    rows[-1] = (*rows[-1][:4], len(out), len(names), 0, 0, 1, 0)
    out += names
    table = len(out)
    for row in rows:
        out += struct.pack("<IIQQQQIIQQ", *row)
    head = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, len(rows), len(rows) - 1)
    out[:64] = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + head
    return bytes(out)


def _unit(body: bytes) -> bytes:
    return struct.pack("<IHBBI", len(body) + 8, 5, 1, 8, 0) + body


ABBREVIATIONS = (
    b"\x01\x11\x01\x00\x00"  # 1: compile unit with children
    b"\x02\x04\x01\x03\x08\x00\x00"  # 2: enumeration, name inline
    b"\x03\x28\x00\x03\x08\x1c\x0f\x00\x00"  # 3: enumerator, name inline, udata
    b"\x04\x16\x00\x49\x13\x03\x08\x00\x00"  # 4: typedef of ref4
    b"\x05\x13\x01\x03\x08\x00\x00"  # 5: struct
    b"\x06\x0d\x00\x49\x13\x03\x08\x00\x00"  # 6: member of ref4
    b"\x07\x04\x01\x00\x00"  # 7: an entry without any attribute
    b"\x00"
)


def _bounded(data: bytes, seconds: float = 5.0) -> list[Construct]:
    started = time.process_time()
    out: list[Construct] = []
    try:
        out += every(data, word=b"UYGHUR")
    except Unfinished as late:
        out += late.constructs
        assert late.detail
    assert time.process_time() - started < seconds
    return out


HOSTILE = {
    "nested": b"\x01" + b"\x05UYGHUR\0" * 10_000,
    "cycle": b"\x01"
    + b"\x04"
    + struct.pack("<I", 13)
    + b"UYGHUR\0"
    + b"\x05UYGHUR\0\x06"
    + struct.pack("<I", 13)
    + b"m\0\0",
    "itself": b"\x01\x05UYGHUR\0\x06" + struct.pack("<I", 13) + b"m\0\0",
    "beyond": b"\x01\x05UYGHUR\0\x06" + struct.pack("<I", 0xFFFFFFF0) + b"m\0\0",
    "overlong": b"\x01\x02UYGHUR\0\x03UYGHUR\0" + b"\x80" * 5000,
    "unknown": b"\x01\x02UYGHUR\0\x7f",
    "unended": b"\x01\x02UYGHUR",
    "empty": b"\x01" + b"\x07\x00" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_entries_end(name: str) -> None:
    _bounded(_elf({".debug_info": _unit(HOSTILE[name]), ".debug_abbrev": ABBREVIATIONS}))


def test_what_is_read_of_a_damaged_unit_does_not_cost_the_next() -> None:
    good = _unit(b"\x01\x02Kind\0\x03UYGHUR\0\x01\x00\x00")
    data = _elf({".debug_info": _unit(b"\x01\x7f") + good, ".debug_abbrev": ABBREVIATIONS})
    out: list[Construct] = []
    with pytest.raises(Unfinished, match="0x"):
        for construct in dwarf.read_bytes(data, [(data.find(b"UYGHUR"), "utf-8")], "x"):
            out.append(construct)
    assert [c.name for c in out] == ["Kind"]


def test_headers_that_claim_too_much_end() -> None:
    claims = struct.pack("<IHBBI", 0xFFFFFFF0, 5, 1, 8, 0)
    for raw in (claims * 2_000, b"\xff" * 10_000, b"\0" * 100_000, struct.pack("<IHBBI", 8, 5, 1, 8, 0) * 5_000):
        _bounded(_elf({".debug_info": raw + b"UYGHUR", ".debug_abbrev": ABBREVIATIONS}))
    many = b"".join(bytes([0x80 | n & 0x7F, 0x80 | n >> 7 & 0x7F, n >> 14]) + b"\x34\0\0\0" for n in range(1, 1 << 15))
    _bounded(_elf({".debug_info": _unit(b"\x01UYGHUR"), ".debug_abbrev": many}))


@pytest.mark.parametrize("form", ["dwarf-c", "dwarf-rust", "pdb", "btf"])
def test_changed_bytes_never_raise_anything_else(form: str) -> None:
    nations = [("A_UYGHUR", 1)]
    data, reader = {
        "dwarf-c": (PLAIN["C"], dwarf),
        "dwarf-rust": (PLAIN["RUST"], dwarf),
        "pdb": (made_pdb.prebuilt(made_pdb.PREBUILT), pdb),
        "btf": (made_pdb.btf(nations, "NATION", "EVENT", [("a", "int"), ("b", "NATION")]), btf),
    }[form]
    chance = random.Random(form)
    for _ in range(150):
        raw = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            at = chance.randrange(len(raw))
            raw[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        if chance.random() < 0.2:
            del raw[chance.randrange(len(raw)) :]
        changed = bytes(raw)
        try:
            for construct in reader.read_bytes(changed, None, "x"):
                passage = construct.passage
                found = changed[passage.offset : passage.offset + passage.length]
                assert found.decode("utf-8", "backslashreplace") == passage.text
        except Unfinished as late:
            assert late.detail


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.binary(max_size=200))
def test_any_bytes_as_entries_and_abbreviations(entries: bytes, abbreviations: bytes) -> None:
    for table in (abbreviations, ABBREVIATIONS):
        data = _elf({".debug_info": _unit(entries), ".debug_abbrev": table + b"\0", ".debug_str": b"UYGHUR\0"})
        _bounded(data)


def test_names_that_nothing_of_the_debug_information_refers_to_are_told() -> None:
    # One bit of an abbreviation: its entries end elsewhere, and no name is where it was. Found by benchmarks/fuzz.
    data = bytearray(PLAIN["RUST"])
    (shapes,) = (s for s in next(iter(images(bytes(data)))).sections if s.name == ".debug_abbrev")
    data[shapes.offset + 8] ^= 1
    for raw, silent in ((PLAIN["RUST"], True), (bytes(data), False)):
        at = raw.find(b"NationType")
        reading = read("lib.o", raw, [(at, "utf-8")])
        assert bool(reading.constructs) == silent
        assert [limit.reason for limit in reading.limits] == ([] if silent else ["not-understood"])


def test_a_files_name_is_no_name_that_was_passed_over() -> None:
    data = bytearray(PLAIN["C"])
    (names,) = (s for s in next(iter(images(bytes(data)))).sections if s.name == ".debug_str")
    at = next(m.start() for m in re.finditer(rb"\0[^\0]{16,}(?=\0)", data) if names.offset < m.start())
    data[at + 1 : at + 17] = b"/src/race/tag.c\0"
    assert not read("lib.o", bytes(data), [(at + 6, "utf-8")]).limits


@pytest.mark.parametrize(
    ("section", "content"),
    [
        (".gnu_debugaltlink", b"../.dwz/nanjing.debug\0" + b"\x17" * 20),
        # Version, that it refers to one and is none itself, its name, its checksum.
        (".debug_sup", b"\5\0\0../.dwz/nanjing.debug\0\x14" + b"\x17" * 20),
    ],
)
def test_the_common_file_of_dwz_is_named(section: str, content: bytes) -> None:
    found = next(iter(images(PLAIN["C"]))).sections
    debug = {s.name: PLAIN["C"][s.offset : s.offset + s.size] for s in found if s.name.startswith(".debug")}
    for extra, wanted in (({section: content}, 1), ({}, 0)):
        data = _elf({**debug, **extra})
        reading = read("lib.so", data, [(data.find(b"NJ_NATION_UYGUR"), "utf-8")])
        assert reading.constructs
        told = [limit for limit in reading.limits if limit.reason == "outside"]
        assert len(told) == wanted
        assert all("../.dwz/nanjing.debug" in limit.detail for limit in told)


def test_a_common_file_itself_refers_to_none() -> None:
    data = _elf({".debug_sup": b"\5\0\1\0\x14" + b"\x17" * 20, ".debug_str": b"\0"})
    assert common.told(data) == (common.Reference("", b"\x17" * 20), True)
    assert common.told(PLAIN["C"]) is None


def test_names_without_the_entries_that_they_name_are_told() -> None:
    data = _elf({".debug_str": b"\0NJ_NATION_UYGUR\0"})
    reading = read("lib.so", data, [(data.find(b"NJ_NATION"), "utf-8")])
    assert [limit.reason for limit in reading.limits] == ["not-understood"]


def test_names_that_several_files_share_are_strings_beside_each_other() -> None:
    """As dwz leaves them with -m: the names in the common file, the types in those that refer to it."""
    names = [*(b"NJ_NATION_" + who for who in (b"UNKNOWN", b"UYGUR", b"OTHER")), b"emNation", b"nWidth"]
    data = _elf({".debug_str": b"\0".join((*names, b""))})
    reading = read("common.debug", data, [(data.find(b"NJ_NATION_UYGUR"), "utf-8")])
    assert any({"NJ_NATION_UYGUR", "NJ_NATION_OTHER"} <= {m.name for m in c.members} for c in reading.constructs)
    assert [limit.reason for limit in reading.limits] == ["not-understood"]
    whole = _elf({".debug_str": b"\0".join((*names, b"")), ".debug_info": _unit(b"\0"), ".debug_abbrev": b"\0"})
    assert not read("lib.so", whole, [(whole.find(b"NJ_NATION_UYGUR"), "utf-8")]).constructs
