"""Single-file programs of .NET: every file comes out; a host without files is a program; damage costs a limit."""

from __future__ import annotations

import random
import time

import made_dotnetbundle as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, walk

FILES = {"App.dll": b"MZ an assembly " * 40, "lib/native.so": b"\x7fELF" + bytes(99), "empty.json": b""}


def go(data: bytes) -> tuple[dict[str, bytes], list[Limit]]:
    found = list(walk(data, "a.exe", Budget(deadline=time.monotonic() + 60)))
    files = {x.path.removeprefix("a.exe!/"): b"".join(x.chunks()) for x in found if not isinstance(x, Limit)}
    return files, [x for x in found if isinstance(x, Limit)]


@pytest.mark.parametrize(("version", "packed"), [(1, False), (2, False), (6, False), (6, True)])
def test_every_file_comes_out(version: int, packed: bool) -> None:
    data = made.bundle(FILES, version, packed)
    files, limits = go(data)
    assert not limits
    assert files.pop("[program]") == data[: 512 + 40 + 200]
    assert files == FILES


def test_a_host_without_files_is_a_program() -> None:
    files, limits = go(b"MZ".ljust(600, b"\0") + made.MARK + bytes(900))
    assert not limits
    assert list(files) == ["a.exe"]


def test_a_program_that_is_cut_says_so() -> None:
    data = made.bundle(FILES)
    files, limits = go(data[:-300])
    assert [x.reason for x in limits] == ["truncated"]
    assert list(files) == ["a.exe"]


def test_damage_costs_no_more_than_itself() -> None:
    dice = random.Random("bundle")
    good = made.bundle(FILES, 6, True)
    started = time.process_time()
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            bad[dice.randrange(len(bad))] = dice.choice((0, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del bad[dice.randrange(len(bad)) :]
        go(bytes(bad))
    assert time.process_time() - started < 20
