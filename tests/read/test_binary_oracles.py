"""What the readers of compiled code say is what the usual tools say of the same files."""

from __future__ import annotations

import importlib.util
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

from sousveil.model import Kind
from sousveil.read.binary import dotnet, javaclass, pyc
from sousveil.read.binary.bytestream import Cursor
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
