"""Damaged files of every format through locked workers: what dies, hangs, eats memory or is lost without a word.

    .venv/bin/python benchmarks/fuzz/run.py [--count N] [--resume FILE] [--format NAME] [--seed N] [--keep DIR]

Every sample of tests/samples, changed at random and spliced with others of its format, is surveyed and read as in a
scan; each fourth is read whole, term or not. Halves of every sample and bombs come first. What is finished stands in
the file of ``--resume`` as soon as it is, and is not done again. Exit code 1 where a worker died, a place was wrong, or
judging failed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "samples"))
sys.path.insert(0, str(Path(__file__).parent))
from bombs import bombs
from driver import Driver
from figures import HEAD, Figures, kept, summed
from mutate import halves, mutant

from sousveil import unpack
from sousveil.read.choice import reader_of
from sousveil.read.signatures import byte_readers

BOMBS = "bombs"


def format_of(name: str, data: bytes) -> str:
    """Return what opens, renders or reads a file: the name that figures stand under."""
    container = unpack.is_container(data, name, data[-unpack.TAIL :])
    if container:
        return container
    renderer = unpack.renderer_of(data, name)
    if renderer is not None:
        return renderer.module
    if readers := byte_readers(name, data):
        return "+".join(r.rpartition(".")[2] for r in readers)
    if unpack.has_sourcemap(name, data):
        return "sourcemap"
    return reader_of(name, data).__name__.rpartition(".")[2]


def samples(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return the samples of the suite, by format; what needs a program that is not there is left out."""
    import kit
    import matrix
    import pytest

    found: dict[str, list[tuple[str, bytes]]] = {}
    for maker in kit.makers():
        try:
            for sample in matrix.load(maker).samples(folder / maker.stem):
                name = Path(sample.name).name
                found.setdefault(format_of(name, sample.data), []).append((name, sample.data))
        except pytest.skip.Exception as why:
            print(f"{maker.stem}: {why}", file=sys.stderr)
    return dict(sorted(found.items()))


def mutants(of: list[tuple[str, bytes]], count: int, seed: str) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` damaged files of one format; a seed always gives the same."""
    chance = random.Random(seed)
    others = [data for _, data in of]
    for number in range(count):
        name, data = of[number % len(of)]
        yield name, mutant(data, others, chance)


def shards(of: list[tuple[str, bytes]], count: int, size: int) -> list[int]:
    """Return how many inputs each shard of a format has; the first begins with the halves."""
    return [min(size, count - start) for start in range(0, count, size)] if of else []


def shard(name: str, of: list[tuple[str, bytes]], number: int, count: int, seed: str) -> Iterator[tuple[str, bytes]]:
    """Yield the inputs of one shard; bombs are all in the first."""
    if name == BOMBS:
        yield from of
        return
    halved = [(n, half) for n, data in of for half in halves(data)] if number == 0 else []
    yield from halved[:count]
    yield from mutants(of, max(0, count - len(halved)), f"{seed} {zlib.crc32(name.encode())} {number}")


def run(driver: Driver, row: Figures, files: Iterator[tuple[str, bytes]], keep: Path | None) -> Figures:
    """Return ``row`` with what came of ``files``."""
    started = time.monotonic()
    for outcome in driver.run(files, lambda n: n % 4 == 3):
        row.add(outcome, keep)
    row.judge = driver.judge_failures
    row.wall = time.monotonic() - started
    return row


def main() -> int:
    """Run; return 1 if something failed."""
    asked = _asked()
    rows = kept(asked.resume, asked.seed)
    done = {(row.format, row.shard) for row in rows}
    left: list[str] = []
    # A folder that is watched: nothing may be written to it.
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as watched:
        formats = {BOMBS: list(bombs()), **samples(Path(made))}
        formats = {f: s for f, s in formats.items() if not asked.format or f in asked.format}
        keep = asked.keep.resolve() if asked.keep else None
        file = asked.resume.resolve() if asked.resume else None
        os.chdir(watched)
        for name, number, size in _order(formats, rows, asked):
            if (name, number) in done or _spent(name, rows) > asked.seconds:
                continue
            # Workers of its own: what they took at most is this shard's.
            driver = Driver(asked.workers, asked.silence)
            try:
                row = Figures(name, asked.seed, number, _commit())
                row = run(driver, row, shard(name, formats[name], number, size, asked.seed), keep)
            finally:
                driver.close()
            rows.append(row)
            if file:
                with file.open("ab") as out:
                    out.write(msgspec.json.encode(row) + b"\n")
            print(f"{time.strftime('%H:%M:%S')} {row.row()}\n{row.details()}", end="", file=sys.stderr, flush=True)
        left = [str(p) for p in Path(watched).rglob("*")]
        if left:
            print(f"written: {left}", file=sys.stderr)
        os.chdir(made)
    print("\n".join((HEAD, *(one.row() for one in summed(rows)))))
    return int(bool(left) or any(row.failed for row in rows))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="inputs a format")
    parser.add_argument("--shard", type=int, default=1000, help="inputs that are counted and written together")
    parser.add_argument("--resume", type=Path, help="file of finished shards: read first, then appended to")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no shard of a format that had so long")
    parser.add_argument("--format", action="append", default=[], help="only this format; may be given again")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--silence", type=float, default=20.0, help="seconds a worker may say nothing")
    parser.add_argument("--keep", type=Path, help="folder for inputs over which something failed")
    return parser.parse_args()


def _order(
    formats: dict[str, list[tuple[str, bytes]]], rows: list[Figures], asked: argparse.Namespace
) -> Iterator[tuple[str, int, int]]:
    """Yield format, number and size of each shard: every format's first, then the formats that cost least."""
    yield from ((name, 0, size) for name, of in formats.items() for size in shards(of, asked.count, asked.shard)[:1])

    def cost(name: str) -> float:
        return next((row.wall for row in rows if (row.format, row.shard) == (name, 0)), 0.0)

    for name in sorted(formats, key=cost):
        if name != BOMBS:
            sizes = shards(formats[name], asked.count, asked.shard)
            yield from ((name, number, size) for number, size in enumerate(sizes) if number)


def _spent(name: str, rows: list[Figures]) -> float:
    return sum(row.wall for row in rows if row.format == name)


def _commit() -> str:
    asked = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
