"""What a program without a hit costs in a worker, beside its floor: read, SHA-256, match.

    .venv/bin/python benchmarks/speed/program.py [--runs N] FILE...

Seconds of CPU in one process, floor and survey by turns, median of the ratios. Files that hold a term are left out.
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


def floor(file: Path) -> float:
    """Return the seconds of reading, hashing and matching."""
    started = time.process_time()
    data = file.read_bytes()
    hashlib.sha256(data).digest()
    matcher().match(data, file.name)
    return time.process_time() - started


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
    asked = parser.parse_args()
    warm()
    station = Station(1, None)
    station.enter()
    for file in asked.files:
        _, hit = survey(station, file, False)
        if hit:
            print(f"{file.name}: holds a term", file=sys.stderr)
            continue
        floors: list[float] = []
        ratios: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(asked.runs):
            least = floor(file)
            floors.append(least)
            for listing, found in ratios.items():
                found.append(survey(station, file, listing)[0] / least)
        size = file.stat().st_size / 1e6
        plain, listed = (statistics.median(found) for found in ratios.values())
        print(f"{file.name}: {size:.1f} MB, floor {statistics.median(floors):.3f} s, "
              f"survey ÷ floor {plain:.2f}, with every file's hash {listed:.2f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
