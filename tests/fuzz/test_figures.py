"""The long run's file: what is finished stands in it, and a run that was killed goes on behind that."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

FUZZ = Path(__file__).parents[2] / "benchmarks" / "fuzz"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    monkeypatch.syspath_prepend(str(FUZZ))
    import figures
    import run

    yield figures, run
    for name in ("bombs", "driver", "figures", "mutate", "run"):
        sys.modules.pop(name, None)


def test_a_row_cut_short_is_not_finished(modules: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    figures, _ = modules
    rows = [figures.Figures("json", "1", n, inputs=1000, peak=n << 20, wall=1.0 + n) for n in range(3)]
    raw = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    file = tmp_path / "rows.jsonl"
    file.write_bytes(raw[:-9])
    found = figures.kept(file, "1")
    assert [row.shard for row in found] == [0, 1]
    assert not figures.kept(file, "2")
    (whole,) = figures.summed(found)
    assert (whole.inputs, whole.peak, whole.wall) == (2000, 1 << 20, 3.0)


def test_every_format_has_its_turn_and_then_the_cheapest(modules: tuple[ModuleType, ModuleType]) -> None:
    figures, run = modules
    formats = {run.BOMBS: [("b", b"")], "dear": [("d", b"d")], "cheap": [("c", b"c")]}
    asked = argparse.Namespace(count=2500, shard=1000)
    rows: list[object] = []
    order = run._order(formats, rows, asked)
    begun = [next(order) for _ in range(3)]
    assert begun == [(run.BOMBS, 0, 1000), ("dear", 0, 1000), ("cheap", 0, 1000)]
    walls = {run.BOMBS: 1.0, "dear": 9.0, "cheap": 2.0}
    rows += [figures.Figures(name, "1", 0, wall=wall) for name, wall in walls.items()]
    assert list(order) == [("cheap", 1, 1000), ("cheap", 2, 500), ("dear", 1, 1000), ("dear", 2, 500)]


def test_shards_of_a_seed_are_always_the_same_and_differ(modules: tuple[ModuleType, ModuleType]) -> None:
    _, run = modules
    of = [("a.json", b'{"race": ["asian"]}' * 9), ("b.json", b'{"nation": 1}')]
    first = list(run.shard("json", of, 0, 50, "1"))
    assert first == list(run.shard("json", of, 0, 50, "1"))
    assert [data for _, data in first[:4]] == [half for _, data in of for half in run.halves(data)]
    assert len(first) == 50
    second = list(run.shard("json", of, 1, 50, "1"))
    assert len(second) == 50
    assert second != first
