"""A folder of packed products in one run, against unpacking each with unblob and searching what came out with ripgrep.

    .venv/bin/python benchmarks/speed/folder.py FOLDER [--unblob PROGRAM] [--each]

Both search for the same terms. The scan is one, over the whole folder, before the peer and after it; unblob takes a
product at a time, and ripgrep searches all that came out at once. With --each every product is scanned and searched by
itself as well, in turns with the peer.
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
    parser.add_argument("--each", action="store_true")
    args = parser.parse_args()
    if not (shutil.which(args.unblob) and shutil.which("rg")):
        print("unblob and ripgrep (rg) are needed", file=sys.stderr)
        return 2
    path = {**os.environ, "PATH": f"{Path(args.unblob).parent}:{os.environ['PATH']}"}
    terms = {t.text for c in load().concepts if c.trait for t in c.terms if t.strength != "weak"}
    products = sorted(p for p in args.folder.iterdir() if p.is_file())
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        patterns = scratch / "patterns"
        patterns.write_text("\n".join(sorted(terms)))

        def scan(what: Path) -> tuple[float, float]:
            return timed(EXE, "scan", "-q", "--fail-on", "never", str(what))[:2]

        def unpack(product: Path, tree: Path) -> tuple[float, float]:
            return timed(args.unblob, "-e", str(tree), "--log", str(scratch / "log"), str(product), env=path)[:2]

        def search(tree: Path) -> tuple[float, float]:
            return timed("rg", "-uuu", "-i", "-a", "-F", "-c", "-f", str(patterns), str(tree))[:2]

        if args.each:
            print(f"{'product':52} {'MB':>6} {'scan CPU s':>10} {'peer CPU s':>10} {'ratio':>6} {'by clock':>8}")
        first = scan(args.folder)
        clock = processor = 0.0
        for number, product in enumerate(products):
            tree = scratch / "unpacked" / str(number)
            spent = unpack(product, tree)
            clock, processor = clock + spent[0], processor + spent[1]
            if args.each:
                found, ours = search(tree), scan(product)
                wall, cpu = spent[0] + found[0], spent[1] + found[1]
                size = product.stat().st_size / 1e6
                print(f"{product.name[:52]:52} {size:6.1f} {ours[1]:10.2f} {cpu:10.2f} {cpu / ours[1]:6.1f} "
                      f"{wall / ours[0]:8.1f}", flush=True)  # fmt: skip
        found = search(scratch / "unpacked")
        last = scan(args.folder)
    size = sum(p.stat().st_size for p in products) / 1e6
    print(f"{len(products)} products, {size:.0f} MB: unblob {clock:.0f} s, {processor:.0f} s of processor; "
          f"rg {found[0]:.1f} s, {found[1]:.1f} s")  # fmt: skip
    for wall, cpu in (first, last):
        print(f"scan {wall:.1f} s, {cpu:.1f} s of processor: {(clock + found[0]) / wall:.1f} by the clock, "
              f"{(processor + found[1]) / cpu:.1f} by the processor")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
