"""Damaged files of every format through locked workers: nothing dies, hangs, raises or is lost without a word.

The long run is benchmarks/fuzz/run.py; this one is its seeded beginning.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sousveil.work.station import PASSING

pytestmark = pytest.mark.skipif(not PASSING, reason="files are handed to workers as descriptors: Linux only")
FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz"
EACH = 24
TEXT = frozenset(
    ("c", "java", "dart", "csharp", "kotlin", "go", "rust", "swift", "python", "javascript", "php", "ruby", "sql",
     "proto", "pascal", "xsd", "vue", "qtui", "hashed", "json", "yaml", "toml", "ini", "po", "xml", "html", "csv",
     "markdown", "rst", "prose", "basic", "scala", "shell", "idl", "pb2", "sourcemap", "asar", "netlist")
)  # fmt: skip
"""Read as text: words around which there is nothing that a rule could judge are passed over there."""


def _load(name: str) -> ModuleType:
    sys.path.insert(0, str(FUZZ))
    try:
        spec = importlib.util.spec_from_file_location(f"sousveil_fuzz_{name}", FUZZ / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look there
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FUZZ))


RUN = _load("run")


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, bytes]]]:
    return RUN.samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.chdir(tmp_path)
    made = RUN.Driver(2, 30.0)
    try:
        yield made
    finally:
        made.close()
    assert not list(tmp_path.iterdir()), "a worker wrote a file"


def _held() -> int:
    """Return the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _check(driver: object, outcomes: Iterator[object], text: bool = True) -> int:
    count = 0
    for one in outcomes:
        count += 1
        what = f"{one.name}, {len(one.data)} bytes beginning {one.data[:24]!r}"
        assert not one.lost, f"{what}: {one.lost}"
        assert not one.raised, f"{what}: {one.raised}"
        assert not one.wrong, f"{what}: {one.wrong}"
        assert text or not one.silent, f"{what}: terms in {one.silent}, and neither a structure nor a limit says so"
        # Twice what the slowest took when this was written, on a machine with other work.
        assert one.seconds < 10, f"{what}: {one.seconds:.1f} s"
        # A worker begins with what the tests' own process holds, which grows with every test before.
        more = one.peak - _held()
        assert more < 400 << 20, f"{what}: {more >> 20} MB"
    assert not driver.judge_failures
    return count


def test_damaged_files_cost_at_most_themselves(driver: object, formats: dict[str, list[tuple[str, bytes]]]) -> None:
    for name, of in formats.items():
        files = RUN.mutants(of, EACH, f"suite {name}")
        assert _check(driver, driver.run(files, lambda n: n % 4 == 3), name in TEXT) == EACH


def test_half_a_file_is_read_or_said(driver: object, formats: dict[str, list[tuple[str, bytes]]]) -> None:
    files = [(name, half) for of in formats.values() for name, data in of for half in RUN.halves(data)]
    assert _check(driver, driver.run(files), text=False) == len(files)


def test_bombs_are_bounded(driver: object) -> None:
    files = list(RUN.bombs())
    assert _check(driver, driver.run(files)) == len(files)


def test_a_seed_gives_the_same_files(formats: dict[str, list[tuple[str, bytes]]]) -> None:
    of = formats["sqlite"]
    assert list(RUN.mutants(of, 30, "1")) == list(RUN.mutants(of, 30, "1")) != list(RUN.mutants(of, 30, "2"))
