"""A folder of packed products in one run, against unpacking each with unblob and searching what came out with ripgrep.

    .venv/bin/python benchmarks/speed/folder.py FOLDER [--unblob PROGRAM]

Both search for the same terms. The scan and the peer are run product by product in turns, so that both meet the same
machine, and the scan once more over the whole folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from firmware import EXE, timed

from sousveil.match.lexicon import load


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unblob", default="unblob")
    args = parser.parse_args()
    if not (shutil.which(args.unblob) and shutil.which("rg")):
        print("unblob and ripgrep (rg) are needed", file=sys.stderr)
        return 2
    path = {**os.environ, "PATH": f"{Path(args.unblob).parent}:{os.environ['PATH']}"}
    terms = {t.text for c in load().concepts if c.trait for t in c.terms if t.strength != "weak"}
    print(f"{'product':52} {'MB':>6} {'scan CPU s':>10} {'peer CPU s':>10} {'ratio':>6} {'by clock':>8}")
    total = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        patterns = scratch / "patterns"
        patterns.write_text("\n".join(sorted(terms)))
        for product in sorted(p for p in args.folder.iterdir() if p.is_file()):
            ours, spent, _ = timed(EXE, "scan", "-q", "--fail-on", "never", str(product))
            tree = scratch / "unpacked"
            one, first, _ = timed(args.unblob, "-e", str(tree), "--log", str(scratch / "log"), str(product), env=path)
            two, second, _ = timed("rg", "-uuu", "-i", "-a", "-F", "-c", "-f", str(patterns), str(tree))
            shutil.rmtree(tree, ignore_errors=True)
            total[0] += one + two
            total[1] += first + second
            size = product.stat().st_size / 1e6
            print(f"{product.name[:52]:52} {size:6.1f} {spent:10.2f} {first + second:10.2f} "
                  f"{(first + second) / spent:6.1f} {(one + two) / ours:8.1f}", flush=True)  # fmt: skip
        ours, spent, _ = timed(EXE, "scan", "-q", "--fail-on", "never", str(args.folder))
        print(f"{'the folder in one scan':52} {'':6} {spent:10.2f} {total[1]:10.2f} {total[1] / spent:6.1f} "
              f"{total[0] / ours:8.1f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
