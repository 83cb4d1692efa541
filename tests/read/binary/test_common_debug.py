"""Debug information that dwz left in a common file of several programs: found, read with each of them, or told."""

from __future__ import annotations

import io
import random
import subprocess
from pathlib import Path

import dwz_prebuilt as dwz
import kit
import made_dwarf as made
import pytest

import sousveil
from sousveil.look import extract
from sousveil.model import Construct, Limit
from sousveil.options import Options
from sousveil.read.binary import dwarf
from sousveil.read.dispatch import read
from sousveil.unpack.common import beside, joined, told
from sousveil.unpack.limits import Budget
from sousveil.work.joining import pairs
from sousveil.work.messages import Part, Shares

PROGRAM, COMMON = made.prebuilt(dwz.GNU_PROGRAM), made.prebuilt(dwz.GNU_COMMON)
PROGRAM5, COMMON5 = made.prebuilt(dwz.DWARF5_PROGRAM), made.prebuilt(dwz.DWARF5_COMMON)
EVENT, NATION = "NJ_EVENT_FACE_DETECT", "NJ_NATION_TYPE"


def both(program: bytes, common: bytes) -> bytes:
    data, limits = joined(program, common, "lib.so", Budget())
    assert not limits
    return data


def named(constructs: list[Construct]) -> dict[str, Construct]:
    return {c.name: c for c in constructs}


@pytest.mark.parametrize(("program", "common"), [(PROGRAM, COMMON), (PROGRAM5, COMMON5)], ids=["gnu", "dwarf5"])
def test_a_record_has_the_names_and_the_types_of_the_common_file(program: bytes, common: bytes) -> None:
    data = both(program, common)
    found = named(list(dwarf.read_bytes(data, [(data.find(b"emNation"), "utf-8")], "x")))
    event = found[EVENT]
    assert {m.name: m.type for m in event.members}["emNation"] == NATION
    assert [m.name for m in event.members][:3] == ["nChannelID", "emSex", "nAge"]
    assert event.members[0].type == "int"
    assert found[NATION].members[1].name == "NJ_NATION_UYGUR"
    assert found[NATION].passage.where.endswith("enum.h:1")
    for construct in found.values():
        for passage in (construct.passage, *(m.passage for m in construct.members)):
            assert data[passage.offset : passage.offset + passage.length].decode() == passage.text
    # Alone the names are not there, and that is told.
    alone = read("lib.so", program, [(program.find(b"NJ_EVENT"), "utf-8")])
    assert all(m.name != "emNation" for c in alone.constructs for m in c.members)
    assert any("common file" in limit.detail for limit in alone.limits)


def test_what_is_the_common_files_own_is_read_there_alone() -> None:
    data = both(PROGRAM, COMMON)
    at = data.find(b"NJ_NATION_UYGUR")
    assert NATION not in named(list(dwarf.read_bytes(data, [(at, "utf-8")], "x")))
    at = COMMON.find(b"NJ_NATION_UYGUR")
    assert NATION in named(list(dwarf.read_bytes(COMMON, [(at, "utf-8")], "x")))


def shares(display: str, data: bytes, build: bytes | None = None) -> Shares:
    found = told(data)
    assert found is not None
    reference, common = found
    return Shares(Part(display, len(data)), reference.name, reference.build if build is None else build, common)


@pytest.mark.parametrize(
    ("address", "build", "joins"),
    [
        ("sdk.zip!/elsewhere.debug", None, True),
        ("sdk.zip!/usr/.dwz/common.debug", b"", True),
        ("sdk.zip!/usr/.dwz/common.debug", b"\1" * 20, False),
        ("sdk.zip!/.dwz/common.debug", b"", False),
        ("other.zip!/usr/.dwz/common.debug", b"", False),
    ],
)
def test_the_common_file_is_told_by_its_build_id_or_else_its_place(address: str, build: bytes, joins: bool) -> None:
    program, common = shares("sdk.zip!/usr/lib/liba.so", PROGRAM), shares(address, COMMON, build)
    jobs, limits, settled = pairs([program, common], {address}, Options())
    assert len(jobs) == joins
    assert bool(limits) != joins
    outside = Limit("sdk.zip!/usr/lib/liba.so", "outside", dwarf.OUTSIDE.format("../.dwz/common.debug"))
    assert settled(outside) == joins
    assert not settled(Limit("sdk.zip!/x", "outside", outside.detail))
    assert not pairs([program, common], set(), Options())[0]


