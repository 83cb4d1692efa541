"""Speed as ratios, every peer in the same run, because absolute times on shared machines mean little.

    .venv/bin/python benchmarks/speed/run.py [--tree DIR] [--packed DIR] [--header FILE] [--runs 3] [--plot FILE]

The floor is what no scanner can do without: read the same files (of archives, unpack them), SHA-256 them, and run the
same Hyperscan match, with the same number of processes and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

EXE = str(Path(sys.executable).with_name("sousveil"))


def floor_batch(paths: list[str]) -> int:
    """Read, hash and match ``paths``; return the bytes seen."""
    from sousveil.match.database import Matcher
    from sousveil.match.lexicon import load

    matcher = Matcher(load())
    seen = 0
    for path in paths:
        for data in contents(path):
            hashlib.sha256(data).digest()
            matcher._scan(data, 1 << 30)
            seen += len(data)
    return seen


def contents(path: str) -> Iterator[bytes]:
    """Yield what a zip or a tar holds, a file at a time, or a file's own bytes."""
    if path.endswith((".whl", ".zip", ".jar")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    elif path.endswith((".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")):
        with tarfile.open(path) as archive:
            for member in archive:
                if (file := archive.extractfile(member)) is not None:
                    yield file.read()
    else:
        with open(path, "rb", buffering=0) as file:
            yield file.read()


def floor(paths: list[str], jobs: int) -> None:
    parts = [paths[i::jobs] for i in range(jobs)]
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        pool.map(floor_batch, parts)


def files_of(top: Path) -> list[str]:
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(top) for f in fs if os.path.isfile(os.path.join(d, f)))


class Cost(NamedTuple):
    """The medians of some runs, in seconds, and the peak memory of their largest process in bytes."""

    clock: float
    cpu: float
    peak: int


def timed(runs: int, *whats) -> list[Cost]:
    """Run several things in turn, so that a machine that grows slower or faster meanwhile does so for all of them."""
    clock: list[list[float]] = [[] for _ in whats]
    cpu: list[list[float]] = [[] for _ in whats]
    peak = [0] * len(whats)
    for _ in range(runs):
        for i, what in enumerate(whats):
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            peak[i] = max(peak[i], what() or 0)
            clock[i].append(time.perf_counter() - started)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu[i].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [Cost(statistics.median(c), statistics.median(u), p) for c, u, p in zip(clock, cpu, peak, strict=True)]


def command(*words: str, stdout=subprocess.DEVNULL):
    def run() -> int:
        process = subprocess.Popen(words, stdout=stdout, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        return usage.ru_maxrss * 1024

    return run


def own_peak(scratch: Path, *words: str) -> int:
    """Return the peak memory in bytes of the main process alone, without its workers."""
    note = scratch / "peak"
    code = (
        "import resource, sys\nfrom sousveil.cli.start import main\nnote = sys.argv.pop()\ntry:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "open(note, 'w').write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))"
    )
    subprocess.run([sys.executable, "-c", code, *words, str(note)], stdout=subprocess.DEVNULL)
    return int(note.read_text())


def floor_command(list_file: str, jobs: int):
    return command(sys.executable, __file__, "--floor", list_file, "--jobs", str(jobs))


def row(name: str, value: float, wanted: str) -> None:
    print(f"  {name:58} {value:8.2f}            wanted {wanted}", flush=True)


