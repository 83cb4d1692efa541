"""Where damage takes a finding away and no limit says so: every sample, one damaged structure at a time.

    .venv/bin/python benchmarks/fuzz/silence.py [--count N] [--format NAME] [--seed N] [--keep DIR]

An input counts where a term that a finding of the sound sample rests on is in nothing that was read, no limit is given,
the bytes are not counted as closed, and the term still stands plainly in the damaged file: ``all`` of them or ``some``.
``packed``: in the sound file they do not stand plainly either, so a term itself may have been damaged.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from driver import Driver, Outcome
from mutate import single
from run import format_of

from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.match.lexicon import load

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def profiling(folder: Path) -> dict[str, list[tuple[str, bytes]]]:
    """Return the samples of the suite that are no twins, by format."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "samples"))
    import kit
    import matrix
    import pytest

    found: dict[str, list[tuple[str, bytes]]] = {}
    for maker in kit.makers():
        try:
            for sample in matrix.load(maker).samples(folder / maker.stem):
                if not sample.twin:
                    name = Path(sample.name).name
                    found.setdefault(format_of(name, sample.data), []).append((name, sample.data))
        except pytest.skip.Exception as why:
            print(f"{maker.stem}: {why}", file=sys.stderr)
    return dict(sorted(found.items()))


class Silence:
    """The sound sample's terms that findings rest on, held against what came of damaged ones."""

    def __init__(self, sound: Outcome) -> None:
        found = judge(tuple(sound.constructs), _RULES, load().tag, "").findings
        wanted = {f.construct.name for f in found if f.probability >= 0.5}
        self.terms = sorted({w for c in sound.constructs if c.construct.name in wanted for w in _terms(c)})
        self.packed = not all(_stand(word, sound.data) for word in self.terms)

    def of(self, outcome: Outcome) -> list[str]:
        """Return the terms that were lost without a word."""
        size = sum(outcome.coverage.values())
        if outcome.limits or outcome.lost or 50 * outcome.coverage.get("closed", 0) > size:
            return []
        read = "\n".join(text for c in outcome.constructs for text in _texts(c))
        return [w for w in self.terms if w not in read and (self.packed or _stand(w, outcome.data))]


def _texts(sited: Sited) -> Iterator[str]:
    c = sited.construct
    yield from (c.name, c.gloss, c.passage.text)
    for m in c.members:
        yield from (m.name, m.gloss, m.passage.text, *(part for pair in m.values for part in pair))


def _terms(sited: Sited) -> Iterator[str]:
    """Yield the names of a structure that hold a term."""
    names = (sited.construct.name, *(m.name for m in sited.construct.members))
    return (name for name in names if name and len(name) < 100 and any(t.trait for t in load().tag(name)))


def _stand(word: str, data: bytes) -> bool:
    return any(word.encode(e, "ignore") in data for e in _ENCODINGS)


_RULES = load_rules(())


def main() -> int:
    """Run; return 0."""
    asked = _asked()
    print("| format | inputs | all | some | packed |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        formats = profiling(Path(made))
        for name in asked.format or formats:
            driver = Driver(asked.workers)
            counts = [0, 0, 0]
            inputs = 0
            for sample, data in formats[name]:
                sound = next(iter(driver.run([(sample, data)], lambda _: False)))
                judged = Silence(sound)
                if not judged.terms:
                    print(f"{sample}: does not profile by itself", file=sys.stderr)
                count = max(20, asked.count // len(formats[name]))
                for outcome in driver.run(_damaged(sample, data, count, f"{asked.seed} {name}"), lambda _: False):
                    inputs += 1
                    if (what := judged.of(outcome)) and outcome.data != data:
                        counts[2 if judged.packed else len(what) < len(judged.terms)] += 1
                        if asked.keep:
                            folder = asked.keep / name
                            folder.mkdir(parents=True, exist_ok=True)
                            (folder / f"{zlib.crc32(outcome.data):08x}-{sample}").write_bytes(outcome.data)
            driver.close()
            print(f"| {name} | {inputs} | {counts[0]} | {counts[1]} | {counts[2]} |", flush=True)
    return 0


def _damaged(name: str, data: bytes, count: int, seed: str) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(f"{seed} {name}")
    for _ in range(count):
        yield name, single(data, chance)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="damaged inputs a format")
    parser.add_argument("--format", action="append", default=[], help="only this format; may be given again")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for what was silent")
    asked = parser.parse_args()
    asked.keep = asked.keep and asked.keep.resolve()
    return asked


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
