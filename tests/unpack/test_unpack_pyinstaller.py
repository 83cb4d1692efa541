"""Programs packed by PyInstaller: every module comes out; what is hostile costs a limit."""

from __future__ import annotations

import marshal
import random
import time
from pathlib import Path

import made_pyinstaller as made
import pytest

import sousveil
from sousveil.model import Limit
from sousveil.unpack import Budget, walk
from sousveil.unpack.image.marshaltoc import Module, modules
from sousveil.unpack.image.parts import Damaged


def go(data: bytes, name: str = "a.exe") -> tuple[dict[str, bytes], list[Limit]]:
    found = list(walk(data, name, Budget(deadline=time.monotonic() + 60)))
    files = {x.path: b"".join(x.chunks()) for x in found if not isinstance(x, Limit)}
    return files, [x for x in found if isinstance(x, Limit)]


@pytest.mark.parametrize("old", [False, True])
def test_modules_come_out_as_compiled_python(old: bool) -> None:
    files, limits = go(made.program("X = 1\n", "", old))
    assert not limits
    assert sorted(files) == [
        "a.exe!/PYZ.pyz/nj/__init__.pyc", "a.exe!/PYZ.pyz/nj/face.pyc", "a.exe!/[program]", "a.exe!/app.pyc",
        "a.exe!/assets/readme.txt",
    ]  # fmt: skip
    raw = files["a.exe!/PYZ.pyz/nj/face.pyc"]
    assert raw[:16] == made.MAGIC_NUMBER + bytes(12)
    assert raw[16:] == made.code("X = 1\n")
    assert files["a.exe!/app.pyc"][:4] == made.MAGIC_NUMBER


def test_what_is_locked_is_told() -> None:
    archive = made.pyz({"pyimod00_crypto_key": made.code("key = 1\n"), "face": made.code("")})
    at = int.from_bytes(archive[8:12])
    (_, (_, start, size)) = marshal.loads(archive[at:])[1]
    noise = random.Random(1).randbytes(size)
    archive = archive[:start] + noise + archive[start + size :]
    files, limits = go(made.LOADER["exe"] + made.package([("z", "PYZ.pyz", archive, False)]))
    assert [(x.reason, x.path) for x in limits] == [("encrypted", "a.exe!/PYZ.pyz/face")]
    assert "a.exe!/PYZ.pyz/pyimod00_crypto_key.pyc" in files


def test_a_loader_that_only_holds_the_mark_is_a_program(tmp_path: Path) -> None:
    product = tmp_path / "loader.exe"
    product.write_bytes(made.LOADER["exe"] + b"MEI\x0c\x0b\x0a\x0b\x0e" + b"%s could not be read\0" * 9)
    report = sousveil.scan(product)
    assert not report.limits
    assert report.complete


def test_a_package_that_does_not_fit_is_told() -> None:
    data = made.program("X = 1\n")
    files, limits = go(data[:20] + data[900:])
    assert [x.reason for x in limits] == ["broken"]
    assert list(files) == ["a.exe"]


def test_a_list_of_an_older_python_is_read() -> None:
    # Version 2: interned strings are numbered, dictionaries in the place of lists.
    raw = (
        b"{t\x04\0\0\0face(\x03\0\0\0i\0\0\0\0i\x0c\0\0\0i\x07\0\0\0"
        + b"s\x02\0\0\0nj(\x03\0\0\0i\1\0\0\0i\x13\0\0\0i\1\0\0\0"
        + b"0"
    )
    assert list(modules(raw)) == [Module("face", 12, 7), Module("nj", 19, 1, True)]


def test_lists_that_go_round_or_never_end_are_refused() -> None:
    for raw in (
        b"\xdb\1\0\0\0r\0\0\0\0",
        b"(" * 100,
        b"[\xff\xff\xff\xff" * 9,
        b"r\5\0\0\0",
        b"\xdb\xff\xff\xff\x7f" + b"N" * 99,
    ):
        try:
            assert list(modules(raw)) == []
        except Damaged:
            continue


def test_damage_costs_no_more_than_itself() -> None:
    good = made.program("RACES = ['Black', 'White']\n")
    dice = random.Random("pyinstaller")
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            bad[dice.randrange(len(bad))] = dice.choice((0, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del bad[dice.randrange(len(bad)) :]
        started = time.process_time()
        go(bytes(bad))
        assert time.process_time() - started < 5
