"""What the lock-down of workers costs: scans with it and without it, by turns.

    .venv/bin/python benchmarks/speed/lockdown.py PRODUCT... [--rounds 7]

Prints of each product the medians of CPU time, with and without, and the speed with it as a share of that without.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

SCAN = "import sys, sousveil; sousveil.scan(sys.argv[2], options=sousveil.Options(sandbox=sys.argv[1]))"


def seconds(product: str, sandbox: str) -> float:
    """Return the CPU time of a scan with all of its processes."""
    process = subprocess.Popen([sys.executable, "-c", SCAN, sandbox, product])
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and print a line a product."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("products", nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    for product in arguments.products:
        locked, free = [], []
        for i in range(arguments.rounds):
            for state in ("used", "off")[:: 1 if i % 2 else -1]:
                (locked if state == "used" else free).append(seconds(product, state))
        one, other = statistics.median(locked), statistics.median(free)
        print(f"{product}: with {one:.2f} s, without {other:.2f} s, speed {other / one:.2f}", flush=True)


if __name__ == "__main__":
    main()
