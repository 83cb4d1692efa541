"""What a program without a hit costs in a worker, beside its floor: read, SHA-256, match.

    .venv/bin/python benchmarks/speed/program.py [--runs N] [--hashing GB/S] FILE...

Seconds of CPU in one process, floor and survey by turns, median of the ratios. Files that hold a term are left out.
With --hashing the floor is also given as it would be where SHA-256 is that fast beside the same reading and matching:
1.6 is usual for a processor with instructions for it, and the fewer seconds of the floor are hashing, the less a scan
that hashes only what it reports may spend otherwise. What the machine hashes undisturbed is taken from the best run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import time
from pathlib import Path

from sousveil.unpack import Quotas
from sousveil.work.jobs import warm, work
from sousveil.work.messages import Leaf, Survey
from sousveil.work.reading import matcher
from sousveil.work.station import Station


def floor(file: Path) -> tuple[float, float]:
    """Return the seconds of reading, hashing and matching, and those of hashing alone."""
    started = time.process_time()
    data = file.read_bytes()
    hashing = time.process_time()
    hashlib.sha256(data).digest()
    hashed = time.process_time()
    matcher().match(data, file.name)
    return time.process_time() - started, hashed - hashing


def survey(station: Station, file: Path, listing: bool) -> tuple[float, bool]:
    """Return the seconds of a worker's first job on the file, and whether a term stands in it.

    A scan hashes what it reports; with ``listing`` it reports every file.
    """
    started = time.process_time()
    station.files = [os.open(file, os.O_RDONLY)]
    job = Survey((file.name,), (file.stat().st_size,), (), Quotas(), listing=listing)
    hit = any(isinstance(message, Leaf) and message.hit for message in work(station, job))
    return time.process_time() - started, hit


def main() -> int:
    """Print a row a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--hashing", type=float, help="GB a second")
    asked = parser.parse_args()
    warm()
    station = Station(1, None)
    station.enter()
    every: list[list[float]] = []
    for file in asked.files:
        _, hit = survey(station, file, False)
        if hit:
            print(f"{file.name}: holds a term", file=sys.stderr)
            continue
        size = file.stat().st_size / 1e6
        runs = [(*floor(file), survey(station, file, False)[0], survey(station, file, True)[0])
                for _ in range(max(asked.runs, int(60 / size)))]  # fmt: skip
        best = min(hashing for _, hashing, _, _ in runs)
        share = size / 1000 / asked.hashing / best if asked.hashing else 1.0
        row = [
            statistics.median(plain / least for least, _, plain, _ in runs),
            statistics.median(listed / least for least, _, _, listed in runs),
            statistics.median(plain / (least - hashing * (1 - share)) for least, hashing, plain, _ in runs),
            statistics.median(plain / (least - hashing) for least, hashing, plain, _ in runs),
        ]
        every.append(row)
        least = statistics.median(one[0] for one in runs)
        print(f"{file.name}: {size:.1f} MB, floor {least:.3f} s, survey ÷ floor {row[0]:.2f}, with every file's hash "
              f"{row[1]:.2f}, ÷ floor that hashes so fast {row[2]:.2f}, ÷ read and match alone {row[3]:.2f}",
              flush=True)  # fmt: skip
    for name, ratios in zip(("floor", "with hashes", "fast", "read and match"), zip(*every, strict=True), strict=False):
        print(f"{name}: {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
