"""Damaged files of every format through locked workers: what dies, hangs, eats memory or is lost without a word.

    .venv/bin/python benchmarks/fuzz/run.py [--count N] [--seconds S] [--format NAME] [--seed N] [--keep DIR]

Every sample of tests/samples, changed at random and spliced with others of its format, is surveyed and read as in a
scan; each fourth is read whole, term or not. Halves of every sample and bombs come first. Exit code 1 where a worker
died, a reader raised, or judging failed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "samples"))
sys.path.insert(0, str(Path(__file__).parent))
from bombs import bombs
from driver import Driver, Outcome
from mutate import halves, mutant

from sousveil import unpack
from sousveil.read.dispatch import reader_of
from sousveil.read.signatures import byte_readers


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


class Figures:
    """What came of one format's files."""

    def __init__(self, name: str, keep: Path | None) -> None:
        self.name, self._keep = name, keep
        self.inputs = self.silent = 0
        self.slowest, self.slow = 0.0, ""
        self.seconds, self.peak = 0.0, 0
        self.lost: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, one: Outcome) -> None:
        """Count what came of one file, and keep it if something did."""
        self.inputs += 1
        self.seconds += one.seconds
        self.peak = max(self.peak, one.peak)
        if one.seconds > self.slowest:
            self.slowest, self.slow = one.seconds, one.name
        self.lost.update(re.sub(r" at \d+/", " at ", x) for x in one.lost)
        self.raised.update(x.partition("/")[2] for x in one.raised)
        self.wrong.update(one.wrong[:1])
        self.silent += bool(one.silent)
        for kind, there in (
            ("lost", one.lost), ("raised", one.raised), ("wrong", one.wrong), ("silent", one.silent),
            ("slow", one.seconds > 3),
        ):  # fmt: skip
            if there and self._keep:
                digest = hashlib.sha256(one.data).hexdigest()[:12]
                folder = self._keep / self.name / kind
                folder.mkdir(parents=True, exist_ok=True)
                if len(list(folder.iterdir())) < 12:
                    (folder / f"{digest}-{one.name}").write_bytes(one.data)

    def row(self) -> str:
        """Return the figures as a row of a Markdown table."""
        return (
            f"| {self.name} | {self.inputs} | {sum(self.lost.values())} | {sum(self.raised.values())} "
            f"| {sum(self.wrong.values())} | {self.silent} | {self.slowest:.2f} ({self.slow}) "
            f"| {1000 * self.seconds / max(1, self.inputs):.1f} | {self.peak >> 20} |"
        )


def main() -> int:
    """Run; return 1 if something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="inputs a format")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop a format after so long")
    parser.add_argument("--format", action="append", default=[], help="only this format; may be given again")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--silence", type=float, default=20.0, help="seconds a worker may say nothing")
    parser.add_argument("--keep", type=Path, help="folder for inputs over which something failed")
    asked = parser.parse_args()
    # A folder that is watched: nothing may be written to it.
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as watched:
        formats = samples(Path(made))
        keep = asked.keep.resolve() if asked.keep else None
        os.chdir(watched)
        formats = {f: s for f, s in formats.items() if not asked.format or f in asked.format}
        if not asked.format or "bombs" in asked.format:
            formats = {"bombs": list(bombs()), **formats}
        driver = Driver(asked.workers, asked.silence)
        failed = 0
        print("| format | inputs | lost | raised, told | place wrong | silent | slowest, s | ms an input | peak, MB |")
        print("|---|---|---|---|---|---|---|---|---|")
        try:
            for name, of in formats.items():
                figures = Figures(name, keep)
                files = _files(name, of, asked)
                for outcome in driver.run(files, lambda n: n % 4 == 3):
                    figures.add(outcome)
                print(figures.row(), flush=True)
                for what, counted in (("lost", figures.lost), ("raised", figures.raised), ("wrong", figures.wrong)):
                    for detail, times in counted.most_common(8):
                        print(f"    {what} {times} x {detail[:220]}", file=sys.stderr, flush=True)
                failed += sum(figures.lost.values()) + sum(figures.wrong.values())
        finally:
            driver.close()
        for failure in driver.judge_failures:
            print(f"judge: {failure}", file=sys.stderr)
        left = [str(p) for p in Path(watched).rglob("*")]
        if left:
            print(f"written: {left}", file=sys.stderr)
        os.chdir(made)
    return int(bool(failed or driver.judge_failures or left))


def _files(name: str, of: list[tuple[str, bytes]], asked: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    if name == "bombs":
        yield from of
        return
    halved = [(n, half) for n, data in of for half in halves(data)]
    yield from halved
    started = time.monotonic()
    for one in mutants(of, max(0, asked.count - len(halved)), f"{asked.seed} {zlib.crc32(name.encode())}"):
        if time.monotonic() - started > asked.seconds:
            return
        yield one


if __name__ == "__main__":
    sys.exit(main())