def test_an_address_stays_in_its_archive() -> None:
    assert beside("a.zip!/lib/x.so", "../.dwz/c.debug") == "a.zip!/.dwz/c.debug"
    assert beside("x.so", "../../c.debug") == "../../c.debug"
    assert beside("a.zip!/x.so", "/usr/lib/debug/.dwz/c.debug") == "a.zip!/usr/lib/debug/.dwz/c.debug"


def test_a_folder_is_read_whole_and_one_without_the_common_file_is_not_clear(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / ".dwz").mkdir()
    (tmp_path / "lib" / "a.so").write_bytes(PROGRAM)
    missing = sousveil.scan(tmp_path)
    assert [limit.path for limit in missing.limits] == ["lib/a.so"]
    (tmp_path / ".dwz" / "common.debug").write_bytes(COMMON)
    report = sousveil.scan(tmp_path)
    assert not report.limits
    assert {EVENT, NATION} <= {f.construct.name for f in report.findings}


def test_bytes_of_another_order_are_no_half_of_it() -> None:
    other = bytearray(COMMON)
    other[5] = 2
    data, limits = joined(PROGRAM, bytes(other), "lib.so", Budget())
    assert not data
    assert [limit.reason for limit in limits] == ["broken"]


def test_damaged_halves_end() -> None:
    chance = random.Random(7)
    for _ in range(150):
        program, common = bytearray(PROGRAM), bytearray(COMMON)
        for raw in (program, common):
            for _ in range(chance.randrange(4)):
                raw[chance.randrange(64, len(raw))] = chance.randrange(256)
        told(bytes(program))
        data, limits = joined(bytes(program), bytes(common), "x", Budget())
        assert data or limits, "nothing came of it, and nothing says so"
        if data:
            hits = [(m, "utf-8") for m in (data.find(b"emNation"), data.find(b"UYGUR")) if m >= 0]
            for construct in read("x.elf", data, hits).constructs:
                place = construct.passage
                assert (
                    data[place.offset : place.offset + place.length].decode("utf-8", "backslashreplace") == place.text
                )


def test_sections_past_what_is_read_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of sections may name the same bytes: together they are no longer than the bound."""
    from sousveil.unpack.render import elfdebug

    monkeypatch.setattr(elfdebug, "MOST", 300)
    data, limits = joined(PROGRAM, COMMON, "x", Budget())
    assert len(data) < 4096
    assert {limit.reason for limit in limits} == {"too-large"}


def test_a_reference_that_leads_nowhere_is_no_type() -> None:
    data = bytearray(both(PROGRAM, COMMON))
    from sousveil.unpack.sections import images

    (info,) = (s for s in next(images(bytes(data))).sections if s.name == ".debug_info.shared")
    data[info.offset : info.offset + 4] = b"\xf0\0\0\0"
    read("x.elf", bytes(data), [(data.find(b"emNation"), "utf-8")])


def test_the_bytes_that_places_count_in_can_be_had(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(PROGRAM)
    (tmp_path / "b.debug").write_bytes(COMMON)
    out = io.BytesIO()
    found = extract(tmp_path, "a.so!/joined.elf", out)
    assert found is not None
    assert out.getvalue() == both(PROGRAM, COMMON)


@pytest.mark.parametrize("options", ["-gdwarf-5", "-gdwarf-4 -fdebug-types-section", "-gdwarf-5 -fdebug-types-section"])
@pytest.mark.parametrize("package", [False, True])
def test_split_files_hold_their_types_themselves(tmp_path: Path, options: str, package: bool) -> None:
    maker = "llvm-dwp" if "-5" in options else "dwp"  # binutils 2.40 drops units of version 5
    kit.need("g++", maker)
    command = ["g++", "-gsplit-dwarf", "-w", "-c", *options.split()]
    assert made.built(tmp_path, made.SOURCE, "a.cpp", *command) is not None
    split = next(tmp_path.glob("*.dwo"))
    if package:
        done = subprocess.run([maker, split.name, "-o", "a.dwp"], cwd=tmp_path, capture_output=True, check=False)
        if done.returncode:
            pytest.skip("dwp cannot do it")
        split = tmp_path / "a.dwp"
    data = split.read_bytes()
    reading = read(split.name, data, [(data.find(b"NJ_NATION_UYGUR"), "utf-8")])
    event = named(list(reading.constructs))[EVENT]
    assert {m.name: m.type for m in event.members}["emNation"] == NATION
    assert not reading.limits
