"""Single products against the usual way: unpack with the system's tools, then search with ripgrep.

Both search for the same terms.

    .venv/bin/python benchmarks/speed/products.py FILE... [--runs 3]

An .apk, .whl or .jar is unpacked with unzip, a .deb with dpkg-deb, all else with bsdtar. The usual way opens one level
and sees UTF-8 alone; a scan opens all levels, in every encoding, and judges.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXE = str(Path(sys.executable).with_name("sousveil"))


def measured(run) -> tuple[float, float]:
    """Return wall and CPU seconds of ``run()`` with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    run()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def usual(product: Path, patterns: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        if product.suffix in (".apk", ".whl", ".jar", ".zip"):
            words = ["unzip", "-qq", "-o", str(product), "-d", name]
        elif product.suffix == ".deb":
            words = ["dpkg-deb", "-x", str(product), name]
        else:
            words = ["bsdtar", "-xf", str(product), "-C", name]
        subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        jobs = str(os.cpu_count())
        subprocess.run(["rg", "-j", jobs, "-uuu", "-a", "-i", "-F", "-c", "-f", str(patterns), name],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("products", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if shutil.which("rg") is None:
        print("ripgrep (rg) is not installed", file=sys.stderr)
        return 2
    from sousveil.match.lexicon import load

    terms = {t.text for c in load().concepts if c.trait for t in c.terms if t.strength != "weak"}
    with tempfile.TemporaryDirectory() as name:
        patterns = Path(name) / "patterns"
        patterns.write_text("\n".join(sorted(terms)))
        print(f"{'product':44} {'MB':>6} {'scan s':>8} {'usual s':>8} {'usual/scan':>10} {'by CPU':>7}")
        for product in args.products:

            def scan(product: Path = product) -> None:
                subprocess.run([EXE, "scan", "-q", "--fail-on", "never", str(product)], stdout=subprocess.DEVNULL)

            scan()
            ours = sorted(measured(scan) for _ in range(args.runs))[args.runs // 2]
            theirs = sorted(measured(lambda p=product: usual(p, patterns)) for _ in range(args.runs))[args.runs // 2]
            size = product.stat().st_size / 1e6
            print(f"{product.name[:44]:44} {size:6.1f} {ours[0]:8.2f} {theirs[0]:8.2f} {theirs[0] / ours[0]:10.2f} "
                  f"{theirs[1] / ours[1]:7.2f}", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
