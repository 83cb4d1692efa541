"""What the readers of compiled code say is what the usual tools say of the same files."""

from __future__ import annotations

import gettext
import importlib.util
import io
import marshal
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import kit
import made_dotnet
import made_javaclass
import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from sousveil.model import Kind
from sousveil.read.binary import dotnet, javaclass, mo, pyc
from sousveil.read.binary.bytestream import Cursor
from sousveil.read.binary.image import images
from sousveil.read.binary.marshalled import Reader, strings, version_of


def _texts(value: object) -> set[str]:
    """Return every string of a code object that this test compiled itself."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, bytes):
        return {value.decode("utf-8", "backslashreplace")}
    if isinstance(value, tuple | frozenset):
        return set().union(*map(_texts, value)) if value else set()
    if isinstance(value, types.CodeType):
        return _texts((value.co_consts, value.co_names, value.co_varnames, value.co_name))
    return set()


def _functions(code: types.CodeType) -> set[str]:
    """Return the names of all functions in a code object, but for those without one."""
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    own = {c.co_name for c in inner if c.co_flags & 1 and not c.co_name.startswith(("<", "__annotate"))}
    return own.union(*map(_functions, inner))


@pytest.mark.parametrize("module", ["enum", "json.decoder", "textwrap", "statistics"])
def test_strings_of_compiled_python_are_those_of_the_interpreter(module: str) -> None:
    found = importlib.util.find_spec(module)
    assert found and found.origin
    code = compile(Path(found.origin).read_text(encoding="utf-8"), "x.py", "exec", dont_inherit=True)
    data = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
    version = version_of(data)
    assert version is not None
    assert version[0] == sys.version_info[:2]
    read = Reader(Cursor(data, version[1]), version[0]).object()
    missing = _texts(code) - {w.text for w in strings(read)}
    assert not {m for m in missing if m.isascii()}, missing
    functions = {c.name for c in pyc.read_bytes(data, None, "x.pyc") if c.kind is Kind.OPERATION}
    assert {c.co_name for c in code.co_consts if isinstance(c, types.CodeType) and c.co_flags & 1} <= functions


def test_fields_and_methods_of_a_class_are_those_of_javap(tmp_path: Path) -> None:
    if not shutil.which("javap"):
        pytest.skip("javap is not installed")
    sample = next(s for s in made_javaclass.samples(tmp_path) if s.name.endswith(".class"))
    path = tmp_path / sample.name
    path.write_bytes(sample.data)
    told = subprocess.run(["javap", "-p", path], capture_output=True, text=True, check=True, timeout=60).stdout
    fields = dict(re.findall(r"public [\w.]*?(\w+) (\w+);", told))
    record = next(c for c in javaclass.read_bytes(sample.data, None, sample.name) if c.kind is Kind.RECORD)
    assert {m.name for m in record.members} == {name for _, name in re.findall(r"public ([\w.]+) (\w+);", told)}
    assert all(m.type in told for m in record.members)
    assert fields


def test_members_of_an_assembly_are_those_of_its_source(tmp_path: Path) -> None:
    data = next(made_dotnet.samples(tmp_path)).data
    enumeration = next(c for c in dotnet.read_bytes(data, None, "x.dll") if c.kind is Kind.ENUMERATION)
    assert [(m.name, int(m.value), m.gloss.removeprefix("Description ")) for m in enumeration.members] == list(
        kit.NATIONS
    )


def _installed(ends: str, most: int) -> list[Path]:
    """Return files of the packages that the tests themselves need: real ones, made by others, the largest first."""
    roots = {Path(importlib.util.find_spec(name).origin).parent for name in ("msgspec", "hyperscan", "click", "jinja2")}  # type: ignore[union-attr, arg-type]
    found = [p for root in roots for p in root.rglob(f"*{ends}")]
    return sorted(found, key=lambda p: (-p.stat().st_size, p.name))[:most]


def test_sections_and_symbols_of_installed_programs_are_those_of_the_usual_reader() -> None:
    files = [p for p in _installed(".so", 6) if p.read_bytes()[:4] == b"\x7fELF"]
    if not files:
        pytest.skip("no installed package has an ELF file")
    for path in files:
        data = path.read_bytes()
        usual = ELFFile(io.BytesIO(data))
        (image,) = images(data)
        kept = [s for s in usual.iter_sections() if s["sh_type"] != "SHT_NOBITS" and s["sh_size"] and s.name]
        assert {(s.name, s["sh_offset"], s["sh_size"]) for s in kept} <= {
            (s.name, s.offset, s.size) for s in image.sections
        }, path
        named = {
            (symbol.name, symbol["st_value"])
            for section in usual.iter_sections()
            if isinstance(section, SymbolTableSection)
            for symbol in section.iter_symbols()
            if symbol.name and symbol["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT")
        }
        assert named, path
        assert named <= {(image.name(s), s.address) for s in image.symbols}, path


def test_strings_of_installed_modules_are_those_of_the_interpreter() -> None:
    files = [p for p in _installed(".pyc", 40) if p.read_bytes()[:4] == importlib.util.MAGIC_NUMBER]
    if not files:
        pytest.skip("the installed packages were not compiled")
    for path in files:
        data = path.read_bytes()
        version = version_of(data)
        assert version is not None
        read = Reader(Cursor(data, version[1]), version[0]).object()
        code = marshal.loads(data[version[1] :])
        missing = _texts(code) - {w.text for w in strings(read)}
        assert not {m for m in missing if m.isascii()}, path
        told = {c.name for c in pyc.read_bytes(data, None, path.name) if c.kind is Kind.OPERATION}
        assert _functions(code) <= told, path


def test_messages_of_a_catalogue_are_those_of_gettext() -> None:
    files = sorted(Path("/usr/share/locale").glob("*/LC_MESSAGES/*.mo"), key=lambda p: p.stat().st_size)[-3:]
    if not files:
        pytest.skip("no translations are installed")
    for path in files:
        with path.open("rb") as stream:
            usual = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
        plain = {text for key, text in usual.items() if isinstance(key, str) and key and text}
        plain |= {text for key, text in usual.items() if isinstance(key, tuple) and key[1] == 0 and text}
        told = {word for c in mo.read_bytes(path.read_bytes(), None, path.name) for word in (c.name, c.passage.text)}
        assert {t for t in plain if len(t) < 60} <= told, path


def test_strings_joined_when_a_class_runs_are_those_of_javap(tmp_path: Path) -> None:
    if not shutil.which("javap"):
        pytest.skip("javap is not installed")
    sample = next(s for s in made_javaclass.samples(tmp_path) if s.name == "FaceReports.class")
    path = tmp_path / sample.name
    path.write_bytes(sample.data)
    told = subprocess.run(["javap", "-p", "-v", path], capture_output=True, text=True, check=True, timeout=60).stdout
    (recipe,) = re.findall(r"= String +#\d+ +// (.*\\u0001.*)", told)
    record = next(c for c in javaclass.read_bytes(sample.data, None, sample.name) if c.language == "json")
    assert [m.name for m in record.members] == re.findall(r'\\"(\w+)\\":', recipe)