def both(name: str, one: Cost, other: Cost | None, wanted: str) -> None:
    """Print a cost, or the ratio of two: by the clock, and by CPU time."""
    clock, cpu = (one.clock, one.cpu) if other is None else (one.clock / other.clock, one.cpu / other.cpu)
    print(f"  {name:58} {clock:8.2f} {cpu:8.2f}   wanted {wanted}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=Path(sys.base_prefix) / "lib")
    parser.add_argument("--packed", type=Path)
    parser.add_argument("--header", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.floor:
        floor(json.loads(args.floor.read_text()), args.jobs)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        measure(args, Path(scratch))
    return 0


def measure(args: argparse.Namespace, scratch: Path) -> None:
    runs, jobs = args.runs, str(args.jobs)
    command(EXE, "scan", "--fail-on", "never", __file__)()
    print("start-up: by the clock, CPU time")
    both("--version, s", *timed(7, command(EXE, "--version")), None, "< 0.15")
    small = scratch / "small.py"
    small.write_text("def predict_race(face):\n    return model.predict(face)\n")
    both("one small file, s", *timed(5, command(EXE, "scan", "--fail-on", "never", str(small))), None, "< 0.6")
    if args.header:
        both("the header, s", *timed(3, command(EXE, "scan", "--fail-on", "never", str(args.header))), None, "< 3")
    if args.tree:
        source_tree(args.tree, scratch, runs, jobs)
    if args.packed:
        packed(args.packed, scratch, runs, jobs)
    print("time by number of files")
    points = []
    for count in (1_000, 10_000, 100_000):
        tree = scratch / f"n{count}"
        for i in range(count):
            if i % 1000 == 0:
                (tree / str(i // 1000)).mkdir(parents=True)
            (tree / str(i // 1000) / f"{i}.c").write_text(f"int f{i}(int x) {{ return x + {i}; }}\n" * 20)
        seconds = timed(1, command(EXE, "scan", "--fail-on", "never", "-q", str(tree)))[0].clock
        peak = own_peak(scratch, "scan", "--fail-on", "never", "-q", str(tree))
        points.append((count, seconds))
        row(f"{count} files: microseconds a file", 1e6 * seconds / count, "flat")
        row(f"{count} files: peak memory, MB", peak / 1e6, "< 400")
    if args.plot:
        args.plot.write_text(svg(points))


def listed(label: str, top: Path, scratch: Path) -> Path:
    """Print how much lies in a folder; return a list of its files."""
    paths = files_of(top)
    size = sum(os.path.getsize(p) for p in paths)
    print(f"{label}: {len(paths)} files, {size / 1e6:.0f} MB: by the clock, CPU time")
    found = scratch / "list.json"
    found.write_text(json.dumps(paths))
    return found


def source_tree(top: Path, scratch: Path, runs: int, jobs: str) -> None:
    files = listed("source tree", top, scratch)
    words = ("scan", "--fail-on", "never", "-q", "--jobs", jobs, str(top))
    peers = [command(EXE, *words), floor_command(str(files), int(jobs)), command(EXE, "terms", "--in", str(top))]
    if shutil.which("rg"):
        from sousveil.match.lexicon import load

        patterns = scratch / "patterns"
        terms = {t.text for c in load().concepts if c.trait for t in c.terms if t.strength != "weak"}
        patterns.write_text("\n".join(sorted(terms)))
        peers.append(command("rg", "-j", jobs, "-uuu", "-i", "-F", "-c", "-f", str(patterns), str(top)))
    ours, base, search, *rg = timed(runs, *peers)
    both("scan, s", ours, None, "-")
    row("peak memory of the main process, MB", own_peak(scratch, *words) / 1e6, "< 400")
    both("the floor, s", base, None, "-")
    both("floor / scan", base, ours, ">= 0.70")
    both("sousveil terms --in, s", search, None, "-")
    for peer in rg:
        both("rg with the same terms / sousveil terms --in", peer, search, ">= 2")
        both("rg with the same terms / scan", peer, ours, "-")


def packed(top: Path, scratch: Path, runs: int, jobs: str) -> None:
    files = listed("packed archives", top, scratch)
    words = ("scan", "--fail-on", "never", "-q", "--jobs", jobs, str(top))

    def unpack() -> None:
        for path in json.loads(files.read_text()):
            subprocess.run(f"bsdtar -xOf '{path}' 2>/dev/null | sha256sum", shell=True, stdout=subprocess.DEVNULL)

    peers = [command(EXE, *words), floor_command(str(files), int(jobs))]
    if shutil.which("bsdtar"):
        peers.append(unpack)
    ours, base, *plain = timed(runs, *peers)
    both("scan, s", ours, None, "-")
    row("peak memory of the main process, MB", own_peak(scratch, *words) / 1e6, "< 400")
    both("the floor, s", base, None, "-")
    both("floor / scan", base, ours, ">= 0.70")
    for peer in plain:
        both("scan / bsdtar -xO | sha256sum", ours, peer, "<= 1.5")


def svg(points: list[tuple[int, float]]) -> str:
    """Return a small line chart of seconds against files."""
    most_x, most_y = points[-1][0], max(y for _, y in points)
    xy = [(60 + 500 * x / most_x, 260 - 220 * y / most_y) for x, y in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in xy)
    words = "".join(
        f'<text x="{x + 6:.1f}" y="{y + 16:.1f}">{n:,}: {s:.1f} s</text>'
        for (x, y), (n, s) in zip(xy, points, strict=True)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" font-family="sans-serif" font-size="12">'
        '<rect width="720" height="300" fill="#fff"/><path d="M60 20V260H600" fill="none" stroke="#888"/>'
        '<text x="300" y="290">files</text><text x="8" y="20">seconds</text>'
        f'<polyline points="{line}" fill="none" stroke="#246"/>{dots}{words}</svg>\n'
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    sys.exit(main())
